#en An echo server for one client at a time: what comes in goes back,
#en until recv() returns b"", which means that the other end has finished.
#de Ein Echo-Server für einen Client nach dem anderen: was ankommt, geht zurück,
#de bis recv() b"" liefert: dann ist die Gegenseite fertig.
import socket

PORT = 8081

with socket.create_server(("127.0.0.1", PORT)) as server:
    print(f"Echo at port {PORT}")
    while True:
        connection, address = server.accept()
        with connection:
            total = 0
            while data := connection.recv(4096):
                connection.sendall(data)
                total += len(data)
        print(f"{address[0]}:{address[1]} got {total} bytes back")
