#en Talks in the chat of chat_server.py: a thread prints what the others say, while input() waits for you.
#en An empty line ends it.
#de Redet im Chat von chat_server.py mit: ein Thread gibt aus, was die anderen sagen, während input() wartet.
#de Eine leere Zeile beendet ihn.
import socket
import threading

PORT = 8085


def hear(connection):
    with connection.makefile() as lines:
        for line in lines:
            print(line, end="")


connection = socket.create_connection(("127.0.0.1", PORT))
connection.sendall(input("Your name: ").encode() + b"\n")
thread = threading.Thread(target=hear, args=(connection,))
thread.start()
while line := input():
    connection.sendall(line.encode() + b"\n")
connection.shutdown(socket.SHUT_WR)
thread.join()
connection.close()
