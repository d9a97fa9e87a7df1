# The session as a program.

language = Programming language
all-sockets = All sockets
empty = Choose a socket that has made a call: what it did stands here as a program that runs as it is.
program = Program
files = { $number } long messages are read from files beside the program ({ $bytes } in all).
open-as-script = Open as script
session-name = session
needs-files = It reads files beside it, which the page has none of.
