# Names and addresses, and what converts them.
import socket

print(socket.gethostbyname("localhost"), socket.gethostbyname("127.1"), socket.gethostbyname_ex("127.0.0.1"))
print(socket.gethostbyname(socket.gethostname()).count("."))
print(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM))
print(socket.getaddrinfo("::1", "http", proto=socket.IPPROTO_TCP))
print(socket.getaddrinfo(None, 8080, socket.AF_INET, socket.SOCK_STREAM, flags=socket.AI_PASSIVE))
print([entry[:3] for entry in socket.getaddrinfo("127.0.0.1", 0)])
print(("127.0.0.1", 80) in [entry[4] for entry in socket.getaddrinfo("localhost", 80)])
print(socket.getnameinfo(("127.0.0.1", 80), socket.NI_NUMERICHOST | socket.NI_NUMERICSERV))
print(socket.getservbyname("http"), socket.getservbyport(25), socket.getprotobyname("tcp"))
print(socket.inet_aton("10.1.2.3"), socket.inet_ntoa(b"\x7f\0\0\1"), socket.inet_aton("1.2"))
print(socket.inet_pton(socket.AF_INET6, "fe80::1:2"), socket.inet_ntop(socket.AF_INET6, bytes(15) + b"\1"))
print(socket.htons(80), socket.ntohl(1), socket.htonl(0x7F000001))
print(socket.has_ipv6, socket.has_dualstack_ipv6(), socket.SOMAXCONN)
print(socket.AF_INET, socket.SOCK_STREAM, socket.SHUT_WR, socket.MSG_PEEK, int(socket.SO_REUSEADDR), socket.IPPROTO_TCP)
for bad in ("1.2.3.4.5", "256.1.1.1", "", "a.b"):
    try:
        print(socket.inet_aton(bad))
    except OSError as error:
        print(error)
for act in (lambda: socket.htons(65536), lambda: socket.inet_ntoa(b"123"), lambda: socket.getservbyname("no such service")):
    try:
        act()
    except (OSError, OverflowError) as error:
        print(type(error).__name__)
with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
    with socket.create_connection(server.getsockname()[:2]) as client:
        accepted, peer = server.accept()
        print(peer[0], peer[2:], client.getpeername()[0], client.family)
        accepted.close()
with socket.create_server(("", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
    with socket.create_connection(("127.0.0.1", server.getsockname()[1])):
        accepted, peer = server.accept()
        print(peer[0])
        accepted.close()
