# Why there is no Python, and what the page says in a script's output.

no-relay = The relay does not answer, so there is no Python.
no-relay-remedy = Start it: cargo run -p relay
not-fetched = The relay does not fetch Python for this page.
not-fetched-remedy = Open the address that the relay printed when it started, with its token.
broken = Python could not be started in this browser: { $why }
broken-remedy = Use a browser in which WebAssembly can wait: Chromium from 137 on, or Firefox from 153 on.
killed = Stopped by force, as it did not end by itself. Its names are forgotten.
