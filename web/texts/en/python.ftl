# Why there is no Python, and what the page says in a script's output.

no-relay = The relay does not answer, so there is no Python.
no-relay-remedy = Start it: cargo run -p relay
not-fetched = The relay does not fetch Python for this page.
not-fetched-remedy = Open the address that the relay printed when it started, with its token.
no-jspi = Python cannot run in this browser: a program in WebAssembly cannot wait for a socket in it (no JSPI). What is done by hand works all the same.
no-jspi-remedy = Use Chromium, Chrome or Edge from 137 on, or Firefox from 153 on. Where Firefox has it switched off, `about:config` switches it on: `javascript.options.wasm_js_promise_integration`.
broken = Python could not be started in this browser: { $why }
broken-remedy = Reload the page and try again. It runs in Chromium, Chrome and Edge from 137 on, and in Firefox from 153 on.
killed = Stopped by force, as it did not end by itself. Its names are forgotten.
exited = The program ended Python with the status { $status }. Its names are forgotten.
lost-too-deep = Calls went too deep for this browser, which ended Python: something calls itself without end. Its names are forgotten.
lost = Python broke and was ended: { $why }. Its names are forgotten.
