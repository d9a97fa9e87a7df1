"""Accepts one connection, waits for a byte from it, then cuts it with RST (SO_LINGER of zero). Prints "port N" first."""
import socket
import struct

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)
print("port", server.getsockname()[1])
connection, _ = server.accept()
connection.recv(1)
connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
connection.close()
print("reset done")
