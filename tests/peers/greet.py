"""The server of an introduction to sockets: prints each caller, greets it, closes. Prints "port N" first."""
import socket

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(5)
print("port", server.getsockname()[1])
while True:
    connection, address = server.accept()
    print("accepted", "%s:%d" % address)
    connection.sendall(b"Hello, client!")
    connection.close()
