"""Sends without end to its one client and prints "stalled N" (bytes so far) when nothing could be sent for half a second,
"moving N" when it can again. Prints "port N" first."""
import select
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)
print("port", server.getsockname()[1])
connection, _ = server.accept()
connection.setblocking(False)
block = bytes(range(256)) * 256
sent = 0
stalled = False
while True:
    _, writable, _ = select.select([], [connection], [], 0.5)
    if writable:
        if stalled:
            print("moving", sent)
            stalled = False
        sent += connection.send(block)
    elif not stalled:
        print("stalled", sent)
        stalled = True
