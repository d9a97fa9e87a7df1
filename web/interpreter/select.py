"""`select`: waiting for several sockets at once. `selectors` and `asyncio` stand on it.

One call of the page polls each of the sockets. Beside sockets only `sys.stdin` can be waited for: the console.
"""

import itertools
import math

from _errors import error as _error, raise_of as _raise_of
from _descriptors import open_here
from _waiting import Wait, call

error = OSError

POLLIN, POLLPRI, POLLOUT, POLLERR, POLLHUP, POLLNVAL = 1, 2, 4, 8, 16, 32
POLLRDNORM, POLLRDBAND, POLLWRNORM, POLLWRBAND, POLLMSG, POLLRDHUP = 0x40, 0x80, 0x100, 0x200, 0x400, 0x2000
EPOLLIN, EPOLLPRI, EPOLLOUT, EPOLLERR, EPOLLHUP, EPOLLRDHUP = 1, 2, 4, 8, 16, 0x2000
EPOLLRDNORM, EPOLLRDBAND, EPOLLWRNORM, EPOLLWRBAND, EPOLLMSG = 0x40, 0x80, 0x100, 0x200, 0x400
EPOLLEXCLUSIVE, EPOLLWAKEUP, EPOLLONESHOT, EPOLLET, EPOLL_CLOEXEC = 1 << 28, 1 << 29, 1 << 30, 1 << 31, 0o2000000
PIPE_BUF = 4096

_NAMES = {"in": POLLIN, "out": POLLOUT, "err": POLLERR, "hup": POLLHUP}

# The console: what a program waits for with `select.select([sys.stdin], …)`.
_STDIN = 0

# `sys.stdout` and `sys.stderr`, which can be written to at all times.
_SCREENS = (1, 2)

# The largest descriptor that select(2) takes (`FD_SETSIZE`).
_MOST = 1024


def _is_open(fd):
    return fd in open_here or fd in (_STDIN, *_SCREENS)


def _descriptor(file):
    """The descriptor of a file or a number."""
    if isinstance(file, int):
        fd = int(file)
    else:
        fileno = getattr(file, "fileno", None)
        if fileno is None:
            raise TypeError("argument must be an int, or have a fileno() method.")
        fd = fileno()
        if not isinstance(fd, int):
            raise TypeError("fileno() returned a non-integer")
    if fd < 0:
        raise ValueError(f"file descriptor cannot be a negative integer ({fd})")
    return fd


def _wait(wanted, seconds):
    """What of `wanted` (events by descriptor) can be had, within so many seconds; for ever where that is nothing."""
    # The page has numbers of its own.
    fds, numbers = [], {}
    written = {fd: POLLOUT for fd, events in wanted.items() if fd in _SCREENS and events & POLLOUT}
    if written:
        seconds = 0
    for fd, events in wanted.items():
        if fd in _SCREENS:
            continue
        names = [name for name in ("in", "out") if events & _NAMES[name]]
        if events & POLLPRI and not names:
            # Nothing else is urgent here, so that it is never ready, but for an error.
            names = []
        number = fd if fd == _STDIN else open_here[fd].number
        numbers[number] = fd
        fds.append([number, names])
    if not fds:
        # An empty one sleeps.
        if not written:
            Wait("select", seconds).wait()
        return written
    is_endless = seconds is None
    limit = None if is_endless or seconds <= 0 else max(1, math.ceil(seconds * 1000))
    answer, _ = call("select", limit_ms=limit, again=False, fds=fds, waits=is_endless or seconds > 0)
    if answer is None:
        return written
    _raise_of(answer)
    return written | {numbers[number]: sum(_NAMES[name] for name in names) for number, names in answer["value"]["ready"]}


def _timeout(value):
    if value is None:
        return None
    if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
        raise TypeError("timeout must be a float or None")
    return float(value)


class _Function:
    """A function that stays one in the body of a class, as those in C do: `selectors` keeps `select` there."""

    def __init__(self, act):
        self._act = act
        self.__name__, self.__doc__ = act.__name__, act.__doc__

    def __call__(self, *arguments):
        return self._act(*arguments)


def _numbered(files):
    """Files with their descriptors; asking for those may change the list that they are in."""
    try:
        files = files if isinstance(files, list) else list(files)
    except TypeError:
        raise TypeError("arguments 1-3 must be sequences") from None
    found = []
    while len(found) < len(files):
        file = files[len(found)]
        found.append((file, _descriptor(file)))
    return found


@_Function
def select(rlist, wlist, xlist, timeout=None, /):
    """Waits for I/O completion on one or more file descriptors."""
    seconds = _timeout(timeout)
    if seconds is not None and seconds < 0:
        raise ValueError("timeout must be non-negative")
    lists = []
    wanted = {}
    for files, event in ((rlist, POLLIN), (wlist, POLLOUT), (xlist, POLLPRI)):
        numbered = _numbered(files)
        for _, fd in numbered:
            if fd >= _MOST:
                raise ValueError("filedescriptor out of range in select()")
            if not _is_open(fd):
                raise _error("EBADF")
            wanted[fd] = wanted.get(fd, 0) | event
        lists.append(numbered)
    ready = _wait(wanted, seconds)
    found = []
    # What failed can be read and written at once, with its error.
    for numbered, events in zip(lists, (POLLIN | POLLERR | POLLHUP, POLLOUT | POLLERR, 0)):
        found.append([file for file, fd in numbered if ready.get(fd, 0) & events])
    return tuple(found)


