# Die Leiter: beide Enden einer Verbindung, und was zwischen ihnen ging.

label = Leiter
client = Client
listener = Listener
accepted = angenommen
clients = Clients
other-end = das andere Ende
only-this-end = Zu sehen ist nur, was dieses Ende sieht.
both-ends = Beide Enden sind in dieser Seite.
connected = verbunden
connection-from = von { $address }
took = { $bytes } übernommen
after = { $what } · { $time }
returned = zurückgekehrt
returned-after = zurückgekehrt nach { $time }
cancelled = abgebrochen
forbidden = vom Relay verboten
no-answer = keine Antwort
relay = Relay: { $text }
end-of-stream = b'' · Ende des Stroms
later = … { $time } später
inferred = { $segment } · erschlossen
inferred-to = { $segment } gesendet (erschlossen)
inferred-from = { $segment } empfangen (erschlossen)
unread = noch nicht empfangen
waiting = wartet seit { $time }
cancel = Abbrechen
open = öffnen
as-table = Als Tabelle zeigen
save-svg = SVG speichern
save-png = PNG speichern
time = Zeit
socket = Socket
event = Ereignis
bytes = Bytes
table = Leiter als Tabelle
dropped = { $count ->
    [one] 1 früheres Ereignis wurde aufgegeben, um den Speicher der Seite zu begrenzen.
   *[other] { $count } frühere Ereignisse wurden aufgegeben, um den Speicher der Seite zu begrenzen.
}
title = { $left } und { $right }
part = Zeilen { $from } bis { $to } von { $of }.
legend = Durchgezogen: Aufrufe, Rückgaben und Bytes, wie sie beobachtet wurden. Gestrichelt: Segmente, die daraus erschlossen sind; niemand hat sie aufgezeichnet.
