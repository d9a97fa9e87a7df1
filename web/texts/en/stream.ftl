# The rows of a stream.

filter = Filter
rows = Rows
rows-all = All rows
rows-sent = Sent
rows-received = Received
rows-calls = Calls
nothing-fits = No row fits the filter.

show-as = Show as
sent-sum = sent { $bytes }
received-sum = received { $bytes }
save-received = Save received…
dropped-events = { $number } earlier events of this page were let go: the newest 100,000, or 64 MiB of bytes, are kept, and over a reload the newest 4 MB.
dropped-rows = { $number } earlier rows are not shown; “Save received…” has their bytes.
sent = sent
received = received
end = end of stream: the other end finished sending
waiting = waiting…
cancelled = cancelled
done = done
connection-from = connection from { $peer }
took = took { $bytes }
forbidden = forbidden by the relay
no-answer = no answer
