# Zahlen mit ihrer Einheit.

bytes = { $bytes ->
    [one] 1 Byte
   *[other] { $bytes } Bytes
}
