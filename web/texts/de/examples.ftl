# Was jedes der Beispiele zeigt.

heading = Beispiele
broken = Was schiefgeht
client = Ein Client: verbinden, senden, empfangen, schließen
server = Ein Server: bind, listen, accept in einer Schleife
echo = Ein Echo-Server, ein Client nach dem anderen
threaded = Ein Server mit einem Thread je Client
select = Ein Server mit `select()`: ein Thread, viele Clients
asyncio = Ein Server mit `asyncio`
http = Eine HTTP-Anfrage von Hand, und ein Server dafür
chat-server = Ein Chat: der Server
chat-client = Ein Chat: jemand, der redet
refused = Dort lauscht niemand: ConnectionRefusedError
in-use = Der Port ist vergeben: Address already in use
reset = Die Gegenseite schneidet ab: ConnectionResetError
pipe = Nach dem Ende geschrieben: BrokenPipeError
timeout = Es kommt nichts in der Zeit: TimeoutError
name = Ein Name, den es nicht gibt: gaierror
type-error = Text statt Bytes: TypeError
failed = Das Beispiel ließ sich nicht holen: { $why }
