//! Protocol crates of others run in the browser over the page's `net`, unmodified, against real servers.

use crate::peers::random_bytes;
use crate::postgres::{PASSWORD, Postgres, USER};
use crate::trials::in_trials;

#[test]
fn hyper_fetches_what_the_browser_fetches() {
    let file = random_bytes(3 << 20, 21);
    in_trials("net_hyper_client", &[("three-megabytes", &file)], async |trials| {
        // The server that served this page, asked for the same file twice: by hyper over a socket of ours, and by the browser itself.
        let same = "(async () => {
            const ours = await trials.http_get(relay, token, location.hostname, location.port, '/three-megabytes');
            const theirs = new Uint8Array(await (await fetch('/three-megabytes')).arrayBuffer());
            return [ours.length, ours.length === theirs.length && ours.every((byte, index) => byte === theirs[index])];
        })()";
        assert_eq!(trials.evaluate(same).await, serde_json::json!([3 << 20, true]));
        let missing = "trials.http_get(relay, token, location.hostname, location.port, '/no-such-file').catch(String)";
        assert!(trials.evaluate(missing).await.as_str().is_some_and(|error| error.contains("404 Not Found")));
    });
}

#[test]
fn tokio_postgres_speaks_to_a_database() {
    in_trials("net_postgres", &[], async |trials| {
        let server = Postgres::start().await;
        let counted = trials.run("postgres", &format!("{}, '{USER}', '{PASSWORD}'", server.port)).await;
        assert_eq!(counted, "500 124750 3145728");
        let wrong = format!("{}, '{USER}', 'wrong').catch(error => String(error)", server.port);
        assert!(trials.run("postgres", &wrong).await.as_str().is_some_and(|error| error.contains("password authentication failed")));
    });
}
