# Help in place.

help = Help
flows = Two ways to begin
client = *A client.* New client, say where to, `connect`. Write something, *Send*. *Receive*, until the stream shows `b''`: the other end has finished. Then `close`.
server = *A server.* New server, `bind` it to an address and a port, `listen`, `accept`. Whoever connects appears under it: choose the connection, talk to it, `close` it.
honest = Nothing happens by itself: no byte is received before you call `recv`, no connection is taken before you call `accept`, no newline is added. So what you see is what TCP does.
keys = Keys
key-send = send what is written
key-connect = connect
key-listen = listen
key-accept = accept
key-recv = receive
key-shutdown = stop sending (shutdown)
key-close = close
key-back = previous event
key-on = next event
key-commands = all commands
key-projector = projector
key-help = this help
commands = Commands
command-filter = Find a command
no-command = No command is called that.
