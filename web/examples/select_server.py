#en One thread, many clients: select() waits for all of them at once,
#en and says which of them can be accepted or received from without waiting.
#de Ein Thread, viele Clients: select() wartet auf alle zugleich
#de und sagt, welche angenommen oder empfangen werden können, ohne zu warten.
import select
import socket

PORT = 8083

server = socket.create_server(("127.0.0.1", PORT))
clients = {}
print(f"select() at port {PORT}")

while True:
    readable, _, _ = select.select([server, *clients], [], [])
    for ready in readable:
        if ready is server:
            connection, address = server.accept()
            clients[connection] = address[1]
            print(f"{address[1]} came; {len(clients)} here")
            continue
        data = ready.recv(4096)
        if data:
            ready.sendall(data.upper())
        else:
            print(f"{clients.pop(ready)} went; {len(clients)} here")
            ready.close()
