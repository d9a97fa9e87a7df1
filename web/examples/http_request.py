#en An HTTP request by hand: text, lines that end with \r\n, an empty line.
#en The server is in this script too, so that it works without the internet.
#de Eine HTTP-Anfrage von Hand: Text, Zeilen, die auf \r\n enden, eine leere Zeile.
#de Der Server ist auch in diesem Skript, damit es ohne Internet läuft.
import http.server
import socket
import threading


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<h1>Hello from this page</h1>\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Page)
threading.Thread(target=server.handle_request, daemon=True).start()

with socket.create_connection(server.server_address) as client:
    client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    answer = b""
    #en One recv() need not bring all of it: until b"", there may be more.
    #de Ein recv() bringt vielleicht nicht alles: bis b"" kann noch etwas kommen.
    while part := client.recv(4096):
        answer += part

head, body = answer.split(b"\r\n\r\n", 1)
print(head.decode())
print()
print(body.decode())
server.server_close()
