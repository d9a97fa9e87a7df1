# The bar on top, the tabs, and what is said where nothing is yet.

tab-ladder = Ladder
tab-stream = Stream
tab-bytes = Bytes
views-panel = Views panel
details-panel = Details panel
tab-state = State
