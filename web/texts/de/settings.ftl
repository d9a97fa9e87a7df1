# Was sich ein für alle Mal wählen lässt, und die Hilfe.

settings = Einstellungen
language = Sprache
theme = Farben
system = wie das System
light = hell
dark = dunkel
contrast = hoher Kontrast
single-keys = Einzelne Tasten wirken ({ "c, l, a, r, d, x, [, ], k, p, ?" })
