#en BrokenPipeError: you wrote after the end. The first send() still succeeds:
#en only its answer, RST, tells that nobody reads there any more. The next one fails.
#de BrokenPipeError: nach dem Ende geschrieben. Das erste send() gelingt noch:
#de erst die Antwort darauf, RST, sagt, dass dort niemand mehr liest. Das nächste scheitert.
import socket
import time

with socket.create_server(("127.0.0.1", 0)) as server:
    client = socket.create_connection(server.getsockname())
    connection, _ = server.accept()
connection.close()

print("sent", client.send(b"Is anybody there?"), "bytes")
time.sleep(0.5)
client.send(b"Hello?")
