# The bar on top, the tree, the tabs, and what is said where nothing is yet.

tab-ladder = Ladder
tab-stream = Stream
tab-bytes = Bytes
tab-state = State
views-panel = Views panel
details-panel = Details panel
tab-buffers = Buffers
tab-tcp-info = TCP_INFO

relay = Relay
relay-ready = *Relay ready*
relay-reaches = It reaches { $reach }.
relay-looking = *Relay* looking for it…
relay-no-token = *No token* Open the address that the relay printed when it started: it ends in `#token=…`. No relay yet? `cargo run -p relay`
relay-refused = *Relay refused this page* Its token is not that of the relay's present run. Open the address that the relay printed when it started.
relay-lost = *Relay lost* Its sockets are gone with it; the other ends see them close. Start it again: `cargo run -p relay`. Trying again in { $seconds } s.
quoted = “{ $text }”

sockets-panel = Sockets panel
sockets = Sockets
clear-closed = Clear closed
new-client = New client
new-server = New server
family = Family
no-socket = A socket is one end of a connection. None is open.
socket-waiting = socket() is waiting already.
relay-not-yet = The relay has not answered yet.
open-address = Open the address that the relay printed.
relay-gone = The relay is gone. Start it again.

lead = A socket is one end of a connection.
choose-or-make = Choose one on the left, or make another.
be-client = Be a client
be-client-does = connect to a program that listens, and talk to it
be-server = Be a server
be-server-does = listen on a port, and answer whoever connects
token-needed = A page opens sockets only with the token of its relay. Open the address that the relay printed; it ends in `#token=…`
relay-needed = A browser cannot open a TCP socket; the relay does it for the page, and it is not running. Start it again:
listening = Listening. Connect from a terminal, or from this page:
connect-from-page = Connect from this page
accepted-is-another = The listener goes on listening; what `accept` returned is another socket, the connection itself.
talk-to = Talk to { $peer }
server-steps = A server has three steps: bind gives it an address, listen opens its queue, accept takes a connection out.
server-bound = It has an address, but does not listen yet: listen opens its queue.
client-unconnected = Not connected yet. Say where to, then connect: that sends no bytes by itself.
silent = Nothing sent yet. TCP itself sends no greeting.

copy = Copy
copied = Copied
copy-refused = Not permitted: select it

said-sent = Sent { $bytes }.
said-received = Received { $bytes }.
said-accepted = Accepted { $number }.
said-end = End of stream.
python-exception = Python: `{ $exception }`
tools = Tools
put-away = Put away
tab-code = Code
piece-coming = Fetching this part of the page…
piece-failed = This part of the page could not be fetched from the relay.
try-again = Try again
