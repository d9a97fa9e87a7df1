"""There is no TLS here. The modules of the standard library that can do without it see that by this import's failure."""

raise ImportError(
    "TLS is not available here: the relay holds plain TCP sockets, and the interpreter in this page has no OpenSSL. "
    "Use http:// instead of https://, or run the script with Python on your own computer.",
    name="ssl",
)
