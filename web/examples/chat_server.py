#en A chat: what one client says, all the others hear.
#en Run it, then chat_client.py in two other tabs, or `nc 127.0.0.1 8085`.
#de Ein Chat: was ein Client sagt, hören alle anderen.
#de Starten, dann chat_client.py in zwei anderen Reitern, oder `nc 127.0.0.1 8085`.
import socket
import threading

PORT = 8085
people = {}


def tell(line, but=None):
    for person in list(people):
        if person is not but:
            person.sendall(line.encode() + b"\n")
    print(line)


def listen_to(connection):
    lines = connection.makefile()
    name = lines.readline().strip() or "nobody"
    people[connection] = name
    tell(f"{name} is here")
    for line in lines:
        tell(f"{name}: {line.rstrip()}", but=connection)
    del people[connection]
    lines.close()
    connection.close()
    tell(f"{name} has left")


with socket.create_server(("127.0.0.1", PORT)) as server:
    print(f"Chat at port {PORT}")
    while True:
        connection, _ = server.accept()
        threading.Thread(target=listen_to, args=(connection,), daemon=True).start()
