# The ladder: both ends of a connection, and what went between them.

label = Ladder
client = client
listener = listener
accepted = accepted
clients = clients
other-end = the other end
only-this-end = We see only what this end sees.
both-ends = Both ends are in this page.
connected = connected
connection-from = from { $address }
took = took { $bytes }
after = { $what } · { $time }
returned = returned
returned-after = returned after { $time }
cancelled = cancelled
forbidden = forbidden by the relay
no-answer = no answer
relay = relay: { $text }
end-of-stream = b'' · end of stream
later = … { $time } later
inferred = { $segment } · inferred
inferred-to = { $segment } sent (inferred)
inferred-from = { $segment } received (inferred)
unread = not received yet
waiting = waiting { $time }
cancel = Cancel
open = open
as-table = Show as table
save-svg = Save SVG
save-png = Save PNG
time = Time
socket = Socket
event = Event
bytes = Bytes
table = Ladder as a table
dropped = { $count ->
    [one] 1 earlier event was let go to bound the memory of the page.
   *[other] { $count } earlier events were let go to bound the memory of the page.
}
title = { $left } and { $right }
part = Rows { $from } to { $to } of { $of }.
legend = Solid: calls, returns and bytes as they were observed. Dashed: segments that were inferred from them; nobody captured these.
