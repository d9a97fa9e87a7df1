"""`_socket`, on which the standard library's own `socket` stands: TCP sockets that the relay holds, and pairs that the page holds.

Each method is one call, with the arguments and the errors of Linux.
"""

import os
import struct
import sys
import warnings

from pyodide.ffi import can_run_sync

from _addresses import *
from _addresses import checked, from_page
from _constants import *
from _constants import ERROR, LINGER, OPTIONS, SWITCH, TEXT
from _errors import LINUX, RESOLVER, error as _error, gaierror, herror, raise_of
from _waiting import call, call_and_go_on

for _name, (_number, _) in RESOLVER.items():
    globals()[_name] = _number

error = OSError
timeout = TimeoutError
CAPI = None

_SEND_FLAGS = {MSG_DONTWAIT: "dontwait", MSG_MORE: "more", MSG_OOB: "oob"}
_RECV_FLAGS = {MSG_PEEK: "peek", MSG_DONTWAIT: "dontwait", MSG_WAITALL: "waitall", MSG_OOB: "oob"}
_HOW = {SHUT_RD: "read", SHUT_WR: "write", SHUT_RDWR: "both"}

# The most that one `send` carries (`MAX_BINARY_FRAME_BYTES` of the wire).
_MOST_BYTES = 1 << 20

# Of the descriptors that are open here: family, type, protocol.
_open = {}

_default_timeout = None

# Counts the programs: what is left of an earlier one must not close the descriptors of the next, which has the same numbers.
_life = 0


def _flags(value, known):
    return [name for bit, name in known.items() if value & bit]


def _bytes(data):
    """A view of whatever has bytes."""
    try:
        return memoryview(data).cast("B")
    except TypeError:
        if isinstance(data, str) or not hasattr(data, "__buffer__"):
            raise TypeError(f"a bytes-like object is required, not '{type(data).__name__}'") from None
        return memoryview(bytes(data))


def _int(value):
    """What C takes as an `int`."""
    if not hasattr(value, "__index__"):
        raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
    value = value.__index__()
    if not -(2**31) <= value < 2**31:
        raise OverflowError("signed integer is greater than maximum" if value > 0 else "signed integer is less than minimum")
    return value


def _not_open(fd):
    """What a number that is no socket's fails with."""
    try:
        os.fstat(fd)
    except OSError:
        return _error("EBADF")
    return _error("ENOTSOCK")


def _seconds(value):
    """A timeout as a program gives it: seconds, or nothing."""
    if value is None:
        return None
    if not isinstance(value, (int, float)):
        if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
            raise TypeError(f"'{type(value).__name__}' object cannot be interpreted as an integer")
        value = float(value) if hasattr(value, "__float__") else value.__index__()
    if value != value:
        raise ValueError("Invalid value NaN (not a number)")
    if value > 9223372036:
        raise OverflowError("timestamp too large to convert to C PyTime_t")
    if value < 0:
        raise ValueError("Timeout value out of range")
    return float(value)


def getdefaulttimeout():
    return _default_timeout


def setdefaulttimeout(timeout, /):
    global _default_timeout
    _default_timeout = _seconds(timeout)


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


