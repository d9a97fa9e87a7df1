"""A program's life: what the interpreter is made to be before it, how it runs, and what is cleared away after it."""

import ast
import builtins
import codeop
import importlib.util
import itertools
import signal
import sys
import types

import _console
import _errors
import _fresh
import _page
import _threads
import _tracebacks
import _waiting
import _without_tls
from _waiting import FOLDER, MAIN_THREAD, Now


def _load(name):
    """Makes our module the one of that name, though the interpreter has one of its own."""
    spec = importlib.util.spec_from_file_location(name, f"{FOLDER}{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


def install():
    """Makes the interpreter the one of a computer with sockets and threads. Once, and not while modules are imported: their locks are replaced."""
    _errors.install()
    _threads.install()
    _tracebacks.install()
    _without_tls.install()
    for name in ("socket", "selectors", "ssl"):
        sys.modules.pop(name, None)
    _load("_socket")
    _load("select")
    _install_time()
    _install_asyncio()
    builtins.exit = builtins.quit = sys.exit
    _on_interrupt.__name__ = _on_interrupt.__qualname__ = "default_int_handler"
    signal.default_int_handler = _on_interrupt
    signal.set_wakeup_fd = _waiting.set_wakeup_fd
    _fresh.remember()


def _on_interrupt(number, frame):
    """What Stop does, where a program has no handler of its own."""
    Now.is_stopped = True
    raise KeyboardInterrupt


def _install_time():
    import time

    time.sleep = _waiting.sleep


def _install_asyncio():
    """asyncio as on Linux: its own loop, over our `select`."""
    # Its part in C holds on to the exceptions of its part in Python: both, or neither.
    for name in [name for name in sys.modules if name.split(".")[0] in ("asyncio", "_asyncio")]:
        del sys.modules[name]
    import asyncio.unix_events


# The modules that hold what belongs to one program.
_OF_ONE_PROGRAM = ("logging", "logging.config", "logging.handlers")

# That of the program, or of the prompt where none has run yet.
_main = None

# The lines at the prompt of a statement that goes on, and the numbers of what is entered.
_begun = []
_inputs = itertools.count()


def _renew(name):
    """Makes the interpreter what it is at the beginning of a process; one without a program has no name."""
    global _main, _inputs
    import _socket
    import asyncio
    import threading

    _fresh.restore()
    for module in _OF_ONE_PROGRAM:
        sys.modules.pop(module, None)
    threading._threading_atexits.clear()
    _socket.forget()
    _console.renew()
    give_up()
    _inputs = itertools.count()
    Now.file, Now.thread, Now.ends, Now.is_stopped, Now.wakeup_fd = name, MAIN_THREAD, False, False, -1
    threading._counter = itertools.count(1).__next__
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asyncio._set_running_loop(None)
    sys.argv = [name]
    _main = types.ModuleType("__main__")
    if name:
        _main.__file__ = name
    _main.__builtins__ = builtins
    sys.modules["__main__"] = _main


def run(name, source):
    """Runs a program from its beginning to its end, and tells the page how that was."""
    _renew(name)
    _tracebacks.know(name, source)
    Now.runs = True
    how, line = _ended_by(lambda: exec(compile(source, name, "exec", dont_inherit=True), _main.__dict__))
    _finish()
    Now.runs = False
    _page.over(how, line)


def give_up():
    """Forgets the statement that was begun at the prompt."""
    _begun.clear()


def evaluate(text):
    """Takes a line, or several that were pasted, as the interactive interpreter does: runs the statements that they end, beside the program where that waits."""
    Now.thread = _threads.next_number() if Now.runs else MAIN_THREAD
    # That of Pyodide, which called this, is none of the statement's.
    _waiting._set_running_loop(None)
    if _main is None:
        _renew("")
    if not Now.runs:
        _console.mute(False)
    lines = [*_begun, text]
    # Whether they run or cannot be compiled: where one waits, the next may be begun meanwhile.
    _begun.clear()
    name = f"<python-input-{next(_inputs)}>"
    try:
        statements = _whole("\n".join(lines), name, "\n" not in text)
        if statements is None:
            _begun.extend(lines)
        for statement in statements or ():
            exec(statement, _main.__dict__)
    except SystemExit as raised:
        _ending(raised)
    except KeyboardInterrupt:
        print("KeyboardInterrupt", file=sys.stderr)
    except BaseException as raised:
        sys.excepthook(type(raised), raised, raised.__traceback__)
    _console.flush()
    _page.evaluated(bool(_begun))


def _whole(source, name, is_typed):
    """The statements of a source, compiled; nothing where more lines have to come. One that is typed ends with a line that is not indented, one that is pasted where the paste does."""
    try:
        try:
            is_whole = codeop.compile_command(source, name, "single" if is_typed else "exec") is not None
        except SyntaxError:
            if "\n" not in source:
                raise
            # Several statements were pasted, and the last one may go on.
            is_whole = not is_typed or not source.rpartition("\n")[2].startswith((" ", "\t"))
        if not is_whole:
            return None
        _tracebacks.know(name, source)
        return [compile(ast.Interactive([statement]), name, "single") for statement in ast.parse(source, name).body]
    except (SyntaxError, ValueError, OverflowError) as raised:
        # Where in the compiler it was found out is nobody's business.
        raise raised.with_traceback(None) from None


def _ended_by(act):
    """Runs it and, as the interpreter does, what is left to do after the last line; returns how that ended, and at which line."""
    ending = "finished", None
    for part in (act, _threads.join_all, _run_exit_functions):
        try:
            part()
        except BaseException as raised:
            ending = _ending(raised)
    return ending


def _ending(raised):
    """How an exception ends a program, and at which line; writes it as the interpreter does."""
    if isinstance(raised, SystemExit):
        if raised.code is not None and not isinstance(raised.code, int):
            print(raised.code, file=sys.stderr)
        return "finished", None
    if isinstance(raised, KeyboardInterrupt) and Now.is_stopped:
        return "stopped", None
    sys.excepthook(type(raised), raised, raised.__traceback__)
    return "raised", _tracebacks.line_of(raised)


def _run_exit_functions():
    import atexit

    atexit._run_exitfuncs()
    atexit._clear()


def _finish():
    """Clears away what a program leaves behind."""
    try:
        _console.flush()
        _console.mute()
        _threads.end_all()
    except KeyboardInterrupt:
        pass
