# What can be chosen for good, and the help.

settings = Settings
language = Language
theme = Colours
system = as the system
light = light
dark = dark
contrast = high contrast
single-keys = Single keys act ({ "c, l, a, r, d, x, [, ], k, p, ?" })
