#en ConnectionRefusedError: nobody listens at that port, and the machine says so at once.
#en Remedy: start the server first, and compare its port with yours.
#de ConnectionRefusedError: an diesem Port lauscht niemand, und der Rechner sagt es sofort.
#de Abhilfe: erst den Server starten, und seinen Port mit dem eigenen vergleichen.
import socket

with socket.create_server(("127.0.0.1", 0)) as server:
    address = server.getsockname()
#en Here the server is closed again.
#de Hier ist der Server schon wieder zu.

client = socket.socket()
client.connect(address)
