# Recordings: saving, opening, playing, sharing.

recording = Recording
hint = Everything that happens in this page is recorded. Opening a recording needs no relay, and nothing in it acts.
save = Save recording…
open = Open a recording
share-session = Copy a link with this session
share-scenario = Copy a link with this scenario
export = Export for Wireshark (pcapng)…
link-copied = The link is copied ({ $length } characters). It holds no token.
too-large = Too large for a link. Save it as a file.
no-scenario = Choose a socket: its host, port and message make the scenario.
not-opened = { $name } is not opened: { $why }
unreadable = The file could not be read.
bad-link = This link cannot be opened: { $why }
scenario-client = The link proposes a client of { $host }, port { $port }. Make a new client: its forms are filled in, and nothing is called before you do.
scenario-server = The link proposes a server at { $host }, port { $port }. Make a new server: its forms are filled in, and nothing is called before you do.
shown = Recording
from-link = from a link
play = Play
pause = Pause
speed = Speed
cut-pauses = Cut long pauses
close = Close recording
