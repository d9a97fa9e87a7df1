"""Sends file argv[1] to its one client while it receives, and prints the SHA-256 of what came. Prints "port N" first."""
import hashlib
import socket
import sys
import threading

server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen(1)
print("port", server.getsockname()[1])
connection, _ = server.accept()


def send():
    with open(sys.argv[1], "rb") as file:
        connection.sendall(file.read())
    connection.shutdown(socket.SHUT_WR)


sender = threading.Thread(target=send)
sender.start()
digest = hashlib.sha256()
count = 0
while chunk := connection.recv(65536):
    digest.update(chunk)
    count += len(chunk)
sender.join()
print("count", count)
print("sha256", digest.hexdigest())
