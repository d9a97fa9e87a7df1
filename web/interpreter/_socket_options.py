"""Options of a socket: which the page knows, and how C packs their values."""

import struct
import sys

from _constants import AF_UNIX, ERROR, LINGER, OPTIONS, SO_DOMAIN, SO_ERROR, SO_PROTOCOL, SO_TYPE, SOCK_STREAM, SOL_SOCKET, SWITCH, TEXT
from _errors import LINUX, error


def option_of(level, optname):
    """The page's name of an option, and of which kind its value is."""
    found = OPTIONS.get((int(level), int(optname)))
    if found is None:
        raise error("ENOPROTOOPT")
    return found


def value_of_pair(level, optname):
    """What an end of a pair says, which the page holds: it has no options but what it is."""
    value = {SO_TYPE: SOCK_STREAM, SO_ERROR: 0, SO_DOMAIN: AF_UNIX, SO_PROTOCOL: 0}.get(optname)
    if level != SOL_SOCKET or value is None:
        raise error("ENOPROTOOPT")
    return struct.pack("i", value)


def packed(kind, value):
    """A value of the page as the kernel gives it."""
    if kind == ERROR:
        value = LINUX.get(value, (0, ""))[0] if value is not None else 0
    if kind == LINGER:
        return struct.pack("ii", value is not None, value or 0)
    if kind == TEXT:
        return value.encode().ljust(16, b"\0")
    return struct.pack("i", int(value or 0))


def as_asked(bytes_, buflen):
    """A packed value as `getsockopt` returns it: a number, or so many bytes."""
    if buflen == 0:
        return int.from_bytes(bytes_[:4], sys.byteorder, signed=True)
    return bytes_[:buflen]


def unpacked(kind, value):
    """What an option is to be set to, a number or something packed, as the page has it."""
    if isinstance(value, int):
        if not -(2**31) <= value < 2**31:
            raise OverflowError("signed integer is greater than maximum")
        if kind in (LINGER, TEXT):
            raise error("EINVAL")
        return bool(value) if kind == SWITCH else int(value)
    if value is None:
        raise error("EFAULT")
    given = bytes(value)
    if kind == TEXT:
        return given.rstrip(b"\0").decode("ascii", "replace")
    if len(given) < (8 if kind == LINGER else 4):
        raise error("EINVAL")
    if kind == LINGER:
        is_on, seconds = struct.unpack_from("ii", given)
        return seconds if is_on else None
    number = struct.unpack_from("i", given)[0]
    return bool(number) if kind == SWITCH else number
