#en TimeoutError: nothing came in time. Without settimeout() this would wait for ever.
#en The silence has many reasons: the server waits too, or the bytes went astray.
#de TimeoutError: es kam nichts in der Zeit. Ohne settimeout() würde dies ewig warten.
#de Die Stille hat viele Gründe: der Server wartet auch, oder die Bytes gingen verloren.
import socket

with socket.create_server(("127.0.0.1", 0)) as server:
    client = socket.create_connection(server.getsockname())
    connection, _ = server.accept()

client.settimeout(2)
print("Both ends wait for the other one to begin …")
client.recv(4096)
