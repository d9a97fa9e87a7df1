# Was zu senden und zu empfangen ist.

panel = Nachricht
choose-file = Eine Datei wählen, in der etwas steht.
nothing-yet = Noch gibt es nichts zu senden.
send = Senden
send-as = Senden als
text = Text
hex = Hex
file = Datei
line-ending = Zeilenende
none = keines
data = Zu sendende Daten
file-to-send = Zu sendende Datei
receive-at-most = Höchstens empfangen
receive = Empfangen
receive-automatically = Automatisch empfangen
