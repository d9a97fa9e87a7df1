"""The client of an introduction to sockets: connects to port argv[1], prints what comes until the end, and its own address."""
import socket
import sys

client = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
print("local", "%s:%d" % client.getsockname())
received = b""
while chunk := client.recv(4096):
    received += chunk
print("received", received)
client.close()
