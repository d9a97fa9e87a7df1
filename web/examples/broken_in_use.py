#en OSError, Address already in use: one port, one listener.
#en Remedy: another port, or end the program that has this one.
#de OSError, Address already in use: ein Port, ein Lauscher.
#de Abhilfe: ein anderer Port, oder das Programm beenden, das diesen hat.
import socket

first = socket.socket()
first.bind(("127.0.0.1", 0))
first.listen()
address = first.getsockname()
print(f"The first one listens at {address[1]}")

second = socket.socket()
second.bind(address)
