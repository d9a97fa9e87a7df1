# Ein Satz zu jedem Ereignis: unter dem Bild des Projektors, neben der Zeitleiste und für alle, die zuhören.

made-client = Ein Client ist angelegt.
made-server = Ein Server ist angelegt.
calls = { $socket } ruft { $call } auf
line = Zeile { $line } von { $file } hat das aufgerufen.
sends = { $socket } sendet { $bytes }
returned = { $call } ist zurückgekehrt.
returned-with = { $call } gab zurück: { $value }
received = { $call } gab { $bytes } zurück
received-end = recv() gab b'' zurück: die Gegenseite ist mit dem Senden fertig.
cancelled = { $call } wurde abgebrochen.
failed = { $call } schlug mit { $name } fehl. { $cause }
told = Der Kernel wurde gefragt, wie es um den Socket steht.
told-state = Der Kernel sagt: { $state }
ended = Das Relay hat den Socket beendet: { $text }
lost = Das Relay ist weg, und der Socket mit ihm.
closed = Der Deskriptor ist geschlossen.
client = Der Client
listener = Der Server
accepted = Die Verbindung
a-socket = Ein Socket
