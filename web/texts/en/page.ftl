# The bar on top, the tabs, and what is said where nothing is yet.

tab-ladder = Ladder
tab-stream = Stream
tab-bytes = Bytes
sent-so-far = sent { $bytes ->
    [one] 1 byte
   *[other] { $bytes } bytes
}
