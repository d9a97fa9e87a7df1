# Timeouts, sockets that do not wait, and waiting for several at once.
import select
import selectors
import socket
import time

HOST = "127.0.0.1"


def show(what, act):
    try:
        print(what, "returned", act())
    except OSError as error:
        print(what, type(error).__name__, error)


server = socket.create_server((HOST, 0))
address = server.getsockname()
client = socket.create_connection(address)
accepted, _ = server.accept()

client.settimeout(0.2)
began = time.monotonic()
show("recv", lambda: client.recv(1))
print("waited", 0.15 < time.monotonic() - began < 5)
server.settimeout(0.1)
show("accept", server.accept)
print(client.gettimeout(), client.getblocking(), accepted.gettimeout(), accepted.getblocking())

client.setblocking(False)
print(client.gettimeout(), client.getblocking())
show("recv now", lambda: client.recv(1))
server.setblocking(False)
show("accept now", server.accept)
accepted.sendall(b"hello")
print(select.select([client], [], [], 5)[0] == [client])
show("recv now", lambda: client.recv(100, socket.MSG_PEEK))
show("recv now", lambda: client.recv(100))
show("recv without waiting", lambda: accepted.recv(1, socket.MSG_DONTWAIT))

sent = 0
try:
    while True:
        sent += client.send(b"x" * 65536)
except BlockingIOError:
    print("full", sent > 100_000)
print("writable", select.select([], [client], [], 0)[1] == [])
client.setblocking(True)

other = socket.socket()
other.setblocking(False)
show("connect", lambda: other.connect(address))
print("connected", select.select([], [other], [], 5)[1] == [other], other.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
show("connect again", lambda: other.connect(address))
print(select.select([server], [], [], 5)[0] == [server])
second, _ = server.accept()
print("is blocking", second.getblocking())

with socket.socket() as probe:
    probe.bind((HOST, 0))
    nobody = probe.getsockname()
refused = socket.socket()
refused.setblocking(False)
print("connect_ex", refused.connect_ex(nobody))
print(select.select([], [refused], [], 5)[1] == [refused], refused.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))

poller = select.poll()
poller.register(second, select.POLLIN)
print("poll", poller.poll(50))
other.sendall(b"x")
print("poll", [(fd == second.fileno(), events) for fd, events in poller.poll(5000)])
second.recv(1)
other.close()
print("poll", [(fd == second.fileno(), events) for fd, events in poller.poll(5000)], second.recv(1))

with selectors.DefaultSelector() as selector:
    selector.register(server, selectors.EVENT_READ, "server")
    selector.register(second, selectors.EVENT_WRITE, "second")
    print(sorted((key.data, events) for key, events in selector.select(5)))
    selector.unregister(second)
    print(selector.select(0.05))
print(select.select([], [], [], 0.01))
show("not open", lambda: select.select([other], [], [], 0) if other.fileno() >= 0 else "closed")
try:
    select.select([other], [], [], 0)
except ValueError as error:
    print(error)
for one in (server, client, accepted, second, refused):
    one.close()
