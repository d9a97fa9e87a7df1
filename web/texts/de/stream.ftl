# Die Zeilen eines Stroms.

filter = Filter
rows = Zeilen
rows-all = Alle Zeilen
rows-sent = Gesendet
rows-received = Empfangen
rows-calls = Aufrufe
nothing-fits = Keine Zeile passt zum Filter.

show-as = Zeigen als
sent-sum = { $bytes } gesendet
received-sum = { $bytes } empfangen
save-received = Empfangenes sichern …
dropped-events = { $number } frühere Ereignisse dieser Seite wurden verworfen: die neuesten 100.000, oder 64 MiB Bytes, werden behalten, und über ein Neuladen die neuesten 4 MB.
dropped-rows = { $number } frühere Zeilen werden nicht gezeigt; „Empfangenes sichern …“ hat ihre Bytes.
sent = gesendet
received = empfangen
end = Ende des Stroms: die Gegenseite ist mit dem Senden fertig
waiting = wartet …
cancelled = abgebrochen
done = fertig
connection-from = Verbindung von { $peer }
took = { $bytes } angenommen
forbidden = vom Relay verboten
no-answer = keine Antwort
