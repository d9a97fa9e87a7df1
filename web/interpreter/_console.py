"""The console: `sys.stdout` and `sys.stderr`, buffered by line as on a terminal, and `sys.stdin`, which asks the page for lines."""

import codecs
import io
import sys

import _page
import _waiting
from _waiting import Now, call, suspend
from pyodide.ffi import can_run_sync

# How much of one write goes to the page at once.
_PIECE_BYTES = 1 << 16


class _Screen(io.RawIOBase):
    """What a program's output ends in."""

    # The text after the last line end: what `input` has been given.
    last = ""
    is_muted = False

    def __init__(self, is_error):
        self._is_error = is_error
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.name = "<stderr>" if is_error else "<stdout>"
        self.mode = "wb"

    def writable(self):
        return True

    def isatty(self):
        return True

    def fileno(self):
        return 2 if self._is_error else 1

    def write(self, data):
        piece = memoryview(data).cast("B")[:_PIECE_BYTES]
        text = self._decoder.decode(piece)
        if text and not (_Screen.is_muted or Now.ends and Now.thread != _waiting.MAIN_THREAD):
            _Screen.last = text[text.rfind("\n") + 1 :] if "\n" in text else (_Screen.last + text)[-1000:]
            # A flood waits until the page has taken most of it.
            if _page.print(self._is_error, text) and can_run_sync() and suspend(_page.room, Now.thread) is None:
                _waiting.interrupted()
        return piece.nbytes


class _Keyboard(io.RawIOBase):
    """What a program's input comes from."""

    name = "<stdin>"
    mode = "rb"

    def __init__(self):
        self._rest = b""

    def readable(self):
        return True

    def isatty(self):
        return True

    def fileno(self):
        return 0

    def readinto(self, buffer):
        if not self._rest:
            prompt, _Screen.last = _Screen.last, ""
            answer, _ = call("input", prompt=prompt)
            self._rest = answer["value"]["line"].encode() + b"\n"
        view = memoryview(buffer).cast("B")
        count = min(view.nbytes, len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _writer(is_error):
    errors = "backslashreplace" if is_error else "surrogateescape"
    buffered = io.BufferedWriter(_Screen(is_error))
    return io.TextIOWrapper(buffered, encoding="utf-8", errors=errors, newline="\n", line_buffering=True)


def renew():
    """Gives a program its own console."""
    sys.stdin = sys.__stdin__ = io.TextIOWrapper(io.BufferedReader(_Keyboard()), encoding="utf-8")
    sys.stdout = sys.__stdout__ = _writer(False)
    sys.stderr = sys.__stderr__ = _writer(True)
    _Screen.is_muted = False
    _waiting.flush = flush


def flush():
    """Shows what was written so far."""
    for stream in (sys.__stdout__, sys.__stderr__):
        try:
            stream.flush()
        except ValueError:
            # The program closed it.
            pass


def mute(is_muted=True):
    """Shows nothing more of a program that is over; a statement at the prompt may write again."""
    _Screen.is_muted = is_muted
