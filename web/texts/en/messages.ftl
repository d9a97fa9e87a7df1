# The messages that fill the composer's box in.

button = Messages
button-title = What was sent, what you saved, and messages to begin with
offered = From the link
presets = To begin with
saved = Saved
history = History
none-saved = Nothing is saved yet.
none-sent = Nothing was sent yet. Later, Alt+↑ in the box brings the last message back.
http-get = HTTP GET
greeting = Greeting
resp-ping = RESP PING
smtp-helo = SMTP HELO
length-prefix = Length prefix
delete = Delete { $name }
name = Name of the message
save = Save message
no-name = Give it a name.
nothing-to-save = The box is empty.
no-room = There is no room for it: at most 50 messages of at most 16 KiB are kept. Delete one.
