#en A thread for each client: a slow one holds up nobody.
#en The listener only accepts; each thread talks to its own client.
#de Ein Thread je Client: ein langsamer hält niemanden auf.
#de Der Lauscher nimmt nur an; jeder Thread spricht mit seinem Client.
import socket
import threading

PORT = 8082


def serve(connection, address):
    with connection:
        connection.sendall(b"What is your name? ")
        name = connection.recv(1024).decode().strip()
        connection.sendall(f"Hello, {name}!\n".encode())
    print(f"{name} was here, from port {address[1]}")


with socket.create_server(("127.0.0.1", PORT)) as server:
    print(f"Threads at port {PORT}")
    while True:
        connection, address = server.accept()
        threading.Thread(target=serve, args=(connection, address), daemon=True).start()
