# What the kernel knows of a connection.

nothing = Choose a socket: what the kernel knows of it is shown here.
unconnected = The kernel tells TCP_INFO of a connection. There is none yet.
of-listener = The kernel tells TCP_INFO of connections. This socket listens: see Buffers for its queue.
closed = The connection is over. These are the last values.
samples = Asked 5 times a second while something changes. Names as in Linux' tcp_info.
explain = Explain the fields
caption = TCP_INFO
unavailable = not available on this system
unset = not set yet
no-sample = –
segments = { $count ->
    [one] 1 segment
   *[other] { $count } segments
}
rate = { $bytes } bytes/s
plots = The last two minutes
plot-rtt = Round trip
plot-cwnd = Congestion window
plot-in-flight = Bytes in flight
plot-rate = Delivery rate
plot-name = { $name }: { $now } now; { $least } to { $most } in the last { $seconds } s
times = Times
windows = Windows
amounts = Amounts
pace = Pace, and what limited it
rtt = Smoothed time from a segment to its acknowledgement (RFC 6298).
rttvar = How much that time varies.
min-rtt = The shortest that was seen lately.
rto = After so long without acknowledgement a segment is sent again.
cwnd = Congestion window: so much may be under way as far as the network is concerned.
ssthresh = Where slow start ends and the congestion window grows slowly.
snd-wnd = The other end's window: so much it lets come.
rcv-wnd = Our window: so much we let come.
rcv-ssthresh = The largest window that we would announce now.
snd-mss = The most bytes that one segment carries.
bytes-sent = Sent so far, with what was sent again.
bytes-acked = Acknowledged by the other end so far.
bytes-received = Arrived in order so far, taken by recv or not.
unacked = Under way: sent and not acknowledged.
notsent = In the send queue and not sent for the first time yet.
retrans = Segments that were sent again.
bytes-retrans = Bytes that were sent again.
delivery-rate = How fast bytes reached the other end lately.
busy-time = For how long there was something to send.
rwnd-limited = For how long of that the other end's window was the limit: its program did not receive.
sndbuf-limited = For how long of that the send buffer was the limit.
cwnd-limited = For how long the congestion window was the limit.
