"""Tracebacks without us: what lies between a program and the standard library is C in CPython, and has no frames there."""

import linecache
import os
import sys
import traceback

from _waiting import FOLDER, Now

# Where Pyodide's own files are, which enter Python.
_OURS = (FOLDER, "/lib/python3.14/site-packages/pyodide", "<frozen pyodide")


def _is_ours(frame):
    return frame.f_code.co_filename.startswith(_OURS)


def _walk_tb(tb):
    while tb is not None:
        if not _is_ours(tb.tb_frame):
            yield tb.tb_frame, tb.tb_lineno
        tb = tb.tb_next


def _walk_stack(frame):
    if frame is None:
        frame = sys._getframe(2)
    while frame is not None:
        if not _is_ours(frame):
            yield frame, frame.f_lineno
        frame = frame.f_back


def install():
    """Makes the `traceback` module leave our frames out."""
    usual = traceback._walk_tb_with_full_positions

    def positions(tb):
        return (place for place in usual(tb) if not _is_ours(place[0]))

    traceback._walk_tb_with_full_positions = positions
    traceback.walk_tb = _walk_tb
    traceback.walk_stack = _walk_stack
    sys.excepthook = sys.__excepthook__ = excepthook


def excepthook(kind, raised, tb):
    """Writes an exception that nothing caught."""
    traceback.print_exception(kind, raised, tb)


def know(name, source):
    """Lets tracebacks and `pdb`, which knows files by whole paths, show the lines of a program."""
    for path in (name, os.path.abspath(name)):
        linecache.cache[path] = len(source), None, source.splitlines(True), path


def line_of(raised):
    """The innermost line of the program that an exception came through."""
    if isinstance(raised, SyntaxError) and raised.filename == Now.file:
        return raised.lineno
    line = None
    tb = raised.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == Now.file:
            line = tb.tb_lineno
        tb = tb.tb_next
    return line
