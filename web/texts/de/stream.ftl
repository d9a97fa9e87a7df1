# Die Zeilen eines Stroms.

filter = Filter
rows = Zeilen
rows-all = Alle Zeilen
rows-sent = Gesendet
rows-received = Empfangen
rows-calls = Aufrufe
nothing-fits = Keine Zeile passt zum Filter.
