"""Errors: the exceptions of Linux, with its numbers and its texts, whatever the interpreter was compiled for.

Pyodide's own numbers are WASI's. Those of its file system stay, as it raises them; those of sockets become Linux's, in `errno`, in `os.strerror` and in the classes
that `OSError` chooses by number.
"""

import errno
import gc
import os

# errno(3), as far as sockets meet them; the texts are glibc's.
LINUX = {
    "EPERM": (1, "Operation not permitted"),
    "EINTR": (4, "Interrupted system call"),
    "EIO": (5, "Input/output error"),
    "EBADF": (9, "Bad file descriptor"),
    "EAGAIN": (11, "Resource temporarily unavailable"),
    "ENOMEM": (12, "Cannot allocate memory"),
    "EACCES": (13, "Permission denied"),
    "EFAULT": (14, "Bad address"),
    "EBUSY": (16, "Device or resource busy"),
    "ENODEV": (19, "No such device"),
    "EINVAL": (22, "Invalid argument"),
    "ENFILE": (23, "Too many open files in system"),
    "EMFILE": (24, "Too many open files"),
    "EPIPE": (32, "Broken pipe"),
    "EDOM": (33, "Numerical argument out of domain"),
    "ERANGE": (34, "Numerical result out of range"),
    "ENOSYS": (38, "Function not implemented"),
    "EPROTO": (71, "Protocol error"),
    "EOVERFLOW": (75, "Value too large for defined data type"),
    "ENOTSOCK": (88, "Socket operation on non-socket"),
    "EDESTADDRREQ": (89, "Destination address required"),
    "EMSGSIZE": (90, "Message too long"),
    "EPROTOTYPE": (91, "Protocol wrong type for socket"),
    "ENOPROTOOPT": (92, "Protocol not available"),
    "EPROTONOSUPPORT": (93, "Protocol not supported"),
    "ESOCKTNOSUPPORT": (94, "Socket type not supported"),
    "EOPNOTSUPP": (95, "Operation not supported"),
    "EPFNOSUPPORT": (96, "Protocol family not supported"),
    "EAFNOSUPPORT": (97, "Address family not supported by protocol"),
    "EADDRINUSE": (98, "Address already in use"),
    "EADDRNOTAVAIL": (99, "Cannot assign requested address"),
    "ENETDOWN": (100, "Network is down"),
    "ENETUNREACH": (101, "Network is unreachable"),
    "ENETRESET": (102, "Network dropped connection on reset"),
    "ECONNABORTED": (103, "Software caused connection abort"),
    "ECONNRESET": (104, "Connection reset by peer"),
    "ENOBUFS": (105, "No buffer space available"),
    "EISCONN": (106, "Transport endpoint is already connected"),
    "ENOTCONN": (107, "Transport endpoint is not connected"),
    "ESHUTDOWN": (108, "Cannot send after transport endpoint shutdown"),
    "ETOOMANYREFS": (109, "Too many references: cannot splice"),
    "ETIMEDOUT": (110, "Connection timed out"),
    "ECONNREFUSED": (111, "Connection refused"),
    "EHOSTDOWN": (112, "Host is down"),
    "EHOSTUNREACH": (113, "No route to host"),
    "EALREADY": (114, "Operation already in progress"),
    "EINPROGRESS": (115, "Operation now in progress"),
    "ECANCELED": (125, "Operation canceled"),
}

# The classes of PEP 3151.
CLASSES = {
    "EPERM": PermissionError,
    "EINTR": InterruptedError,
    "EAGAIN": BlockingIOError,
    "EACCES": PermissionError,
    "EPIPE": BrokenPipeError,
    "ECONNABORTED": ConnectionAbortedError,
    "ECONNRESET": ConnectionResetError,
    "ESHUTDOWN": BrokenPipeError,
    "ETIMEDOUT": TimeoutError,
    "ECONNREFUSED": ConnectionRefusedError,
    "EALREADY": BlockingIOError,
    "EINPROGRESS": BlockingIOError,
}

# netdb.h, and gai_strerror(3).
RESOLVER = {
    "EAI_BADFLAGS": (-1, "Bad value for ai_flags"),
    "EAI_NONAME": (-2, "Name or service not known"),
    "EAI_AGAIN": (-3, "Temporary failure in name resolution"),
    "EAI_FAIL": (-4, "Non-recoverable failure in name resolution"),
    "EAI_NODATA": (-5, "No address associated with hostname"),
    "EAI_FAMILY": (-6, "ai_family not supported"),
    "EAI_SOCKTYPE": (-7, "ai_socktype not supported"),
    "EAI_SERVICE": (-8, "Servname not supported for ai_socktype"),
    "EAI_ADDRFAMILY": (-9, "Address family for hostname not supported"),
    "EAI_MEMORY": (-10, "Memory allocation failure"),
    "EAI_SYSTEM": (-11, "System error"),
    "EAI_OVERFLOW": (-12, "Argument buffer overflow"),
}

TEXTS = dict(LINUX.values())


class herror(OSError):
    """A failure to find the name of an address."""


class gaierror(OSError):
    """A failure of `getaddrinfo` and its like."""


herror.__module__ = gaierror.__module__ = "socket"


def error(name, text=None):
    """The exception of Linux for the error of that name."""
    number, usual = LINUX[name]
    return CLASSES.get(name, OSError)(number, text or usual)


def resolver_error(name):
    """The same of the resolver's."""
    return gaierror(*RESOLVER.get(name, RESOLVER["EAI_FAIL"]))


def raise_of(answer):
    """Raises what the page's answer to a call says, if it says that it failed."""
    name = answer.get("error")
    if name is None:
        return
    if name == "timed out":
        raise TimeoutError("timed out")
    if name == "no relay":
        raise error("ECONNABORTED", answer.get("text") or "the relay is gone, and the socket with it")
    if name == "FORBIDDEN":
        raise error("EPERM", answer["text"])
    if name.startswith("EAI_"):
        raise resolver_error(name)
    if name in LINUX:
        raise error(name)
    raise OSError(LINUX["EIO"][0], answer.get("text") or name)


def _chooser():
    """The table by which `OSError` chooses its class: it is the interpreter's own, and reachable as any other object."""
    is_it = lambda table: type(table) is dict and table.get(_WASI_REFUSED) is ConnectionRefusedError
    return next((table for table in gc.get_objects() if is_it(table)), None)


_WASI_REFUSED = errno.ECONNREFUSED


def install():
    """Makes Linux's numbers the program's."""
    chooser = _chooser()
    if chooser is not None:
        # Its file system raises these two, and none of the others.
        for name in CLASSES.keys() - {"EPERM", "EACCES"}:
            chooser.pop(getattr(errno, name, None), None)
    for name, (number, _) in LINUX.items():
        setattr(errno, name, number)
        errno.errorcode[number] = name
        if chooser is not None and name in CLASSES:
            chooser[number] = CLASSES[name]
    errno.EWOULDBLOCK = errno.EAGAIN
    errno.ENOTSUP = errno.EOPNOTSUPP
    usual = os.strerror
    os.strerror = lambda number: TEXTS.get(number) or usual(number)
