# Where bytes wait, and who waits to be accepted.

nothing = Choose a socket: its queues are drawn here.
samples = As the kernel told it, asked 5 times a second while something changes. Bars are to scale, numbers exact.
unavailable = not available on this system
not-asked = not asked yet
sending = → Sending
receiving = ← Receiving
we-sent = your program gave to send
they-sent = the other program gave to send
we-took = your program took with recv
they-took = the other program took with recv
send-queue = our send queue
their-send-queue = the other end's send queue
recv-queue = our receive queue
their-recv-queue = the other end's receive queue
their-window = the other end's window
unseen = not in this page, so it cannot be seen
unseen-beyond = not in this page: its window is all that is seen of it
most-so-far = the most so far: { $bytes }
of-sndbuf = SO_SNDBUF: { $bytes }, with the kernel's own bookkeeping
of-rcvbuf = SO_RCVBUF: { $bytes }, with the kernel's own bookkeeping
not-sent = { $bytes } of them not sent yet;
free = may still come
closed = closed
room = room for { $bytes } more
no-room = no room for a segment more: the window is closed
accept-queue = Accept queue
in-queue = waiting for accept
of-backlog = { $waiting }, backlog { $backlog }
accepted = accepted so far
one-more = Linux admits one connection more than the backlog: the dashed place. `connect` returns at the other end as soon as a connection stands in the queue; it may send already.
unconnected = There is no connection yet, so there are no queues.
gone = The descriptor is closed. These are the last numbers.
unasked = The kernel has not been asked yet.
empty = Both queues are empty: all that was sent is acknowledged, and all that arrived was taken.
under-way = { $bytes } are under way, or not acknowledged yet.
held-back = The kernel took { $bytes } from `send`, and the other end's window does not let them go: its program takes nothing. `send` has returned; nothing has failed.
send-waits = `send` waits: the send queue is full and the other end's window is closed, because its program takes nothing.
send-waits-nobody-receives = `send` waits: the send queue is full and the other end's window is closed, because nobody calls `recv` there.
send-waits-for-room = `send` waits until there is room in the send queue.
window-closed = { $bytes } have arrived and nobody calls `recv`: the receive queue is full and our window is closed. The other end's kernel must not send any more, and its `send` will wait.
unread = { $bytes } have arrived and wait in the kernel until somebody calls `recv`.
accept-waits = `accept` waits for a connection.
nobody-waits = Nobody waits to be accepted.
waiting = { $count ->
    [one] A connection is established and waits for `accept`.
   *[other] { $count } connections are established and wait for `accept`.
}
queue-full = The queue is full. Further clients are not refused: their SYN is dropped, they stay in SYN_SENT and try again, until somebody calls `accept`.
unread-there = All that was sent is acknowledged: { $bytes } stand in the other end's receive queue, until its program calls `recv`.