@_Function
def poll():
    """Returns a polling object."""
    made = object.__new__(_Poll)
    made._wanted, made._is_polling = {}, False
    return made


class _Poll:
    """What `poll()` returns: files, and what is waited for on each."""

    def __new__(cls):
        raise TypeError("cannot create 'select.poll' instances")

    def register(self, fd, eventmask=POLLIN | POLLPRI | POLLOUT, /):
        self._wanted[_descriptor(fd)] = self._mask(eventmask)

    def modify(self, fd, eventmask, /):
        fd = _descriptor(fd)
        if fd not in self._wanted:
            raise FileNotFoundError(2, "No such file or directory")
        self._wanted[fd] = self._mask(eventmask)

    def unregister(self, fd, /):
        del self._wanted[_descriptor(fd)]

    @staticmethod
    def _mask(events):
        if events < 0:
            raise ValueError("value must be positive")
        if events > 0xFFFF:
            raise OverflowError("Python int too large for C unsigned short")
        return int(events)

    def poll(self, timeout=None, /):
        if self._is_polling:
            raise RuntimeError("concurrent poll() invocation")
        seconds = _timeout(timeout)
        if seconds is not None:
            if seconds >= 2**31:
                raise OverflowError("timeout is too large")
            seconds = None if seconds < 0 else seconds / 1000
        self._is_polling = True
        try:
            return _polled(self._wanted, seconds)
        finally:
            self._is_polling = False


_Poll.__name__ = _Poll.__qualname__ = "poll"


def _polled(wanted, seconds):
    """Pairs of descriptor and events, as `poll(2)` has them: errors always, and what is no descriptor."""
    gone = [(fd, POLLNVAL) for fd in wanted if not _is_open(fd)]
    living = {fd: events for fd, events in wanted.items() if _is_open(fd)}
    if gone:
        seconds = 0
    ready = _wait(living, seconds) if living or not gone else {}
    return gone + [(fd, events & (wanted[fd] | POLLERR | POLLHUP)) for fd, events in ready.items() if events & (wanted[fd] | POLLERR | POLLHUP)]


# The epoll objects that are open, by numbers that are no socket's: what each waits for.
_epolls = {}
_numbers = itertools.count(1 << 16)


class epoll:
    """Linux's `epoll`, level-triggered: with EPOLLET it tells of a readiness more often than Linux does."""

    def __init__(self, sizehint=-1, flags=0):
        if sizehint < -1 or sizehint == 0:
            raise ValueError("negative sizehint")
        if flags & ~EPOLL_CLOEXEC:
            raise OSError(22, "Invalid argument")
        self._wanted = {}
        self._is_closed = False
        self._fd = next(_numbers)
        _epolls[self._fd] = self._wanted

    closed = property(lambda self: self._is_closed, doc="True if the epoll handler is closed")

    @classmethod
    def fromfd(cls, fd, /):
        if fd not in _epolls:
            raise _error("EINVAL")
        made = cls()
        del _epolls[made._fd]
        made._fd, made._wanted = fd, _epolls[fd]
        return made

    def _check(self):
        if self._is_closed:
            raise ValueError("I/O operation on closed epoll object")
        if self._fd not in _epolls:
            raise _error("EBADF")

    def fileno(self):
        self._check()
        return self._fd

    def close(self):
        self._is_closed = True
        _epolls.pop(self._fd, None)

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, *exception):
        self.close()

    def register(self, fd, eventmask=EPOLLIN | EPOLLPRI | EPOLLOUT):
        self._check()
        fd = _descriptor(fd)
        if not _is_open(fd):
            raise _error("EBADF")
        if fd in self._wanted:
            raise FileExistsError(17, "File exists")
        self._wanted[fd] = eventmask

    def modify(self, fd, eventmask):
        self._check()
        fd = _descriptor(fd)
        if fd not in self._wanted:
            raise FileNotFoundError(2, "No such file or directory")
        self._wanted[fd] = eventmask

    def unregister(self, fd):
        self._check()
        fd = _descriptor(fd)
        if not _is_open(fd):
            raise _error("EBADF")
        if fd not in self._wanted:
            raise FileNotFoundError(2, "No such file or directory")
        del self._wanted[fd]

    def poll(self, timeout=None, maxevents=-1):
        self._check()
        if maxevents == 0 or maxevents < -1:
            raise ValueError(f"maxevents must be greater than 0, got {maxevents}")
        seconds = _timeout(timeout)
        # A descriptor that is closed leaves an epoll object by itself.
        for fd in [fd for fd in self._wanted if not _is_open(fd)]:
            del self._wanted[fd]
        waits_for = {fd: events for fd, events in self._wanted.items() if events & 0xFFFF}
        found = _polled(waits_for, None if seconds is None or seconds < 0 else seconds)
        for fd, _ in found:
            if self._wanted[fd] & EPOLLONESHOT:
                self._wanted[fd] = 0
        return found if maxevents == -1 else found[:maxevents]
