# Die Nachrichten, die das Feld zum Senden füllen.

button = Nachrichten
button-title = Gesendetes, Gespeichertes und Nachrichten für den Anfang
offered = Aus dem Link
presets = Für den Anfang
saved = Gespeichert
history = Verlauf
none-saved = Noch ist nichts gespeichert.
none-sent = Noch wurde nichts gesendet. Später bringt Alt+↑ im Feld die letzte Nachricht zurück.
http-get = HTTP GET
greeting = Begrüßung
resp-ping = RESP PING
smtp-helo = SMTP HELO
length-prefix = Längenpräfix
delete = { $name } löschen
name = Name der Nachricht
save = Nachricht speichern
no-name = Ihr einen Namen geben.
nothing-to-save = Das Feld ist leer.
no-room = Dafür ist kein Platz: höchstens 50 Nachrichten von höchstens 16 KiB werden behalten. Eine löschen.
