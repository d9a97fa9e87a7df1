# Die Leiste oben, der Baum, die Reiter, und was dort steht, wo noch nichts ist.

tab-ladder = Leiter
tab-stream = Strom
tab-bytes = Bytes
tab-state = Zustand
views-panel = Ansichten
details-panel = Einzelheiten
tab-buffers = Puffer
tab-tcp-info = TCP_INFO

relay = Relay
relay-ready = *Relay bereit*
relay-reaches = Es erreicht: „{ $reach }“
relay-looking = *Relay* wird gesucht …
relay-no-token = *Kein Token* Die Adresse öffnen, die das Relay beim Start ausgab: sie endet auf `#token=…`. Noch kein Relay? `cargo run -p relay`
relay-refused = *Das Relay weist diese Seite ab* Ihr Token gehört nicht zum jetzigen Lauf des Relays. Die Adresse öffnen, die das Relay beim Start ausgab.
relay-lost = *Relay verloren* Seine Sockets sind mit ihm verschwunden; die Gegenseiten sehen sie schließen. Neu starten: `cargo run -p relay`. Neuer Versuch in { $seconds } s.
quoted = „{ $text }“

sockets-panel = Sockets
sockets = Sockets
clear-closed = Geschlossene entfernen
new-client = Neuer Client
new-server = Neuer Server
family = Familie
no-socket = Ein Socket ist ein Ende einer Verbindung. Keiner ist offen.
socket-waiting = socket() wartet schon.
relay-not-yet = Das Relay hat noch nicht geantwortet.
open-address = Die Adresse öffnen, die das Relay ausgab.
relay-gone = Das Relay ist weg. Neu starten.

lead = Ein Socket ist ein Ende einer Verbindung.
choose-or-make = Links einen wählen oder einen weiteren anlegen.
be-client = Client sein
be-client-does = sich mit einem lauschenden Programm verbinden und mit ihm reden
be-server = Server sein
be-server-does = auf einem Port lauschen und jedem antworten, der sich verbindet
token-needed = Eine Seite öffnet Sockets nur mit dem Token ihres Relays. Die Adresse öffnen, die das Relay ausgab; sie endet auf `#token=…`
relay-needed = Ein Browser kann keinen TCP-Socket öffnen; das Relay tut es für die Seite, und es läuft nicht. Neu starten:
listening = Lauscht. Aus einem Terminal verbinden oder von dieser Seite:
connect-from-page = Von dieser Seite verbinden
accepted-is-another = Der Listener lauscht weiter; was `accept` zurückgab, ist ein anderer Socket, die Verbindung selbst.
talk-to = Mit { $peer } sprechen
server-steps = Ein Server hat drei Schritte: bind gibt ihm eine Adresse, listen öffnet seine Warteschlange, accept nimmt eine Verbindung heraus.
server-bound = Er hat eine Adresse, lauscht aber noch nicht: listen öffnet seine Warteschlange.
client-unconnected = Noch nicht verbunden. Sagen, wohin, dann connect: das allein sendet keine Bytes.
silent = Noch nichts gesendet. TCP selbst schickt keine Begrüßung.

copy = Kopieren
copied = Kopiert
copy-refused = Nicht erlaubt: bitte markieren

said-sent = { $bytes } gesendet.
said-received = { $bytes } empfangen.
said-accepted = { $number } angenommen.
said-end = Ende des Stroms.
python-exception = Python: `{ $exception }`
tools = Werkzeuge
put-away = Schließen
tab-code = Code
piece-coming = Dieser Teil der Seite wird geholt…
piece-failed = Dieser Teil der Seite ließ sich nicht vom Relay holen.
try-again = Noch einmal versuchen
