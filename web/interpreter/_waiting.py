"""Waiting: how a thread of the program is suspended while the page, a timer or another thread goes on.

Threads are stacks that JSPI suspends. Only one runs at a time, and another one goes on only where this one waits here.
"""

import json
import os
import signal
import sys
from sys import monitoring

import _page
from _asyncio import _get_running_loop, _set_running_loop
from pyodide.ffi import run_sync, to_js

FOLDER = "/lib/playground/"
DEBUGGER_ID = monitoring.DEBUGGER_ID
MAIN_THREAD = 1


class ThreadEnded(BaseException):
    """Ends a thread that its program has left behind."""


class Now:
    """Which thread runs, and which file is the program's."""

    thread = MAIN_THREAD
    file = "main.py"
    # Whether threads other than the main one are to end at their next wait.
    ends = False
    # Whether a program runs, and whether it was stopped.
    runs = False
    is_stopped = False
    # Where the program wants to hear of signals, beside their handlers.
    wakeup_fd = -1


def line():
    """The line of the program that is running, where it is the program that called us."""
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == Now.file:
            return frame.f_lineno
        frame = frame.f_back
    return None


def _watched():
    """The events that `pdb` wants to hear of; none where there is no debugger."""
    return monitoring.get_tool(DEBUGGER_ID) and monitoring.get_events(DEBUGGER_ID)


def suspend(begin, *arguments):
    """Calls what returns a promise of JavaScript, waits for that, and returns what it resolves to."""
    thread, loop, events = Now.thread, _get_running_loop(), _watched()
    # Pyodide hangs a promise on the loop of asyncio that runs, and the program's own stands still while this waits.
    _set_running_loop(None)
    # A debugger asks in the midst of what it watches, and what goes on meanwhile is none of its business.
    if events:
        monitoring.set_events(DEBUGGER_ID, monitoring.events.NO_EVENTS)
    try:
        return run_sync(begin(*arguments))
    finally:
        _set_running_loop(loop)
        Now.thread = thread
        if events:
            monitoring.set_events(DEBUGGER_ID, events)


def interrupted():
    """Does what a signal does to the thread that waits: the main one runs the handler, which raises as a rule; others end with their program."""
    if Now.thread != MAIN_THREAD:
        raise ThreadEnded
    # Whatever handler the program has: asyncio's, for one, raises later and elsewhere.
    Now.is_stopped = True
    handler = signal.getsignal(signal.SIGINT)
    if Now.wakeup_fd >= 0:
        os.write(Now.wakeup_fd, bytes([signal.SIGINT]))
    if callable(handler):
        handler(signal.SIGINT, sys._getframe(1))


def set_wakeup_fd(fd, /, *, warn_on_full_buffer=True):
    """`signal.set_wakeup_fd`, for a socket: `add_signal_handler` of asyncio stands on it."""
    before, Now.wakeup_fd = Now.wakeup_fd, fd
    return before


def check():
    """Ends a thread that is to end."""
    if Now.ends and Now.thread != MAIN_THREAD:
        raise ThreadEnded


def call(name, data=None, limit_ms=None, again=True, **arguments):
    """Makes a call of the page, and returns what it answers: an object, and the bytes beside it.

    A signal whose handler returns makes it be called again, as PEP 475 has it; with `again` unset it returns nothing then.
    """
    check()
    flush()
    arguments["name"] = name
    text = json.dumps(arguments)
    here = line()
    while True:
        sent = None if data is None else to_js(data)
        answer = suspend(_page.call, Now.thread, here, text, sent, limit_ms)
        if answer is None:
            interrupted()
            if not again:
                return None, None
            continue
        head, received = answer
        return json.loads(head), received


def call_and_go_on(name, **arguments):
    """Makes a call of the page without waiting for it, for where the stack cannot be suspended."""
    arguments["name"] = name
    _page.call_and_go_on(Now.thread, line(), json.dumps(arguments))


def flush():
    """Shows what was written so far: who waits is looked at."""


class Wait:
    """Something to wait for that another thread ends."""

    def __init__(self, name, seconds=None):
        check()
        flush()
        self._wait = _page.wait(Now.thread, name, line(), None if seconds is None else max(0, seconds * 1000))

    def wait(self):
        """Waits; returns whether somebody woke it before its time was over. A signal is handled, and ends it."""
        woken = suspend(lambda: self._wait.promise)
        if woken is None:
            interrupted()
        return woken

    def wake(self):
        """Ends the waiting; returns whether it waited still."""
        return self._wait.settle(True)


def sleep(seconds):
    """`time.sleep`: other threads go on meanwhile."""
    if not isinstance(seconds, (int, float)):
        if not hasattr(seconds, "__float__") and not hasattr(seconds, "__index__"):
            raise TypeError(f"'{type(seconds).__name__}' object cannot be interpreted as an integer")
        seconds = float(seconds)
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    Wait("sleep", seconds).wait()
