"""Addresses and names: what Python's `socket` makes of them before a call, and the functions that convert them.

The names of hosts are looked up by the relay, on its machine; this has no reverse lookup, as the relay has none.
"""

import ipaddress
import sys

from _constants import *
from _errors import error, herror, raise_of, resolver_error
from _waiting import call

# What the machine that the program runs on is called: it has its sockets on the relay's.
HOST_NAME = "localhost"

# IANA's, as far as programs name them. All of them are TCP's, too.
SERVICES = {
    "echo": 7, "discard": 9, "daytime": 13, "ftp-data": 20, "ftp": 21, "ssh": 22, "telnet": 23, "smtp": 25, "time": 37, "domain": 53,
    "gopher": 70, "finger": 79, "http": 80, "www": 80, "kerberos": 88, "pop3": 110, "sunrpc": 111, "nntp": 119, "ntp": 123, "imap2": 143,
    "imap": 143, "snmp": 161, "irc": 194, "ldap": 389, "https": 443, "submissions": 465, "submission": 587, "ldaps": 636, "ftps": 990,
    "imaps": 993, "ircs-u": 6697, "pop3s": 995, "mysql": 3306, "postgresql": 5432, "redis": 6379, "http-alt": 8080,
}  # fmt: skip

PROTOCOLS = {"ip": 0, "icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "ipv6": 41, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58, "sctp": 132}


def _packed(text):
    """The address that `inet_aton(3)` reads: one to four numbers, decimal, octal or hexadecimal."""
    parts = text.split(".")
    try:
        if not 1 <= len(parts) <= 4 or not text.isascii():
            return None
        numbers = [int(part, 0 if part[:2].lower() == "0x" else 8 if len(part) > 1 and part[0] == "0" else 10) for part in parts if part.isalnum()]
    except ValueError:
        return None
    if len(numbers) != len(parts) or any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        return None
    value = numbers[-1]
    for place, number in enumerate(numbers[:-1]):
        value |= number << (24 - 8 * place)
    return value.to_bytes(4, "big")


def inet_aton(ip_addr, /):
    packed = _packed(ip_addr)
    if packed is None:
        raise OSError("illegal IP address string passed to inet_aton")
    return packed


def inet_ntoa(packed_ip, /):
    packed = bytes(memoryview(packed_ip))
    if len(packed) != 4:
        raise OSError("packed IP wrong length")
    return ".".join(map(str, packed))


def _classes(family):
    classes = {AF_INET: (ipaddress.IPv4Address, 4), AF_INET6: (ipaddress.IPv6Address, 16)}.get(int(family))
    if classes is None:
        raise error("EAFNOSUPPORT")
    return classes


def inet_pton(address_family, ip_string, /):
    kind, _ = _classes(address_family)
    try:
        if "%" in ip_string:
            raise ValueError
        return kind(ip_string).packed
    except ValueError:
        raise OSError("illegal IP address string passed to inet_pton") from None


def inet_ntop(address_family, packed_ip, /):
    if int(address_family) not in (AF_INET, AF_INET6):
        raise ValueError(f"unknown address family {int(address_family)}")
    kind, length = _classes(address_family)
    packed = bytes(memoryview(packed_ip))
    if len(packed) != length:
        raise ValueError("invalid length of packed IP address string")
    if kind is ipaddress.IPv6Address and packed[:12] == b"\0" * 10 + b"\xff\xff":
        return "::ffff:" + inet_ntoa(packed[12:])
    return str(kind(packed))


def _swapper(name, bits):
    def swap(value, /):
        if not isinstance(value, int):
            raise TypeError(f"expected int, {type(value).__name__} found")
        if value < 0:
            raise OverflowError(f"{name}: can't convert negative Python int to C {bits}-bit unsigned integer")
        if value >> bits:
            raise OverflowError(f"{name}: Python int too large to convert to C {bits}-bit unsigned integer")
        return int.from_bytes(value.to_bytes(bits // 8, "big"), sys.byteorder)

    swap.__name__ = swap.__qualname__ = name
    return swap


htons, ntohs, htonl, ntohl = _swapper("htons", 16), _swapper("ntohs", 16), _swapper("htonl", 32), _swapper("ntohl", 32)


def host_text(host):
    """A host as programs give it, as text."""
    if isinstance(host, (bytes, bytearray)):
        host = bytes(host).decode("latin-1")
    elif isinstance(host, str):
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    else:
        raise TypeError(f"str, bytes or bytearray expected, not {type(host).__name__}")
    if "\0" in host:
        raise TypeError("host name must not contain null character")
    return host


def checked(family, address, function):
    """Host and port of an address of `connect`, `bind` and the like, as the page wants them."""
    kind = "AF_INET6" if family == AF_INET6 else "AF_INET"
    if not isinstance(address, tuple):
        raise TypeError(f"{function}(): {kind} address must be tuple, not {type(address).__name__}")
    if not (2 <= len(address) <= 4 if family == AF_INET6 else len(address) == 2):
        wanted = "a tuple of 2 to 4 elements" if family == AF_INET6 else "a pair (host, port)"
        raise TypeError(f"{function}(): {kind} address must be {wanted}")
    host, port = host_text(address[0]), address[1]
    if not isinstance(port, int):
        if not hasattr(port, "__index__"):
            raise TypeError(f"'{type(port).__name__}' object cannot be interpreted as an integer")
        port = port.__index__()
    if not 0 <= port <= 65535:
        raise OverflowError(f"{function}(): port must be 0-65535.")
    if len(address) > 2 and not 0 <= address[2] <= 0xFFFFF:
        raise OverflowError(f"{function}(): flowinfo must be 0-1048575.")
    if host == "":
        host = "::" if family == AF_INET6 else "0.0.0.0"
    elif host == "<broadcast>":
        host = "255.255.255.255"
    if family == AF_INET6 and len(address) == 4 and address[3] and "%" not in host:
        host = f"{host}%{int(address[3])}"
    return host, int(port)


def from_page(address):
    """An address of the page as Python has it."""
    host, port, flow, zone, is_v6 = address
    if not is_v6:
        return host, port
    return (f"{host}%{zone}" if zone and "%" not in host else host), port, flow, zone


def _numeric(host):
    """Family and text of an address that is written as one; nothing of a name."""
    packed = _packed(host)
    if packed is not None:
        return AF_INET, inet_ntoa(packed), 0
    bare, _, zone = host.partition("%")
    try:
        text = str(ipaddress.IPv6Address(bare))
    except ValueError:
        return None
    return AF_INET6, text, int(zone) if zone.isdigit() else 1 if zone else 0


def _lookup(host, family):
    """The addresses of a name, each with its family and zone."""
    wanted = {AF_INET: "inet", AF_INET6: "inet6"}.get(family)
    answer, _ = call("getaddrinfo", host=host, family=wanted)
    raise_of(answer)
    return [(AF_INET6 if ":" in address else AF_INET, address, 0) for address in answer["value"]["addresses"]]


def _port(service, flags):
    if service is None:
        return 0
    if isinstance(service, int):
        if not -(2**63) <= service < 2**63:
            raise OverflowError("Python int too large to convert to C long")
        return service & 0xFFFF
    if isinstance(service, (bytes, bytearray)):
        service = bytes(service).decode("ascii", "replace")
    if not isinstance(service, str):
        raise OSError("Int or String expected")
    # As in C: what is no UTF-8 is an error of its own.
    service.encode()
    if service.isascii() and service.isdigit():
        return int(service) & 0xFFFF
    if flags & AI_NUMERICSERV or service not in SERVICES:
        raise resolver_error("EAI_NONAME" if flags & AI_NUMERICSERV else "EAI_SERVICE")
    return SERVICES[service]


_KINDS = [(SOCK_STREAM, IPPROTO_TCP), (SOCK_DGRAM, IPPROTO_UDP), (SOCK_RAW, 0)]


def _kinds(type, proto):
    """Which kinds of socket an address is given for, in glibc's order."""
    kinds = [(kind, number) for kind, number in _KINDS if type in (0, kind) and (proto in (0, number) or kind == SOCK_RAW and type == kind)]
    if not kinds:
        raise resolver_error("EAI_SOCKTYPE" if type not in (0, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW) else "EAI_SERVICE")
    return [(kind, proto if kind == SOCK_RAW else number) for kind, number in kinds]


def getaddrinfo(host, port, family=0, type=0, proto=0, flags=0):
    family, type, proto, flags = int(family), int(type), int(proto), int(flags)
    if family not in (AF_UNSPEC, AF_INET, AF_INET6):
        raise resolver_error("EAI_FAMILY")
    kinds = _kinds(type, proto)
    port = _port(port, flags)
    if host is None or host in ("", b""):
        if host is not None:
            raise resolver_error("EAI_NONAME")
        texts = ("0.0.0.0", "::") if flags & AI_PASSIVE else ("::1", "127.0.0.1")
        found = [(AF_INET6 if ":" in text else AF_INET, text, 0) for text in texts]
    else:
        host = host_text(host)
        numeric = _numeric(host)
        if numeric is None and flags & AI_NUMERICHOST:
            raise resolver_error("EAI_NONAME")
        found = _lookup(host, family) if numeric is None else [numeric]
    found = [one for one in found if family in (AF_UNSPEC, one[0])]
    if not found:
        raise resolver_error("EAI_ADDRFAMILY")
    name = (host or HOST_NAME) if flags & AI_CANONNAME else ""
    entries = []
    for kind, text, zone in found:
        for number, (socket_type, protocol) in enumerate(kinds):
            address = (text, port) if kind == AF_INET else (text, port, 0, zone)
            entries.append((kind, socket_type, protocol, name if not entries else "", address))
    return entries


def gethostbyname(hostname, /):
    return gethostbyname_ex(hostname)[2][0]


def gethostbyname_ex(hostname, /):
    host = host_text(hostname)
    if host == "":
        return host, [], ["0.0.0.0"]
    if host == "<broadcast>":
        return host, [], ["255.255.255.255"]
    numeric = _numeric(host)
    if numeric is not None:
        if numeric[0] != AF_INET:
            raise resolver_error("EAI_ADDRFAMILY")
        return host, [], [numeric[1]]
    addresses = []
    for _, address, _ in _lookup(host, AF_INET):
        if address not in addresses:
            addresses.append(address)
    return host, [], addresses


def gethostbyaddr(ip_address, /):
    """The name of an address: of this machine's own alone, as the relay looks up none."""
    host = host_text(ip_address)
    numeric = _numeric(host)
    if numeric is None:
        numeric = _lookup(host, AF_UNSPEC)[0]
    if ipaddress.ip_address(numeric[1]).is_loopback:
        return HOST_NAME, [], [numeric[1]]
    raise herror(1, "Unknown host")


def getnameinfo(sockaddr, flags, /):
    if not isinstance(sockaddr, tuple):
        raise TypeError("getnameinfo() argument 1 must be a tuple")
    if not 2 <= len(sockaddr) <= 4:
        raise TypeError(f"getnameinfo() argument 1 must be sequence of length 2 to 4, not {len(sockaddr)}")
    host, port = sockaddr[0], sockaddr[1]
    if not isinstance(host, str) or not isinstance(port, int):
        raise TypeError("getnameinfo() argument 1: illegal sockaddr argument")
    if len(sockaddr) > 2 and not 0 <= sockaddr[2] <= 0xFFFFF:
        raise OverflowError("getnameinfo(): flowinfo must be 0-1048575.")
    found = getaddrinfo(host, port, type=SOCK_DGRAM)
    if len(found) > 1:
        raise OSError("sockaddr resolved to multiple addresses")
    family, _, _, _, address = found[0]
    if family == AF_INET and len(sockaddr) != 2:
        raise OSError("IPv4 sockaddr must be 2 tuple")
    name = address[0]
    if not flags & NI_NUMERICHOST:
        if ipaddress.ip_address(name).is_loopback:
            name = HOST_NAME
        elif flags & NI_NAMEREQD:
            raise resolver_error("EAI_NONAME")
    if family == AF_INET6 and len(address) == 4 and (address[3] or len(sockaddr) == 4 and sockaddr[3]):
        name = f"{name}%{'lo' if 1 in (address[3], *sockaddr[3:]) else address[3] or sockaddr[3]}"
    service = str(port)
    if not flags & NI_NUMERICSERV:
        service = next((known for known, number in SERVICES.items() if number == port), service)
    return name, service


def gethostname():
    return HOST_NAME


def sethostname(name, /):
    raise error("EPERM")


def getservbyname(servicename, protocolname="tcp", /):
    if protocolname not in ("tcp", "udp") or servicename not in SERVICES:
        raise OSError("service/proto not found")
    return SERVICES[servicename]


def getservbyport(port, protocolname="tcp", /):
    if not 0 <= port <= 65535:
        raise OverflowError("getservbyport: port must be 0-65535.")
    for name, number in SERVICES.items():
        if number == port and protocolname in ("tcp", "udp"):
            return name
    raise OSError("port/proto not found")


def getprotobyname(protocolname, /):
    if protocolname not in PROTOCOLS:
        raise OSError("protocol not found")
    return PROTOCOLS[protocolname]


def if_nameindex():
    """The interfaces of the relay's machine are not known here, but for the one that every machine has."""
    return [(1, "lo")]


def if_nametoindex(if_name, /):
    if not isinstance(if_name, (str, bytes)):
        raise TypeError(f"if_nametoindex() argument 1 must be str or bytes, not {type(if_name).__name__}")
    if if_name not in ("lo", b"lo"):
        raise OSError("no interface with this name")
    return 1


def if_indextoname(if_index, /):
    if if_index < 0:
        raise OverflowError("can't convert negative value to unsigned int")
    if if_index != 1:
        raise OSError(6, "No such device or address")
    return "lo"
