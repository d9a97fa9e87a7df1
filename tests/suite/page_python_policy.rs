//! The real Python under the page's security policy, which permits WebAssembly and no text that becomes a program.

use serde_json::json;

use crate::browser::in_window;
use crate::http::request;
use crate::npm_registry::FILES;
use crate::python_cache::relay_with_python;
use crate::relay_python_served::status;
use crate::run;

#[test]
fn the_real_package_is_fetched_and_served() {
    run(async {
        let relay = relay_with_python(&[]).await;
        assert_eq!(status(&relay).await["state"], "ready");
        let mut total = 0;
        for name in FILES {
            let path = format!("/python/314.0.7/{name}");
            let plain = request(&relay, "GET", &path, &[]).await;
            assert_eq!(plain.status, 200, "{name}");
            let starts: &[u8] = match name.rsplit('.').next() {
                Some("wasm") => b"\0asm",
                Some("zip") => b"PK\x03\x04",
                Some("json") => b"{",
                _ => b"",
            };
            assert!(plain.body.starts_with(starts) && plain.body.len() > 10_000, "{name}");
            let small = request(&relay, "GET", &path, &[("Accept-Encoding", "gzip, br")]).await;
            // Of an archive there is nothing to save.
            assert_eq!(small.header("content-encoding"), Some("br").filter(|_| name != "python_stdlib.zip"), "{name}");
            assert!(small.body.len() <= plain.body.len());
            total += small.body.len();
        }
        assert!(total < 6_000_000, "{total} bytes go to a page");
    });
}

#[test]
fn python_runs_under_the_security_policy() {
    in_window("python-policy", async |page| {
        let relay = relay_with_python(&[]).await;
        page.open(&relay.url()).await;
        // Both are tried on purpose, to see that the policy holds.
        page.expect_in_console("unsafe-eval");
        page.expect_in_console("worker-src");
        let found = page
            .evaluate(
                r#"(async () => {
                    const violations = [];
                    document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective));
                    // What the tests' own door into the page permits ends with this turn.
                    await new Promise((resolve) => setTimeout(resolve));
                    let refused = "nothing";
                    try { new Function("1"); } catch (error) { refused = error.name; }
                    const worker = new Worker(URL.createObjectURL(new Blob([""], { type: "text/javascript" })));
                    await new Promise((resolve) => { worker.onerror = resolve; });
                    const before = violations.splice(0);
                    const { loadPyodide } = await import("/python/314.0.7/pyodide.mjs");
                    const python = await loadPyodide({ indexURL: "/python/314.0.7/" });
                    const version = await python.runPythonAsync("import asyncio, json, selectors, sys\nawait asyncio.sleep(0)\nsys.version.split()[0]");
                    return { refused, before, version, after: violations };
                })()"#,
            )
            .await;
        let version = found["version"].as_str().unwrap_or_default();
        assert!(version.starts_with("3.14."), "{found}");
        assert_eq!(found["refused"], "EvalError", "{found}");
        assert_eq!(found["before"], json!(["script-src", "worker-src"]), "{found}");
        assert_eq!(found["after"], json!([]), "Python does nothing that is not permitted: {found}");
    });
}
