# Warum es kein Python gibt, und was die Seite in die Ausgabe eines Skripts schreibt.

no-relay = Das Relay antwortet nicht, also gibt es kein Python.
no-relay-remedy = Es starten: cargo run -p relay
not-fetched = Das Relay lädt Python nicht für diese Seite.
not-fetched-remedy = Die Adresse öffnen, die das Relay beim Start ausgegeben hat, mit ihrem Token.
no-jspi = Python läuft in diesem Browser nicht: ein Programm in WebAssembly kann in ihm nicht auf einen Socket warten (kein JSPI). Von Hand geht alles trotzdem.
no-jspi-remedy = Chromium, Chrome oder Edge ab 137 verwenden, oder Firefox ab 153. Wo es in Firefox ausgeschaltet ist, wird es in `about:config` eingeschaltet: `javascript.options.wasm_js_promise_integration`.
broken = Python konnte in diesem Browser nicht gestartet werden: { $why }
broken-remedy = Die Seite neu laden und es noch einmal versuchen. Es läuft in Chromium, Chrome und Edge ab 137 und in Firefox ab 153.
killed = Mit Gewalt beendet, weil es nicht von selbst endete. Seine Namen sind vergessen.
exited = Das Programm hat Python mit dem Status { $status } beendet. Seine Namen sind vergessen.
lost-too-deep = Aufrufe reichten tiefer, als dieser Browser es zulässt, und er hat Python beendet: etwas ruft sich ohne Ende selbst auf. Seine Namen sind vergessen.
lost = Python ist zerbrochen und wurde beendet: { $why }. Seine Namen sind vergessen.
