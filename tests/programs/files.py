# Sockets as files, in pairs, doubled, handed on, and their options.
import io
import os
import socket
import struct
import tempfile

HOST = "127.0.0.1"

with socket.create_server((HOST, 0)) as server:
    client = socket.create_connection(server.getsockname())
    accepted, peer = server.accept()
    print(peer == client.getsockname(), client.getpeername() == server.getsockname())
    print(client.family, client.type, client.proto, accepted.family)

with client, accepted:
    with client.makefile("rw", newline="\n") as text, accepted.makefile("rb") as lines:
        text.write("one\ntwo\n")
        text.flush()
        print(lines.readline(), lines.readline())
        accepted.sendall(b"three\nfour")
        accepted.shutdown(socket.SHUT_WR)
        print(text.read().split("\n"))
    client.sendall(memoryview(b"abcdef")[1:4])
    buffer = bytearray(8)
    print(accepted.recv_into(buffer, 2), buffer)
    print(accepted.recv_into(memoryview(buffer)[4:]), buffer)
    print(client.sendmsg([b"12", bytearray(b"345")]))
    print(accepted.recvmsg(2), accepted.recvmsg_into([bytearray(2), bytearray(5)])[0])
    client.sendall(b"end")
    print(accepted.recvfrom(10), accepted.recv(0))
    with tempfile.TemporaryFile() as file:
        file.write(b"0123456789" * 1000)
        file.seek(0)
        print(client.sendfile(file), client.sendfile(io.BytesIO(b"memory")))
    received = b""
    while not received.endswith(b"memory"):
        received += accepted.recv(65536)
    print(len(received), received[:6])

    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 3))
    print([accepted.getsockopt(*option) for option in (
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
        (socket.IPPROTO_TCP, socket.TCP_NODELAY),
        (socket.SOL_SOCKET, socket.SO_TYPE),
        (socket.SOL_SOCKET, socket.SO_ERROR),
        (socket.SOL_SOCKET, socket.SO_LINGER, 8),
    )])
    print(accepted.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) > 1000)

    fd = accepted.detach()
    print(accepted.fileno())
    again = socket.socket(fileno=fd)
    print(again.family, again.type, again.fileno() == fd)
    double = again.dup()
    again.close()
    client.sendall(b"still here")
    print(double.recv(100))
    double.close()
    print(client.recv(1), repr(client).startswith("<socket.socket fd="))

one, other = socket.socketpair()
one.sendall(b"to and")
print(other.recv(100))
other.sendall(b" fro")
other.close()
print(one.recv(2), one.recv(100), one.recv(1), one.family)
one.close()
try:
    os.fstat(9999)
except OSError as error:
    print(type(error).__name__)
