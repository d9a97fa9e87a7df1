# The standard library's HTTP, at both ends.
import http.client
import http.server
import threading
import urllib.error
import urllib.parse
import urllib.request
import xmlrpc.client
import xmlrpc.server


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/missing":
            return self.send_error(404, "Nothing here")
        body = f"you asked for {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (body[:3], body[3:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *arguments):
        pass


with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host, port = server.server_address
    connection = http.client.HTTPConnection(host, port, timeout=10)
    for path in ("/one", "/two"):
        connection.request("GET", path)
        response = connection.getresponse()
        print(response.status, response.reason, response.getheader("Content-Type"), response.read())
    connection.request("POST", "/", b"chunks of it")
    print(connection.getresponse().read())
    connection.close()
    base = f"http://{host}:{port}"
    with urllib.request.urlopen(f"{base}/three?{urllib.parse.urlencode({'q': 'a b'})}", timeout=10) as response:
        print(response.status, response.read().decode())
    try:
        urllib.request.urlopen(f"{base}/missing")
    except urllib.error.HTTPError as error:
        print(error.code, error.reason)
        error.close()
    server.shutdown()
try:
    urllib.request.urlopen(base)
except urllib.error.URLError as error:
    print(error)

with xmlrpc.server.SimpleXMLRPCServer(("127.0.0.1", 0), logRequests=False) as server:
    server.register_function(pow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with xmlrpc.client.ServerProxy("http://%s:%d" % server.server_address) as proxy:
        print(proxy.pow(2, 10))
    server.shutdown()
