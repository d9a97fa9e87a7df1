"""The methods of a socket that move bytes: `send` and `recv` in all their forms."""

import operator

from _addresses import checked
from _arguments import bytes_of, int_of
from _constants import AF_UNIX, MSG_DONTWAIT, MSG_MORE, MSG_OOB, MSG_PEEK, MSG_WAITALL
from _errors import error as _error, raise_of
from _waiting import call

_SEND_FLAGS = {MSG_DONTWAIT: "dontwait", MSG_MORE: "more", MSG_OOB: "oob"}
_RECV_FLAGS = {MSG_PEEK: "peek", MSG_DONTWAIT: "dontwait", MSG_WAITALL: "waitall", MSG_OOB: "oob"}

# The most that one `send` carries (`MAX_BINARY_FRAME_BYTES` of the wire).
_MOST_BYTES = 1 << 20


def _flags(value, known):
    return [name for bit, name in known.items() if value & bit] if value else []


class Transfers:
    """What `_socket.socket` has of them; it knows its descriptor and its timeout."""

    __slots__ = ()

    def send(self, data, flags=0, /):
        return self._send(bytes_of(data), flags, self._patience())

    def _send(self, view, flags, patience):
        if view.nbytes == 0:
            self._number()
            return 0
        return self._on("send", view[:_MOST_BYTES], flags=_flags(flags, _SEND_FLAGS), patience=patience)["count"]

    def sendall(self, data, flags=0, /):
        view = bytes_of(data)
        if self._timeout:
            return self._sendall_in_time(view, flags)
        if view.nbytes == 0:
            self._number()
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
        view = bytes_of(data)
        flags, address = rest if len(rest) == 2 else (0, rest[0])
        if not isinstance(flags, int):
            raise TypeError(f"'{type(flags).__name__}' object cannot be interpreted as an integer")
        if address is not None and self._family != AF_UNIX:
            checked(self._family, address, "sendto")
        return self._send(view, flags, self._patience())

    def sendmsg(self, buffers, ancdata=(), flags=0, address=None, /):
        data = memoryview(b"".join(bytes_of(buffer) for buffer in buffers))
        messages = list(ancdata)
        for message in messages:
            if not isinstance(message, tuple) or len(message) != 3:
                raise TypeError("[sendmsg() ancillary data items] must be 3-tuples")
            int_of(message[0]), int_of(message[1]), bytes_of(message[2])
        if address is not None and self._family != AF_UNIX:
            checked(self._family, address, "sendmsg")
        if messages:
            raise _error("EOPNOTSUPP", "control messages are not available here")
        return self._send(data, int_of(flags), self._patience())

    def _received(self, count, flags):
        """What one `recv` brings, as JavaScript has it; nothing for nothing."""
        arguments = {"max": count, "flags": _flags(flags, _RECV_FLAGS), "patience": self._patience()}
        answer, received = call("recv", fd=self._number(), **arguments)
        raise_of(answer)
        return received

    def recv(self, bufsize, flags=0, /):
        count = operator.index(bufsize)
        if count < 0:
            raise ValueError("negative buffersize in recv")
        if count == 0:
            self._number()
            return b""
        received = self._received(count, flags)
        return b"" if received is None else received.to_bytes()

    def recv_into(self, buffer, nbytes=0, flags=0):
        nbytes = operator.index(nbytes)
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
            self._number()
            return 0
        received = self._received(count, flags)
        if received is None:
            return 0
        got = received.length
        if got:
            received.assign_to(view[:got])
        return got

    def recvfrom(self, bufsize, flags=0, /):
        if operator.index(bufsize) < 0:
            raise ValueError("negative buffersize in recvfrom")
        return self.recv(bufsize, flags), None

    def recvfrom_into(self, buffer, nbytes=0, flags=0):
        if operator.index(nbytes) < 0:
            raise ValueError("negative buffersize in recvfrom_into")
        if nbytes > memoryview(buffer).nbytes:
            raise ValueError("nbytes is greater than the length of the buffer")
        return self.recv_into(buffer, nbytes, flags), None

    def recvmsg(self, bufsize, ancbufsize=0, flags=0, /):
        if operator.index(bufsize) < 0:
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
