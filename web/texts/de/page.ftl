# Die Leiste oben, die Reiter, und was dort steht, wo noch nichts ist.

tab-ladder = Leiter
tab-stream = Strom
tab-bytes = Bytes
views-panel = Ansichten
details-panel = Einzelheiten
tab-state = Zustand
