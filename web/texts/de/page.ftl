# Die Leiste oben, die Reiter, und was dort steht, wo noch nichts ist.

tab-ladder = Leiter
tab-stream = Strom
tab-bytes = Bytes
sent-so-far = { $bytes ->
    [one] 1 Byte
   *[other] { $bytes } Bytes
} gesendet
