# Die Leiste, die die Ansichten durch das Geschehene führt.

label = Zeit
event = Ereignis
back = Voriges Ereignis
back-title = Voriges Ereignis dieses Sockets ([)
on = Nächstes Ereignis
on-title = Nächstes Ereignis dieses Sockets (])
now = Jetzt
position = Ereignis { $at } von { $of }, bei { $seconds } s