class socket:
    """A socket, as `socket.socket` extends it."""

    __slots__ = ("_fd", "_family", "_type", "_proto", "_timeout", "_life")

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        self._fd = -1
        self._life = _life
        if fileno is not None:
            return self._adopt(family, type, proto, fileno)
        family = AF_INET if family == -1 else int(family)
        type = SOCK_STREAM if type == -1 else int(type)
        self._timeout = 0.0 if type & SOCK_NONBLOCK else _default_timeout
        type &= ~(SOCK_NONBLOCK | SOCK_CLOEXEC)
        proto = 0 if proto == -1 else int(proto)
        if family not in (AF_INET, AF_INET6) or type != SOCK_STREAM:
            raise _no_such(family, type)
        if proto not in (0, IPPROTO_TCP):
            raise _error("EPROTONOSUPPORT")
        self._family, self._type, self._proto = family, type, proto
        value = self._call("socket", family="inet6" if family == AF_INET6 else "inet")
        self._fd = value["fd"]
        _open[self._fd] = family, type, proto

    def _adopt(self, family, type, proto, fileno):
        if isinstance(fileno, float) or not hasattr(fileno, "__index__"):
            raise TypeError(f"'{fileno.__class__.__name__}' object cannot be interpreted as an integer")
        fileno = fileno.__index__()
        if fileno < 0:
            raise ValueError("negative file descriptor")
        known = _open.get(fileno)
        if known is None:
            raise _not_open(fileno)
        given = int(family), int(type), int(proto)
        self._family, self._type, self._proto = (own if one == -1 else one for one, own in zip(given, known))
        self._timeout = _default_timeout
        self._fd = fileno

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
        return self._call(name, data, fd=self._checked_fd(), **arguments)

    def _checked_fd(self):
        if self._fd < 0 or self._life != _life:
            raise _error("EBADF")
        return self._fd

    def _patience(self):
        return None if self._timeout is None else self._timeout * 1000

    # Setting up.

    def bind(self, address, /):
        if self._family == AF_UNIX:
            raise _no_such(AF_UNIX, SOCK_STREAM)
        host, port = checked(self._family, address, "bind")
        self._on("bind", host=host, port=port)

    def listen(self, backlog=128, /):
        backlog = _int(backlog)
        self._on("listen", backlog=max(0, backlog))

    def _accept(self):
        value = self._on("accept", patience=self._patience())
        fd = value["fd"]
        _open[fd] = self._family, self._type, self._proto
        return fd, from_page(value["peer"])

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

    # Bytes.

    def send(self, data, flags=0, /):
        return self._send(_bytes(data), flags, self._patience())

    def _send(self, view, flags, patience):
        if view.nbytes == 0:
            self._checked_fd()
            return 0
        return self._on("send", view[:_MOST_BYTES], flags=_flags(flags, _SEND_FLAGS), patience=patience)["count"]

    def sendall(self, data, flags=0, /):
        view = _bytes(data)
        if self._timeout:
            return self._sendall_in_time(view, flags)
        if view.nbytes == 0:
            self._checked_fd()
        while view.nbytes:
            view = view[self._send(view, flags, self._patience()) :]

    def _sendall_in_time(self, view, flags):
        from time import monotonic

        end = monotonic() + self._timeout
        while view.nbytes:
            left = end - monotonic()
            if left <= 0:
                raise TimeoutError("timed out")
            view = view[self._send(view, flags, left * 1000) :]

    def sendto(self, data, *rest):
        if not 1 <= len(rest) <= 2:
            raise TypeError(f"sendto() takes 2 or 3 arguments ({1 + len(rest)} given)")
        view = _bytes(data)
        flags, address = rest if len(rest) == 2 else (0, rest[0])
        if not isinstance(flags, int):
            raise TypeError(f"'{type(flags).__name__}' object cannot be interpreted as an integer")
        if address is not None and self._family != AF_UNIX:
            checked(self._family, address, "sendto")
        return self._send(view, flags, self._patience())

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None, /):
        data = memoryview(b"".join(_bytes(buffer) for buffer in buffers))
        messages = list(ancdata)
        for message in messages:
            if not isinstance(message, tuple) or len(message) != 3:
                raise TypeError("[sendmsg() ancillary data items] must be 3-tuples")
            _int(message[0]), _int(message[1]), _bytes(message[2])
        if address is not None and self._family != AF_UNIX:
            checked(self._family, address, "sendmsg")
        if messages:
            raise _error("EOPNOTSUPP", "control messages are not available here")
        return self._send(data, _int(flags), self._patience())

    def _received(self, count, flags):
        """What one `recv` brings, as JavaScript has it; nothing for nothing."""
        arguments = {"max": count, "flags": _flags(flags, _RECV_FLAGS), "patience": self._patience()}
        answer, received = call("recv", fd=self._checked_fd(), **arguments)
        raise_of(answer)
        return received

    def recv(self, bufsize, flags=0, /):
        count = bufsize.__index__()
        if count < 0:
            raise ValueError("negative buffersize in recv")
        if count == 0:
            self._checked_fd()
            return b""
        received = self._received(count, flags)
        if received is None:
            return b""
        data = received.to_bytes()
        return data

    def recv_into(self, buffer, nbytes=0, flags=0):
        view = memoryview(buffer)
        if view.readonly:
            raise TypeError(f"recv_into() argument 1 must be read-write bytes-like object, not {type(buffer).__name__}")
        view = view.cast("B")
        if nbytes < 0:
            raise ValueError("negative buffersize in recv_into")
        if nbytes > view.nbytes:
            raise ValueError("buffer too small for requested bytes")
        count = nbytes or view.nbytes
        if count == 0:
            self._checked_fd()
            return 0
        received = self._received(count, flags)
        if received is None:
            return 0
        got = received.length
        if got:
            received.assign_to(view[:got])
        return got

    def recvfrom(self, bufsize, flags=0, /):
        if bufsize < 0:
            raise ValueError("negative buffersize in recvfrom")
        return self.recv(bufsize, flags), None

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        if nbytes < 0:
            raise ValueError("negative buffersize in recvfrom_into")
        if nbytes > memoryview(buffer).nbytes:
            raise ValueError("nbytes is greater than the length of the buffer")
        return self.recv_into(buffer, nbytes, flags), None

    def recvmsg(self, bufsize, ancbufsize=0, flags=0, /):
        if bufsize < 0:
            raise ValueError("negative buffer size in recvmsg()")
        if ancbufsize < 0:
            raise ValueError("invalid ancillary data buffer length")
        return self.recv(bufsize, flags), [], 0, None

    def recvmsg_into(self, buffers, ancbufsize=0, flags=0, /):
        if ancbufsize < 0:
            raise ValueError("invalid ancillary data buffer length")
        views = [memoryview(buffer).cast("B") for buffer in buffers]
        if any(view.readonly for view in views):
            raise TypeError("recvmsg_into() argument 1 must be an iterable of single-segment read-write buffers")
        data = self.recv(sum(view.nbytes for view in views), flags)
        rest = memoryview(data)
        for view in views:
            count = min(view.nbytes, rest.nbytes)
            view[:count] = rest[:count]
            rest = rest[count:]
        return len(data), [], 0, None

    # The end.

    def shutdown(self, flag, /):
        how = _int(flag)
        if how not in _HOW:
            raise _error("EINVAL")
        self._on("shutdown", how=_HOW[how])

    def close(self):
        fd, self._fd = self._fd, -1
        if fd >= 0 and self._life == _life:
            _close(fd)

    def detach(self):
        fd, self._fd = self._fd, -1
        return fd

    def fileno(self):
        return self._fd

    def __del__(self):
        if getattr(self, "_fd", -1) >= 0 and self._life == _life:
            # The `repr` of `socket.socket` asks for its addresses, and here nothing can wait.
            warnings.warn(f"unclosed {socket.__repr__(self)}", ResourceWarning, source=self)
            fd, self._fd = self._fd, -1
            if _open.pop(fd, None) is not None:
                call_and_go_on("close", fd=fd)

    # What it knows of itself.

    def getsockname(self):
        if self._family == AF_UNIX:
            self._checked_fd()
            return ""
        return from_page(self._on("getsockname")["address"])

    def getpeername(self):
        if self._family == AF_UNIX:
            self._checked_fd()
            return ""
        return from_page(self._on("getpeername")["address"])

    def gettimeout(self):
        return self._timeout

    def settimeout(self, timeout, /):
        self._timeout = _seconds(timeout)

    def setblocking(self, flag, /):
        self._timeout = None if flag else 0.0

    def getblocking(self):
        return self._timeout != 0.0

    def getsockopt(self, level, optname, buflen=0, /):
        if not 0 <= buflen <= 1024:
            raise OSError("getsockopt buflen out of range")
        if self._family == AF_UNIX:
            value = {SO_TYPE: SOCK_STREAM, SO_ERROR: 0, SO_DOMAIN: AF_UNIX, SO_PROTOCOL: 0}.get(optname)
            if level != SOL_SOCKET or value is None:
                raise _error("ENOPROTOOPT")
            return value if buflen == 0 else struct.pack("i", value)[:buflen]
        name, kind = self._option(level, optname)
        value = self._on("getsockopt", option=name).get("value")
        if kind == ERROR:
            value = LINUX.get(value, (0, ""))[0] if value is not None else 0
        if kind == LINGER:
            packed = struct.pack("ii", value is not None, value or 0)
        elif kind == TEXT:
            packed = value.encode().ljust(16, b"\0")
        else:
            packed = struct.pack("i", int(value or 0))
        if buflen == 0:
            return int.from_bytes(packed[:4], sys.byteorder, signed=True)
        return packed[:buflen]

    def setsockopt(self, level, optname, value, optlen=None, /):
        if value is None and optlen is None:
            raise TypeError("socket.setsockopt() requires 4 arguments when the third argument is None")
        if value is not None and optlen is not None:
            raise TypeError("socket.setsockopt() only takes None as the third argument when 4 arguments are given")
        if self._family == AF_UNIX:
            raise _error("ENOPROTOOPT")
        name, kind = self._option(level, optname)
        self._on("setsockopt", option=name, value=self._value(kind, value))

    def _option(self, level, optname):
        self._checked_fd()
        found = OPTIONS.get((int(level), int(optname)))
        if found is None:
            raise _error("ENOPROTOOPT")
        return found

    def _value(self, kind, value):
        """What an option is set to, as the page has it."""
        if isinstance(value, int):
            if not -(2**31) <= value < 2**31:
                raise OverflowError("signed integer is greater than maximum")
            if kind in (LINGER, TEXT):
                raise _error("EINVAL")
            return bool(value) if kind == SWITCH else int(value)
        if value is None:
            raise _error("EFAULT")
        packed = bytes(_bytes(value))
        if kind == TEXT:
            return packed.rstrip(b"\0").decode("ascii", "replace")
        if len(packed) < (8 if kind == LINGER else 4):
            raise _error("EINVAL")
        if kind == LINGER:
            is_on, seconds = struct.unpack_from("ii", packed)
            return seconds if is_on else None
        number = struct.unpack_from("i", packed)[0]
        return bool(number) if kind == SWITCH else number

    def __repr__(self):
        return f"<socket object, fd={self._fd}, family={self._family}, type={self._type}, proto={self._proto}>"


