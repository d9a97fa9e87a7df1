# The rows of a stream.

filter = Filter
rows = Rows
rows-all = All rows
rows-sent = Sent
rows-received = Received
rows-calls = Calls
nothing-fits = No row fits the filter.
