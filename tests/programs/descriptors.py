# What os and fcntl do with the descriptors of sockets.
import fcntl
import os
import socket
import stat
import tempfile

HOST = "127.0.0.1"


def fails(act, *arguments):
    try:
        print("no error:", act(*arguments))
    except OSError as error:
        print(type(error).__name__, error.errno, error.strerror)


with socket.create_server((HOST, 0)) as server:
    client = socket.create_connection(server.getsockname())
    accepted, _ = server.accept()

print(os.write(client.fileno(), b"by its number"), os.read(accepted.fileno(), 2), os.read(accepted.fileno(), 100))
print(stat.S_ISSOCK(os.fstat(client.fileno()).st_mode))

# Two numbers of one socket: it is open until both are closed.
twin = os.dup(client.fileno())
print(twin != client.fileno(), os.get_inheritable(twin))
client.close()
print(os.write(twin, b"the other"), accepted.recv(100))

# A file's number becomes a socket's, and the file is closed.
with tempfile.TemporaryFile() as file:
    number = os.dup(file.fileno())
    print(os.write(number, b"to the file"))
    print(os.dup2(twin, number) == number, os.get_inheritable(number))
    os.close(twin)
    print(os.write(number, b"to the socket"), accepted.recv(100))
    file.seek(0)
    print(file.read())
again = socket.socket(fileno=number)
print(again.getpeername() == accepted.getsockname(), again.family, again.type)
os.set_inheritable(number, False)
print(again.get_inheritable(), fcntl.fcntl(number, fcntl.F_GETFD) & fcntl.FD_CLOEXEC)

# Whether it blocks is known both ways.
os.set_blocking(number, False)
print(again.getblocking(), bool(fcntl.fcntl(number, fcntl.F_GETFL) & os.O_NONBLOCK))
fails(os.read, number, 1)
fcntl.fcntl(number, fcntl.F_SETFL, fcntl.fcntl(number, fcntl.F_GETFL) & ~os.O_NONBLOCK)
print(os.get_blocking(number))

# The end of the stream, and of the number.
accepted.close()
print(os.read(number, 1))
print(again.detach() == number, again.fileno())
os.close(number)
fails(os.close, number)
fails(os.read, number, 1)
fails(os.fstat, number)
fails(os.dup, number)