SocketType = socket


def _close(fd):
    _open.pop(fd, None)
    _inheritable.discard(fd)
    if not can_run_sync():
        return call_and_go_on("close", fd=fd)
    answer, _ = call("close", fd=fd)
    # What the other end did to the connection is no error of closing it.
    if answer.get("error") not in ("ECONNRESET", "no relay"):
        raise_of(answer)


def close(fd, /):
    fd = _int(fd)
    if fd not in _open:
        raise _error("EBADF")
    _close(fd)


def dup(fd, /):
    fd = _int(fd)
    if fd not in _open:
        raise _error("EBADF")
    answer, _ = call("dup", fd=fd)
    raise_of(answer)
    twin = answer["value"]["fd"]
    _open[twin] = _open[fd]
    return twin


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
    for fd in answer["value"]["fds"]:
        _open[fd] = family, type, proto
        end = socket(family, type, proto, fd)
        if is_nonblocking:
            end.setblocking(False)
        ends.append(end)
    return tuple(ends)


_inheritable = set()


def _install_inheritance():
    """`os.get_inheritable` and its like, for descriptors of sockets: nobody inherits them here, but they say what they were told."""
    get, change = os.get_inheritable, os.set_inheritable

    def get_inheritable(fd, /):
        return fd in _inheritable if fd in _open else get(fd)

    def set_inheritable(fd, inheritable, /):
        if fd not in _open:
            return change(fd, inheritable)
        if inheritable:
            _inheritable.add(fd)
        else:
            _inheritable.discard(fd)

    os.get_inheritable, os.set_inheritable = get_inheritable, set_inheritable


_install_inheritance()


def forget():
    """Forgets every descriptor: its program is over, and the page closed them."""
    global _life
    _life += 1
    _open.clear()
    setdefaulttimeout(None)


__all__ = sorted(
    name
    for name in globals()
    if not name.startswith("_") and name not in ("ERROR", "LINGER", "LINUX", "NUMBER", "OPTIONS", "PROTOCOLS", "RESOLVER", "SERVICES", "SWITCH", "TEXT")
    and name not in ("call", "call_and_go_on", "can_run_sync", "checked", "forget", "from_page", "host_text", "ipaddress", "os", "raise_of", "resolver_error", "struct", "sys", "warnings", "HOST_NAME")
)
