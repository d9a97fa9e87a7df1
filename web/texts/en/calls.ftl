# The calls of a socket: their arguments, their buttons, and why one does not fit now.

panel = Calls
over = Calls · { $why }
more = More calls
more-of = More of { $call }
try-anyway = Try anyway
try-anyway-title = Make the call, and see what the system says

host = Host
port = Port
timeout = Timeout
none = none
address = Address
backlog = Backlog
max-bytes = Max bytes
how = How
option = Option
value = Value
family = Family
any-family = either
flags = Flags
events = Events
connect = connect
shutdown-write = shutdown: stop sending
shutdown-read = shutdown: stop receiving
shutdown-both = shutdown: stop both
abort = abort with RST
accept-automatically = Accept automatically
option-hint = on, off, a number, a name, or null
is-every-address = `{ $address }` is every address of this computer: others in the network can connect too
is-this-computer = `{ $address }` is this computer only: nobody else can connect
is-one-address = `{ $address }` is one address of this computer

waiting = { $call }() waiting { $time }
waiting-progress = { $call }() waiting { $time }, { $progress }
cancel = Cancel
cancel-call = Cancel { $call }
no-socket-chosen = No socket is chosen.
host-missing = Host must be a name or an address.
backlog-wrong = Backlog must be a whole number.
whole-number-wrong = { $name } must be a whole number of 0 or more.
seconds-wrong = { $name } must be a number of seconds, such as 5 or 0.5.
unnamed-event = Choose at least one event.

gone-with-relay = This socket is gone with the relay.
closed = This socket is closed.
has-address = It has its address already.
listens = It listens already.
not-listening = There is nothing to accept from before listen.
connecting = It is connecting already.
over-connect = This connection is over. A new client can connect again.
connected = It is connected already.
connection-over = This connection is over.
not-connected = It is not connected yet.
nothing-to-reset = There is no connection to reset.
finished-sending = You have finished sending (shutdown).
waiting-already = { $call }() is waiting already.
