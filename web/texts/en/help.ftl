# Help in place.

help = Help
flows = Two ways to begin
client = *A client.* New client, say where to, `connect`. Write something, *Send*. *Receive*, until the stream shows `b''`: the other end has finished. Then `close`.
server = *A server.* New server, `bind` it to an address and a port, `listen`, `accept`. Whoever connects appears under it: choose the connection, talk to it, `close` it.
script = *A script.* *Script*, paste a program in Python or take an example, *Run*. Its calls are drawn as those by hand are; press one, and its line lights up. It runs in this page: threads take turns at calls that wait, files are this page's own, and there is no TLS and no UDP.
honest = Nothing happens by itself: no byte is received before you call `recv`, no connection is taken before you call `accept`, no newline is added. So what you see is what TCP does.
keys = Keys
key-send = send what is written; run the script
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
