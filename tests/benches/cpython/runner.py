"""Runs tests of CPython's own suite in the page, one after the other, and tells the benchmark of each over a socket.

`PORT` stands above. The first line that comes is JSON: the modules, words of which one is in each name that is wanted, the tests that are done, parts of the names of those that do not apply, and how
many bytes of a tar follow, which holds the package `test`.
A line goes back for each test before it begins and after it ended: the latter with the next of the former.
"""

import io
import json
import os
import socket
import sys
import sysconfig
import tarfile
import traceback
import unittest

connection = socket.create_connection(("127.0.0.1", PORT))
told = connection.makefile("rwb")
orders = json.loads(told.readline())
archive = told.read(orders["bytes"])

# The tests of Linux are what is to be run: on emscripten they skip themselves. How the interpreter was built is kept under the name that it has.
sysconfig.get_config_vars()
sys.platform = "linux"
folder = "/home/pyodide/cpython"
with tarfile.open(fileobj=io.BytesIO(archive)) as files:
    files.extractall(folder, filter="data")
sys.path.insert(0, folder)
os.makedirs("/tmp", exist_ok=True)
for name in [name for name in sys.modules if name.split(".")[0] == "test"]:
    del sys.modules[name]

from test import support
from test.support import socket_helper

# It would find this out by a Unix socket, and fail where there is none at all.
socket_helper._bind_nix_socket_error = OSError("there are no Unix sockets here")

# All but what takes gigabytes or the internet, which `others` names.
support.use_resources = ["cpu", "network", "walltime"]


def tell(kind, test, text=""):
    """It goes with the beginning of the next test, or at the end."""
    told.write(json.dumps([kind, test, text]).encode() + b"\n")
    if kind in ("begin", "over"):
        told.flush()


class Result(unittest.TestResult):
    """How one test ends."""

    def __init__(self):
        super().__init__()
        self.ending = "pass", ""

    def _failed(self, raised):
        if self.ending[0] != "fail":
            self.ending = "fail", "".join(traceback.format_exception(*raised))

    def addError(self, test, raised):
        self._failed(raised)

    def addFailure(self, test, raised):
        self._failed(raised)

    def addSubTest(self, test, part, raised):
        if raised is not None:
            self._failed(raised)

    def addSkip(self, test, reason):
        if self.ending[0] == "pass":
            self.ending = "skip", reason

    def addUnexpectedSuccess(self, test):
        self.ending = "fail", "it was expected to fail"


def flat(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from flat(part)
        else:
            yield part


done, others, words = set(orders["done"]), orders["others"], orders["words"]
for module in orders["modules"]:
    try:
        tests = list(flat(unittest.defaultTestLoader.loadTestsFromName(module)))
    except BaseException:
        tell("fail", module, traceback.format_exc())
        continue
    for test in tests:
        name = test.id()
        if name in done or words and not any(word in name for word in words):
            continue
        if any(part in name for part in others):
            tell("other", name)
            continue
        tell("begin", name)
        result = Result()
        # Alone, so that the fixtures of its class and module are its own.
        unittest.TestSuite([test]).run(result)
        kind, text = result.ending
        tell(kind, name, text)
tell("over", "")
