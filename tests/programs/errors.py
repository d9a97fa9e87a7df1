# What goes wrong, as the class, the number and the text of an exception.
import errno
import socket
import time

HOST = "127.0.0.1"


def show(what, act):
    try:
        print(what, "returned", act())
    except OSError as error:
        print(what, type(error).__name__, error.errno, errno.errorcode.get(error.errno), error)
    except Exception as error:
        print(what, type(error).__name__)


def fresh():
    return socket.socket(socket.AF_INET, socket.SOCK_STREAM)


def closed_port():
    with fresh() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def pair():
    with socket.create_server((HOST, 0)) as server:
        client = socket.create_connection(server.getsockname())
        return client, server.accept()[0]


port = closed_port()
show("refused", lambda: fresh().connect((HOST, port)))
show("refused, as a number", lambda: fresh().connect_ex((HOST, port)))
show("unknown name", lambda: fresh().connect(("no-such-host.invalid", 80)))
show("no name", lambda: socket.getaddrinfo("no-such-host.invalid", 80, flags=socket.AI_NUMERICHOST))
show("not connected, recv", lambda: fresh().recv(1))
show("not connected, getpeername", lambda: fresh().getpeername())
show("not connected, shutdown", lambda: fresh().shutdown(socket.SHUT_RDWR))
show("not listening", lambda: fresh().accept())
show("not ours", lambda: fresh().bind(("192.0.2.1", 0)))
show("wrong family", lambda: socket.socket(socket.AF_INET6).connect((HOST,)))
show("port too large", lambda: fresh().connect((HOST, 65536)))
show("no tuple", lambda: fresh().connect(HOST))
show("text for bytes", lambda: fresh().send("text"))
show("text for a size", lambda: fresh().recv("10"))
show("text for a size, recvfrom", lambda: fresh().recvfrom("10"))
show("text for a family", lambda: socket.socket("2"))
show("every second byte", lambda: fresh().send(memoryview(b"abcdef")[::2]))
show("text for a time", lambda: time.sleep("1"))
show("nothing for a time", lambda: time.sleep(None))
show("no protocol", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 9999))
show("another protocol", lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM, 250))

with socket.create_server((HOST, 0)) as server:
    show("taken", lambda: fresh().bind(server.getsockname()))
    show("bound twice", lambda: server.bind((HOST, 0)))

client, accepted = pair()
show("connected twice", lambda: client.connect((HOST, port)))
show("unknown option", lambda: client.getsockopt(socket.SOL_SOCKET, 9999))
client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
client.close()
show("reset", lambda: accepted.recv(10))
show("closed", lambda: client.send(b"x"))
show("closed, fileno", lambda: client.fileno())
accepted.close()

client, accepted = pair()
client.shutdown(socket.SHUT_WR)
show("after the end", lambda: client.send(b"x"))
show("end of stream", lambda: accepted.recv(10))
accepted.close()
client.close()

for kind in (ConnectionRefusedError, ConnectionResetError, BrokenPipeError, BlockingIOError, InterruptedError, TimeoutError):
    print(kind.__name__, issubclass(kind, socket.error))
print(type(OSError(errno.ECONNREFUSED, "")).__name__, type(OSError(errno.EPIPE, "")).__name__, type(OSError(errno.EAGAIN, "")).__name__)
print(socket.timeout is TimeoutError, socket.error is OSError, issubclass(socket.gaierror, OSError))
