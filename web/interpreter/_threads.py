"""Threads that take turns: each is a stack of its own, and another one goes on where this one waits in a call, a sleep, a lock or a queue.

They stand in for `_thread`'s, so that `threading`, `queue` and `concurrent.futures` of the standard library work unmodified.
"""

import _thread
import itertools
import sys
from collections import deque

import _page
from _waiting import MAIN_THREAD, Now, ThreadEnded, Wait
from pyodide.ffi import create_proxy

TIMEOUT_MAX = 9223372036.0

# How many threads a program may have at a time: each has a stack of its own.
MOST_THREADS = 200

_numbers = itertools.count(MAIN_THREAD + 1)
_running = set()


def next_number():
    """The number of the next thread."""
    return next(_numbers)


def get_ident():
    return Now.thread


def _seconds(blocking, timeout):
    """For how long to wait for a lock; nothing where that is for ever."""
    if not blocking:
        if timeout != -1:
            raise ValueError("can't specify a timeout for a non-blocking call")
        return 0
    if timeout < 0 and timeout != -1:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > TIMEOUT_MAX:
        raise OverflowError("timestamp too large to convert to C PyTime_t")
    return None if timeout == -1 else timeout


class lock:
    """`_thread.lock`."""

    __slots__ = ("_is_locked", "_waiting", "__weakref__")

    def __init__(self):
        self._is_locked = False
        self._waiting = deque()

    def acquire(self, blocking=True, timeout=-1):
        seconds = _seconds(blocking, timeout)
        if not self._is_locked:
            self._is_locked = True
            return True
        if seconds is not None and seconds <= 0:
            return False
        while True:
            wait = Wait("acquire", seconds)
            self._waiting.append(wait)
            try:
                woken = wait.wait()
            except BaseException:
                self._leave(wait)
                raise
            if woken:
                # Whoever released it left it locked for us.
                return True
            self._leave(wait)
            if woken is False:
                return False
            # A signal was handled, and did not raise.
            if not self._is_locked:
                self._is_locked = True
                return True

    def _leave(self, wait):
        if wait in self._waiting:
            self._waiting.remove(wait)

    def release(self):
        if not self._is_locked:
            raise RuntimeError("release unlocked lock")
        # It stays locked where it goes to somebody at once.
        while self._waiting:
            if self._waiting.popleft().wake():
                return
        self._is_locked = False

    def locked(self):
        return self._is_locked

    def _at_fork_reinit(self):
        self.__init__()

    acquire_lock, release_lock, locked_lock = acquire, release, locked

    def __enter__(self):
        return self.acquire()

    def __exit__(self, *exception):
        self.release()

    def __repr__(self):
        state = "locked" if self._is_locked else "unlocked"
        return f"<{state} _thread.lock object at {id(self):#x}>"


lock.__module__ = "_thread"


class _ThreadHandle:
    """What `threading.Thread` holds of its thread."""

    def __init__(self):
        self.ident = None
        self._is_done = False
        self._waiting = []

    def is_done(self):
        return self._is_done

    def _set_done(self):
        self._is_done = True
        for wait in self._waiting:
            wait.wake()
        self._waiting.clear()

    def join(self, timeout=None):
        if self.ident is None:
            raise RuntimeError("thread not started")
        if self.ident == Now.thread and not self._is_done:
            raise RuntimeError("Cannot join current thread")
        if timeout is not None and timeout > TIMEOUT_MAX:
            raise OverflowError("timestamp too large to convert to C PyTime_t")
        if self._is_done or timeout is not None and timeout <= 0 and timeout != -1:
            return
        wait = Wait("join", None if timeout in (None, -1) else timeout)
        self._waiting.append(wait)
        try:
            wait.wait()
        finally:
            if wait in self._waiting:
                self._waiting.remove(wait)


def start_joinable_thread(function, handle=None, daemon=True):
    """Lets `function` run on a stack of its own, as soon as this thread waits."""
    if len(_running) >= MOST_THREADS or Now.ends:
        raise RuntimeError("can't start new thread")
    handle = handle or _ThreadHandle()
    handle.ident = ident = next(_numbers)
    _running.add(ident)

    def run():
        Now.thread = ident
        try:
            if not Now.ends:
                function()
        except SystemExit:
            pass
        except BaseException as raised:
            # What `threading` starts catches everything; this is of `_thread.start_new_thread`.
            import threading

            threading.excepthook(threading.ExceptHookArgs((type(raised), raised, raised.__traceback__, None)))
        finally:
            _running.discard(ident)
            handle._set_done()
            Now.thread = MAIN_THREAD

    _page.spawn(create_proxy(run))
    return handle


def start_new_thread(function, args, kwargs={}, /):
    if not callable(function):
        raise TypeError("first arg must be callable")
    if not isinstance(args, tuple):
        raise TypeError("2nd arg must be a tuple")
    if not isinstance(kwargs, dict):
        raise TypeError("optional 3rd arg must be a dictionary")
    return start_joinable_thread(lambda: function(*args, **kwargs)).ident


def are_running():
    """Whether there are threads beside the main one."""
    return bool(_running)


# What of the standard library holds locks or threads, and was imported before these were here.
_HOLDING_LOCKS = ("threading", "queue", "_threading_local", "concurrent", "logging")


def install():
    """Puts these threads in the place of the interpreter's."""
    _thread.start_new_thread = _thread.start_new = start_new_thread
    _thread.start_joinable_thread = start_joinable_thread
    _thread.get_ident = get_ident
    _thread.get_native_id = get_ident
    _thread.allocate_lock = _thread.allocate = lock
    _thread.lock = _thread.LockType = lock
    _thread._ThreadHandle = _ThreadHandle
    _thread._count = lambda: len(_running)
    _thread._get_main_thread_ident = lambda: MAIN_THREAD
    _thread.daemon_threads_allowed = lambda: True
    _thread._shutdown = lambda: None

    def made(ident):
        handle = _ThreadHandle()
        handle.ident = ident
        return handle

    _thread._make_thread_handle = made
    # Without it `threading` uses its own in Python.
    del _thread._excepthook
    for name in [name for name in sys.modules if name.split(".")[0] in _HOLDING_LOCKS]:
        del sys.modules[name]
    import _threading_local
    import queue
    import threading

    # The same of its recursive lock, which stands on `lock`.
    threading._CRLock = None
    threading._active_limbo_lock = threading.RLock()
    threading.local = _thread._local = _threading_local.local
    queue.SimpleQueue = queue._PySimpleQueue
    usual = threading.excepthook

    def excepthook(args, /):
        """Writes what a thread raised and nobody caught, unless it was ended."""
        if args.exc_type is KeyboardInterrupt:
            # The interpreter noticed Stop while this thread computed; it is meant for the main one.
            _page.interrupt_main()
        elif args.exc_type is not ThreadEnded:
            usual(args)

    threading.excepthook = threading.__excepthook__ = excepthook


def join_all():
    """Waits for the threads that a program does not leave behind, as the interpreter does at its end."""
    import threading

    while threading._threading_atexits:
        threading._threading_atexits.pop()()
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()


def end_all():
    """Ends the threads that are left; they run their `finally`s."""
    if not _running:
        return
    Now.ends = True
    _page.end_threads()
    try:
        for _ in range(100):
            if not _running:
                break
            Wait("end", 0.001).wait()
    finally:
        Now.ends = False
