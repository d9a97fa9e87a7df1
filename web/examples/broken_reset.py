#en ConnectionResetError: the other end cut the connection off, here on purpose:
#en SO_LINGER with a time of 0 makes close() send RST in place of FIN.
#de ConnectionResetError: die Gegenseite hat die Verbindung abgeschnitten, hier mit Absicht:
#de SO_LINGER mit der Zeit 0 lässt close() RST statt FIN senden.
import socket
import struct

with socket.create_server(("127.0.0.1", 0)) as server:
    client = socket.create_connection(server.getsockname())
    connection, _ = server.accept()

connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
connection.close()

print(client.recv(4096))
