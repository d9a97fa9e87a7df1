#en socket.gaierror: no address belongs to this name. TCP has not even begun.
#en Names that end in .invalid never exist (RFC 6761).
#de socket.gaierror: zu diesem Namen gehört keine Adresse. TCP hat noch nicht angefangen.
#de Namen, die auf .invalid enden, gibt es nie (RFC 6761).
import socket

client = socket.socket()
client.connect(("www.example.invalid", 80))
