#en A client: it connects, asks for something, and prints what comes back.
#en Run server.py in another tab first, or any server at that port.
#de Ein Client: er verbindet sich, bittet um etwas und gibt aus, was zurückkommt.
#de Vorher server.py in einem anderen Reiter starten, oder einen anderen Server an diesem Port.
import socket

HOST = "localhost"
PORT = 8080

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect((HOST, PORT))
client.send(b"GET / HTTP/1.1\r\nHost: " + HOST.encode() + b"\r\n\r\n")
response = client.recv(4096)
print(response.decode())
client.close()
