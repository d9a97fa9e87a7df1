# Die Sitzung als Programm.

language = Programmiersprache
all-sockets = Alle Sockets
empty = Einen Socket wählen, der etwas aufgerufen hat: was er tat, steht hier als Programm, das so läuft, wie es dasteht.
program = Programm
files = { $number } lange Nachrichten liest das Programm aus Dateien neben ihm (zusammen { $bytes }).
open-as-script = Als Skript öffnen
session-name = sitzung
needs-files = Es liest Dateien neben sich, und die Seite hat keine.
