"""A new process for each program, as far as one interpreter can be that: what a program changed is undone before the next one."""

import gc
import importlib
import os
import sys
import warnings

from _waiting import FOLDER

# Modules that are ours, or lead to the page: they keep what they know.
_KEPT = ("_page", "_pyodide", "pyodide", "pyodide_js", "js", "_fresh")


class _Before:
    """How it was before the first program."""


def _is_kept(name, module):
    return name.split(".")[0] in _KEPT or str(getattr(module, "__file__", "")).startswith(FOLDER)


def remember():
    """Remembers the interpreter as it is now."""
    # What is written twice within a second would be taken for what it was.
    sys.dont_write_bytecode = True
    modules = sys.modules.items()
    _Before.modules = {name: (module, dict(vars(module))) for name, module in modules if not _is_kept(name, module)}
    _Before.path = list(sys.path)
    _Before.filters = list(warnings.filters)
    _Before.environment = dict(os.environ)
    _Before.directory = os.getcwd()
    _Before.recursion = sys.getrecursionlimit()


def restore():
    """Makes it that again. What was imported since is imported anew by whoever wants it; files stay."""
    sys.settrace(None)
    sys.setprofile(None)
    for name, module in list(sys.modules.items()):
        if name not in _Before.modules and not _is_kept(name, module):
            del sys.modules[name]
    for name, (module, names) in _Before.modules.items():
        sys.modules[name] = module
        now = vars(module)
        for new in now.keys() - names.keys():
            del now[new]
        now.update(names)
    sys.path[:] = _Before.path
    sys.path_importer_cache.clear()
    importlib.invalidate_caches()
    warnings.filters[:] = _Before.filters
    with warnings._lock:
        warnings._filters_mutated_lock_held()
    os.environ.clear()
    os.environ.update(_Before.environment)
    os.chdir(_Before.directory)
    sys.setrecursionlimit(_Before.recursion)
    gc.enable()
