# What each of the examples shows.

heading = Examples
broken = What goes wrong
client = A client: connect, send, receive, close
server = A server: bind, listen, accept in a loop
echo = An echo server, one client at a time
threaded = A server with a thread for each client
select = A server with `select()`: one thread, many clients
asyncio = A server with `asyncio`
http = An HTTP request by hand, and a server for it
chat-server = A chat: the server
chat-client = A chat: somebody who talks
refused = Nobody listens there: ConnectionRefusedError
in-use = The port is taken: Address already in use
reset = The other end cuts it off: ConnectionResetError
pipe = Written after the end: BrokenPipeError
timeout = Nothing comes in time: TimeoutError
name = A name that does not exist: gaierror
type-error = Text in place of bytes: TypeError
failed = The example could not be fetched: { $why }
