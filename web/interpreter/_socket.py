"""`_socket`, on which the standard library's own `socket` stands: TCP sockets that the relay holds, and pairs that the page holds.

Each method is one call, with the arguments and the errors of Linux.
"""

import warnings

import _descriptors
from _addresses import *
from _addresses import checked, from_page
from _arguments import bytes_of, int_of, seconds_of
from _constants import *
from _descriptors import open_here
from _errors import LINUX, RESOLVER, error as _error, gaierror, herror, raise_of
from _socket_options import as_asked, option_of, packed, unpacked, value_of_pair
from _transfers import Transfers
from _waiting import call, call_and_go_on

for _name, (_number, _) in RESOLVER.items():
    globals()[_name] = _number

error = OSError
timeout = TimeoutError
CAPI = None

# Linux knows no protocol from here on.
_IPPROTO_MAX = 263

_HOW = {SHUT_RD: "read", SHUT_WR: "write", SHUT_RDWR: "both"}

_default_timeout = None

# Counts the programs: what is left of an earlier one must not close the descriptors of the next, which has the same numbers.
_life = 0


def getdefaulttimeout():
    return _default_timeout


def setdefaulttimeout(timeout, /):
    global _default_timeout
    _default_timeout = seconds_of(timeout)


def _no_such(family, type):
    """Why there is no socket of that kind."""
    if family == AF_UNIX:
        return _error("EAFNOSUPPORT", "Unix sockets are not available here, except by socketpair(): there is no file system to share")
    if family not in (AF_INET, AF_INET6):
        return _error("EAFNOSUPPORT")
    if type == SOCK_DGRAM:
        return _error("EPROTONOSUPPORT", "UDP is not available here: the relay holds TCP sockets only")
    if type == SOCK_RAW:
        return _error("EPROTONOSUPPORT", "raw sockets are not available here: the relay holds TCP sockets only")
    return _error("ESOCKTNOSUPPORT")


class socket(Transfers):
    """A socket, as `socket.socket` extends it."""

    # `_known` are the addresses that it last had, for when nothing can be asked.
    __slots__ = ("_fd", "_family", "_type", "_proto", "_timeout", "_life", "_known", "_is_dying")

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        self._fd = -1
        self._life = _life
        self._known, self._is_dying = {}, False
        if fileno is not None:
            return self._adopt(family, type, proto, fileno)
        family = AF_INET if family == -1 else int_of(family)
        type = SOCK_STREAM if type == -1 else int_of(type)
        self._timeout = 0.0 if type & SOCK_NONBLOCK else _default_timeout
        type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
        proto = 0 if proto == -1 else int_of(proto)
        if family not in (AF_INET, AF_INET6) or type != SOCK_STREAM:
            raise _no_such(family, type)
        if proto not in (0, IPPROTO_TCP):
            raise _error("EPROTONOSUPPORT" if 0 <= proto < _IPPROTO_MAX else "EINVAL")
        self._family, self._type, self._proto = family, type, proto
        value = self._call("socket", family="inet6" if family == AF_INET6 else "inet")
        self._fd = _descriptors.add(value["fd"], (family, type, proto))
        self._tell_whether_it_waits()

    def _adopt(self, family, type, proto, fileno):
        if isinstance(fileno, float) or not hasattr(fileno, "__index__"):
            raise TypeError(f"'{fileno.__class__.__name__}' object cannot be interpreted as an integer")
        fileno = fileno.__index__()
        if fileno < 0:
            raise ValueError("negative file descriptor")
        known = _descriptors.get(fileno)
        given = int(family), int(type), int(proto)
        self._family, self._type, self._proto = (own if one == -1 else one for one, own in zip(given, known.kind))
        self._fd = fileno
        self._timeout = _default_timeout
        if _default_timeout is not None:
            self._tell_whether_it_waits()

    family = property(lambda self: self._family, doc="the socket family")
    type = property(lambda self: self._type, doc="the socket type")
    proto = property(lambda self: self._proto, doc="the socket protocol")
    timeout = property(lambda self: self._timeout, doc="the socket timeout")

    def _call(self, name, data=None, **arguments):
        answer, _ = call(name, data, **arguments)
        raise_of(answer)
        return answer.get("value")

    def _on(self, name, data=None, **arguments):
        """A call on this descriptor."""
        return self._call(name, data, fd=self._number(), **arguments)

    def _number(self):
        """The page's number of it."""
        known = open_here.get(self._fd)
        if known is None or self._life != _life:
            raise _error("EBADF")
        return known.number

    def _patience(self):
        if self._timeout is None:
            known = open_here.get(self._fd)
            # Somebody made the descriptor one that does not wait, behind the back of this object.
            return 0 if known is not None and known.is_nonblocking else None
        return self._timeout * 1000

    def _tell_whether_it_waits(self):
        """The kernel's flag is set for a socket with a timeout, too."""
        known = open_here.get(self._fd)
        if known is not None:
            known.is_nonblocking = self._timeout is not None

    # Setting up.

    def bind(self, address, /):
        if self._family == AF_UNIX:
            raise _no_such(AF_UNIX, SOCK_STREAM)
        host, port = checked(self._family, address, "bind")
        self._on("bind", host=host, port=port)

    def listen(self, backlog=128, /):
        backlog = int_of(backlog)
        self._on("listen", backlog=max(0, backlog))

    def _accept(self):
        value = self._on("accept", patience=self._patience())
        return _descriptors.add(value["fd"], (self._family, self._type, self._proto)), from_page(value["peer"])

    def connect(self, address, /):
        if self._family == AF_UNIX:
            raise _error("EISCONN")
        host, port = checked(self._family, address, "connect")
        self._on("connect", host=host, port=port, patience=self._patience())

    def connect_ex(self, address, /):
        try:
            self.connect(address)
        except gaierror:
            raise
        except OSError as failed:
            return failed.errno or LINUX["EAGAIN"][0]
        return 0

    # The end.

    def shutdown(self, flag, /):
        how = int_of(flag)
        if how not in _HOW:
            raise _error("EINVAL")
        self._on("shutdown", how=_HOW[how])

    def close(self):
        fd, self._fd = self._fd, -1
        if fd in open_here and self._life == _life:
            _descriptors.close(fd)
        elif fd >= 0 and self._life == _life:
            raise _error("EBADF")

    def detach(self):
        fd, self._fd = self._fd, -1
        return fd

    def fileno(self):
        return self._fd

    def __del__(self):
        if getattr(self, "_fd", -1) >= 0 and self._life == _life:
            # Nothing can wait here, and its `repr` says what it has heard of its addresses.
            self._is_dying = True
            warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)
            fd, self._fd = self._fd, -1
            number = _descriptors.let_go(fd)
            if number is not None:
                call_and_go_on("close", fd=number)

    # What it knows of itself.

    def getsockname(self):
        return self._address("getsockname")

    def getpeername(self):
        return self._address("getpeername")

    def _address(self, call):
        if self._is_dying:
            if call not in self._known:
                raise _error("ENOTCONN")
            return self._known[call]
        if self._family == AF_UNIX:
            self._number()
            return ""
        self._known.pop(call, None)
        self._known[call] = address = from_page(self._on(call)["address"])
        return address

    def gettimeout(self):
        return self._timeout

    def settimeout(self, timeout, /):
        self._timeout = seconds_of(timeout)
        self._tell_whether_it_waits()

    def setblocking(self, flag, /):
        self._timeout = None if flag else 0.0
        self._tell_whether_it_waits()

    def getblocking(self):
        return self._timeout != 0.0

    def getsockopt(self, level, optname, buflen=0, /):
        if not 0 <= buflen <= 1024:
            raise OSError("getsockopt buflen out of range")
        if self._family == AF_UNIX:
            return as_asked(value_of_pair(level, optname), buflen)
        name, kind = self._option(level, optname)
        return as_asked(packed(kind, self._on("getsockopt", option=name).get("value")), buflen)

    def setsockopt(self, level, optname, value, optlen=None, /):
        if value is None and optlen is None:
            raise TypeError("socket.setsockopt() requires 4 arguments when the third argument is None")
        if value is not None and optlen is not None:
            raise TypeError("socket.setsockopt() only takes None as the third argument when 4 arguments are given")
        if self._family == AF_UNIX:
            raise _error("ENOPROTOOPT")
        name, kind = self._option(level, optname)
        self._on("setsockopt", option=name, value=unpacked(kind, value if isinstance(value, int) or value is None else bytes_of(value)))

    def _option(self, level, optname):
        self._number()
        return option_of(level, optname)

    def __repr__(self):
        return f"<socket object, fd={self._fd}, family={self._family}, type={self._type}, proto={self._proto}>"


