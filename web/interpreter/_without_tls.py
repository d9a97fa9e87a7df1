"""What a program is told where it wants TLS by naming a scheme alone: `urllib.request` would say that it does not know https."""

import sys
from importlib.machinery import PathFinder

WHY = (
    "TLS is not available here: the relay holds plain TCP sockets, and the interpreter in this page has no OpenSSL. "
    "Use http:// instead of https://, or run the script with Python on your own computer."
)


class _Loader:
    """The loader of a module, and what is done to the module afterwards."""

    def __init__(self, usual):
        self._usual = usual

    def __getattr__(self, name):
        return getattr(self._usual, name)

    def create_module(self, spec):
        return self._usual.create_module(spec)

    def exec_module(self, module):
        self._usual.exec_module(module)
        usual = module.UnknownHandler.unknown_open

        def unknown_open(self, request):
            if request.type == "https":
                raise module.URLError(WHY)
            return usual(self, request)

        module.UnknownHandler.unknown_open = unknown_open


class _Finder:
    """Finds that one module as everybody does."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "urllib.request":
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None:
            spec.loader = _Loader(spec.loader)
        return spec


def install():
    """To be called before anything imports it."""
    sys.modules.pop("urllib.request", None)
    sys.meta_path.insert(0, _Finder)
