# Warum es kein Python gibt, und was die Seite in die Ausgabe eines Skripts schreibt.

no-relay = Das Relay antwortet nicht, also gibt es kein Python.
no-relay-remedy = Es starten: cargo run -p relay
not-fetched = Das Relay lädt Python nicht für diese Seite.
not-fetched-remedy = Die Adresse öffnen, die das Relay beim Start ausgegeben hat, mit ihrem Token.
broken = Python konnte in diesem Browser nicht gestartet werden: { $why }
broken-remedy = Einen Browser verwenden, in dem WebAssembly warten kann: Chromium ab 137 oder Firefox ab 153.
killed = Mit Gewalt beendet, weil es nicht von selbst endete. Seine Namen sind vergessen.
