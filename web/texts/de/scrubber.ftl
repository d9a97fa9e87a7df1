# Die Leiste, die die Ansichten durch das Geschehene führt.

label = Zeit
event = Ereignis
back = Voriges Ereignis
back-title = Voriges Ereignis dieses Sockets oder seines anderen Endes ([)
on = Nächstes Ereignis
on-title = Nächstes Ereignis dieses Sockets oder seines anderen Endes (])
now = Jetzt
position = Ereignis { $at } von { $of }, bei { $seconds } s
