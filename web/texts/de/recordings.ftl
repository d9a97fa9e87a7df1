# Aufzeichnungen: sichern, öffnen, abspielen, teilen.

recording = Aufzeichnung
hint = Alles, was auf dieser Seite geschieht, wird aufgezeichnet. Eine Aufzeichnung zu öffnen braucht kein Relay, und nichts darin wirkt.
save = Aufzeichnung sichern …
open = Eine Aufzeichnung öffnen
share-session = Einen Link mit dieser Sitzung kopieren
share-scenario = Einen Link mit diesem Szenario kopieren
export = Für Wireshark exportieren (pcapng) …
link-copied = Der Link ist kopiert ({ $length } Zeichen). Er enthält kein Token.
too-large = Zu groß für einen Link. Als Datei sichern.
no-scenario = Einen Socket wählen: Host, Port und Nachricht ergeben das Szenario.
not-opened = { $name } wird nicht geöffnet: { $why }
unreadable = Die Datei ließ sich nicht lesen.
bad-link = Dieser Link lässt sich nicht öffnen: { $why }
scenario-client = Der Link schlägt einen Client von { $host }, Port { $port } vor. Einen neuen Client anlegen: seine Felder sind ausgefüllt, und nichts wird von selbst aufgerufen.
scenario-server = Der Link schlägt einen Server auf { $host }, Port { $port } vor. Einen neuen Server anlegen: seine Felder sind ausgefüllt, und nichts wird von selbst aufgerufen.
shown = Aufzeichnung
from-link = aus einem Link
play = Abspielen
pause = Anhalten
speed = Tempo
cut-pauses = Lange Pausen kürzen
close = Aufzeichnung schließen
