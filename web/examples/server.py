#en A server: whoever connects is greeted, and let go. It runs until you press Stop.
#en Try it with client.py in another tab, or with `nc 127.0.0.1 8080` in a terminal.
#de Ein Server: wer sich verbindet, wird begrüßt und entlassen. Er läuft bis zum Anhalten.
#de Ausprobieren mit client.py in einem anderen Reiter oder mit `nc 127.0.0.1 8080` im Terminal.
import socket

HOST = "0.0.0.0"
PORT = 8080

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.bind((HOST, PORT))
server.listen(5)
print(f"Listening on {HOST}:{PORT}")

while True:
    connection, address = server.accept()
    print(f"{address[0]}:{address[1]} has connected")
    connection.send(b"Hello, client!")
    connection.close()