SocketType = socket


def close(fd, /):
    fd = int_of(fd)
    if fd not in open_here:
        raise _error("EBADF")
    _descriptors.close(fd)


def dup(fd, /):
    fd = int_of(fd)
    if fd not in open_here:
        raise _error("EBADF")
    return _descriptors.dup(fd)


def socketpair(family=AF_UNIX, type=SOCK_STREAM, proto=0, /):
    family, type, proto = int(family), int(type), int(proto)
    is_nonblocking = type & SOCK_NONBLOCK
    type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
    if family != AF_UNIX:
        raise _error("EOPNOTSUPP")
    if type != SOCK_STREAM:
        raise _error("ESOCKTNOSUPPORT", "only stream sockets come in pairs here")
    if proto:
        raise _error("EPROTONOSUPPORT")
    answer, _ = call("pair")
    raise_of(answer)
    ends = []
    for number in answer["value"]["fds"]:
        end = socket(family, type, proto, _descriptors.add(number, (family, type, proto)))
        if is_nonblocking:
            end.setblocking(False)
        ends.append(end)
    return tuple(ends)


def _install_descriptors():
    """`os.read` and its like, for sockets."""
    view_of = lambda fd: socket(fileno=fd)

    def recv(fd, length):
        end = view_of(fd)
        try:
            return end.recv(length)
        finally:
            end.detach()

    def send(fd, data):
        end = view_of(fd)
        try:
            return end.send(data)
        finally:
            end.detach()

    _descriptors.install(recv, send)


_install_descriptors()

# They are called as if they were all this class's own.
for _name, _method in {**vars(Transfers), **vars(socket)}.items():
    if hasattr(_method, "__code__"):
        _method.__module__, _method.__qualname__ = __name__, f"socket.{_name}"


def forget():
    """Forgets every descriptor: its program is over, and the page closed them."""
    global _life
    _life += 1
    _descriptors.forget()
    setdefaulttimeout(None)


# What of the above is not the module's.
_OURS = {
    "as_asked", "bytes_of", "call", "call_and_go_on", "checked", "ERROR", "forget", "from_page", "host_text", "HOST_NAME", "int_of", "ipaddress", "LINGER",
    "LINUX", "NUMBER", "open_here", "option_of", "OPTIONS", "packed", "PROTOCOLS", "raise_of", "RESOLVER", "resolver_error", "seconds_of", "SERVICES", "SWITCH", "sys",
    "TEXT", "Transfers", "unpacked", "value_of_pair", "warnings",
}  # fmt: skip

__all__ = sorted(name for name in globals() if not name.startswith("_") and name not in _OURS)
