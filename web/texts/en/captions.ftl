# One sentence for each event: under the projector's picture, beside the time bar, and for whoever listens.

made-client = A client is made.
made-server = A server is made.
calls = { $socket } calls { $call }
line = Line { $line } of { $file } made that call.
sends = { $socket } sends { $bytes }
returned = { $call } returned.
returned-with = { $call } returned: { $value }
received = { $call } returned { $bytes }
received-end = recv() returned b'': the other end finished sending.
cancelled = { $call } was cancelled.
failed = { $call } failed with { $name }. { $cause }
told = The kernel was asked how the socket is.
told-state = The kernel says: { $state }
ended = The relay ended the socket: { $text }
lost = The relay is gone, and the socket with it.
closed = The descriptor is closed.
client = The client
listener = The server
accepted = The connection
a-socket = A socket
