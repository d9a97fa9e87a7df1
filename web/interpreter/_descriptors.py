"""Descriptors: the numbers that sockets and files share, and the functions of `os` and `fcntl` that take either.

The page has numbers of its own for what it holds. Here each socket has the number of a file of the interpreter that stands in its place, so that no other file gets it.
"""

import fcntl
import os

from _errors import error, raise_of
from _waiting import call, call_and_go_on
from pyodide.ffi import can_run_sync

# Sockets that are open here, by descriptor.
open_here = {}

# Before it becomes Linux's: what the interpreter's own functions say of a number that is nothing's.
_WASI_EBADF = 8

# sys/stat.h
_S_IFSOCK = 0o140777


class Descriptor:
    """What is known here of an open socket."""

    __slots__ = ("number", "kind", "is_nonblocking", "is_inheritable")

    def __init__(self, number, kind):
        # The page's number for it; family, type and protocol.
        self.number, self.kind = number, kind
        self.is_nonblocking = self.is_inheritable = False


def add(number, kind):
    """The descriptor of a socket that the page has under that number."""
    fd = _files["open"]("/dev/null", os.O_RDWR)
    open_here[fd] = Descriptor(number, kind)
    return fd


def get(fd):
    """What is open there; else fails as Linux does."""
    found = open_here.get(fd)
    if found is None:
        raise not_open(fd)
    return found


def not_open(fd):
    """What a number that is no socket's fails with."""
    try:
        _files["fstat"](fd)
    except (OSError, OverflowError):
        return error("EBADF")
    return error("ENOTSOCK")


def let_go(fd):
    """Frees the number; returns the page's, if it was a socket's."""
    found = open_here.pop(fd, None)
    if found is None:
        return None
    _files["close"](fd)
    return found.number


def close(fd):
    """`close(2)` of a socket."""
    number = let_go(fd)
    if not can_run_sync():
        return call_and_go_on("close", fd=number)
    answer, _ = call("close", fd=number)
    # What the other end did to the connection is no error of closing it.
    if answer.get("error") not in ("ECONNRESET", "no relay"):
        raise_of(answer)


def dup(fd):
    """`dup(2)` of a socket."""
    twin = add(_twin(fd), open_here[fd].kind)
    open_here[twin].is_nonblocking = open_here[fd].is_nonblocking
    return twin


def _twin(fd):
    answer, _ = call("dup", fd=open_here[fd].number)
    raise_of(answer)
    return answer["value"]["fd"]


def forget():
    """Forgets every descriptor: its program is over, and the page closed them."""
    for fd in list(open_here):
        let_go(fd)


# What the interpreter's own functions do with files.
_files = {name: getattr(os, name) for name in ("open", "close", "dup", "dup2", "fstat", "read", "write", "get_inheritable", "set_inheritable", "get_blocking", "set_blocking")}
_files["fcntl"] = fcntl.fcntl


def _of_sockets(act):
    """A function of `os` that does this with sockets, and with files what it always did."""
    usual = _files[act.__name__]

    def function(fd, /, *arguments, **named):
        number = fd if isinstance(fd, int) or not hasattr(fd, "fileno") else fd.fileno()
        if number in open_here:
            return act(number, *arguments, **named)
        try:
            return usual(fd, *arguments, **named)
        except OSError as raised:
            # A number that may have been a socket's: that it is none any more is said as Linux does.
            if raised.errno != _WASI_EBADF:
                raise
        raise error("EBADF")

    function.__name__ = function.__qualname__ = act.__name__
    function.__doc__ = usual.__doc__
    setattr(fcntl if act.__name__ == "fcntl" else os, act.__name__, function)
    return function


def install(recv, send):
    """Makes `os` and `fcntl` know sockets; `read` and `write` are these two of a descriptor."""

    def read(fd, length):
        return recv(fd, length)

    def write(fd, data):
        return send(fd, data)

    def fstat(fd):
        known = _files["fstat"](fd)
        return os.stat_result((_S_IFSOCK, *known[1:]))

    def get_inheritable(fd):
        return open_here[fd].is_inheritable

    def set_inheritable(fd, inheritable):
        open_here[fd].is_inheritable = bool(inheritable)

    def get_blocking(fd):
        return not open_here[fd].is_nonblocking

    def set_blocking(fd, blocking):
        open_here[fd].is_nonblocking = not blocking

    for act in (close, dup, read, write, fstat, get_inheritable, set_inheritable, get_blocking, set_blocking, _fcntl()):
        _of_sockets(act)
    os.dup2 = _dup2


def _fcntl():
    commands = {
        fcntl.F_GETFD: lambda known, _: 0 if known.is_inheritable else fcntl.FD_CLOEXEC,
        fcntl.F_SETFD: lambda known, flags: setattr(known, "is_inheritable", not flags & fcntl.FD_CLOEXEC),
        fcntl.F_GETFL: lambda known, _: os.O_RDWR | (os.O_NONBLOCK if known.is_nonblocking else 0),
        fcntl.F_SETFL: lambda known, flags: setattr(known, "is_nonblocking", bool(flags & os.O_NONBLOCK)),
    }

    def fcntl_(fd, cmd, arg=0):
        command = commands.get(cmd)
        if command is None:
            raise error("EINVAL")
        return command(open_here[fd], arg) or 0

    fcntl_.__name__ = "fcntl"
    return fcntl_


def _dup2(fd, fd2, inheritable=True):
    """Duplicate file descriptor."""
    known = open_here.get(fd)
    if known is not None and fd == fd2:
        return fd2
    number = None if known is None else _twin(fd)
    if fd2 in open_here:
        close(fd2)
    _files["dup2"](fd, fd2, inheritable)
    if known is not None:
        twin = open_here[fd2] = Descriptor(number, known.kind)
        twin.is_nonblocking, twin.is_inheritable = known.is_nonblocking, inheritable
    return fd2
