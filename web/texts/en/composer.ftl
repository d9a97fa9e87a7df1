# What to send and receive.

panel = Composer
choose-file = Choose a file that holds something.
nothing-yet = There is nothing to send yet.
send = Send
send-as = Send as
text = Text
hex = Hex
file = File
line-ending = Line ending
none = none
data = Data to send
file-to-send = File to send
receive-at-most = Receive at most
receive = Receive
receive-automatically = Receive automatically
