# Die Aufrufe eines Sockets: ihre Argumente, ihre Knöpfe, und warum einer gerade nicht passt.

panel = Aufrufe
over = Aufrufe · { $why }
more = Weitere Aufrufe
more-of = Mehr zu { $call }
try-anyway = Trotzdem versuchen
try-anyway-title = Den Aufruf machen und sehen, was das System sagt

host = Host
port = Port
timeout = Frist
none = keine
address = Adresse
backlog = Backlog
max-bytes = Max. Bytes
how = Wie
option = Option
value = Wert
family = Familie
any-family = beide
flags = Flags
events = Ereignisse
connect = connect
shutdown-write = shutdown: nicht mehr senden
shutdown-read = shutdown: nicht mehr empfangen
shutdown-both = shutdown: beides beenden
abort = abort mit RST
accept-automatically = Automatisch annehmen
option-hint = on, off, eine Zahl, ein Name oder null
is-every-address = `{ $address }` ist jede Adresse dieses Rechners: auch andere im Netz können sich verbinden
is-this-computer = `{ $address }` ist nur dieser Rechner: niemand sonst kann sich verbinden
is-one-address = `{ $address }` ist eine Adresse dieses Rechners

waiting = { $call }() wartet { $time }
waiting-progress = { $call }() wartet { $time }, { $progress }
cancel = Abbrechen
cancel-call = { $call } abbrechen
no-socket-chosen = Kein Socket ist gewählt.
host-missing = Host muss ein Name oder eine Adresse sein.
backlog-wrong = Backlog muss eine ganze Zahl sein.
whole-number-wrong = { $name } muss eine ganze Zahl ab 0 sein.
seconds-wrong = { $name } muss eine Zahl von Sekunden sein, etwa 5 oder 0.5.
unnamed-event = Mindestens ein Ereignis wählen.

gone-with-relay = Dieser Socket ist mit dem Relay verschwunden.
closed = Dieser Socket ist geschlossen.
has-address = Er hat seine Adresse schon.
listens = Er lauscht schon.
not-listening = Vor listen gibt es nichts anzunehmen.
connecting = Er verbindet sich schon.
over-connect = Diese Verbindung ist zu Ende. Ein neuer Client kann sich wieder verbinden.
connected = Er ist schon verbunden.
connection-over = Diese Verbindung ist zu Ende.
not-connected = Er ist noch nicht verbunden.
nothing-to-reset = Es gibt keine Verbindung, die sich zurücksetzen ließe.
finished-sending = Das Senden ist schon beendet (shutdown).
waiting-already = { $call }() wartet schon.
