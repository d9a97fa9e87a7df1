"""Serves a directory over TLS on a free port of 127.0.0.1, and prints the port. Arguments: the certificate, its key, the directory."""

import functools
import http.server
import ssl
import sys

certificate, key, directory = sys.argv[1:]
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=directory)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("port", server.server_port)
server.serve_forever()
