# Numbers with their unit.

bytes = { $bytes ->
    [one] 1 byte
   *[other] { $bytes } bytes
}
