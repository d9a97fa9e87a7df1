#en TypeError: a socket carries bytes, and this is text. Nothing was sent.
#en Remedy: b"Hello", or text.encode().
#de TypeError: ein Socket befördert Bytes, und dies ist Text. Gesendet wurde nichts.
#de Abhilfe: b"Hello" oder text.encode().
import socket

with socket.create_server(("127.0.0.1", 0)) as server:
    client = socket.create_connection(server.getsockname())

text = "Hello"
client.send(text)
