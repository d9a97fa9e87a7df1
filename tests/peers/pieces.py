"""Sends its one client the pieces argv[1:] (hexadecimal), each but the first when something came, and prints all that came as hexadecimal when
the client has finished. Prints "port N" first."""
import socket
import sys

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)
print("port", server.getsockname()[1])
connection, _ = server.accept()
came = b""
for number, piece in enumerate(sys.argv[1:]):
    if number > 0:
        came += connection.recv(65536)
    connection.sendall(bytes.fromhex(piece))
while chunk := connection.recv(65536):
    came += chunk
print("came", came.hex())
connection.close()
