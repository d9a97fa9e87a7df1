//! Python for pages: who may have it fetched, how they hear of it, and how its files are served.

use std::io::Read as _;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::http::{Response, request, request_to_host};
use crate::npm_registry::{Answer, FILES, Package, Place, Registry, contents};
use crate::relay_gate::assert_careful;
use crate::relay_process::RelayProcess;
use crate::{run, until};

/// How it stands with Python, as a page asks.
pub(crate) async fn status(relay: &RelayProcess) -> Value {
    let response = request(relay, "GET", "/python/status", &[]).await;
    assert_eq!((response.status, response.header("content-type")), (200, Some("application/json")));
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_careful(&response.head, "the status");
    response.json()
}

/// Has Python fetched, as a page does.
pub(crate) async fn fetch(relay: &RelayProcess) -> Response {
    request(relay, "POST", "/python/fetch", &[("Authorization", &format!("Bearer {}", relay.token))]).await
}

/// Waits for a state, and returns the whole status.
pub(crate) async fn state(relay: &RelayProcess, wanted: &str) -> Value {
    let mut last = Value::Null;
    until(&format!("state {wanted}"), async || {
        last = status(relay).await;
        last["state"] == wanted
    })
    .await;
    last
}

async fn file(relay: &RelayProcess, name: &str, headers: &[(&str, &str)]) -> Response {
    request(relay, "GET", &format!("/python/314.0.7/{name}"), headers).await
}

#[test]
fn python_is_absent_until_somebody_wants_it() {
    run(async {
        let package = Package::small();
        let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
        let relay = Place::new("python-absent", &package).relay(&registry.url).await;
        assert_eq!(status(&relay).await, json!({ "version": "314.0.7", "state": "absent", "done_bytes": 0, "total_bytes": null }));
        for name in FILES {
            let response = file(&relay, name, &[]).await;
            assert_eq!(response.status, 404, "{name}");
            assert!(response.text().contains("`relay fetch-python`"), "{}", response.text());
            assert_eq!(response.header("cache-control"), Some("no-store"), "{name}: it may come");
            assert_careful(&response.head, name);
        }
        assert!(registry.heads().is_empty(), "nobody wanted it: {:?}", registry.heads());
    });
}

#[test]
fn who_lacks_the_token_cannot_have_it_fetched() {
    run(async {
        let package = Package::small();
        let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
        let place = Place::new("python-strangers", &package);
        let shared = ["--port", "0", "--host", "0.0.0.0", "--npm-registry", &registry.url];
        for relay in [place.relay(&registry.url).await, RelayProcess::run(place.command(&shared)).await] {
            let own = format!("Bearer {}", relay.token);
            let (zeros, short, basic) = (format!("Bearer {}", "0".repeat(32)), &own[..38], format!("Basic {}", relay.token));
            for headers in [
                &[][..],
                &[("Authorization", zeros.as_str())],
                &[("Authorization", short)],
                &[("Authorization", &basic)],
                &[("Authorization", &own), ("Authorization", &own)],
            ] {
                let response = request(&relay, "POST", "/python/fetch", headers).await;
                assert_eq!((response.status, response.header("www-authenticate")), (401, Some("Bearer")), "{headers:?}");
                assert_careful(&response.head, "without the token");
            }
            let with_token = ("Authorization", own.as_str());
            let response = request(&relay, "POST", &format!("/python/fetch?token={}", relay.token), &[]).await;
            assert_eq!(response.status, 401, "the token counts in no other place");
            for origin in ["http://evil.example", "null"] {
                assert_eq!(request(&relay, "POST", "/python/fetch", &[with_token, ("Origin", origin)]).await.status, 403, "{origin}");
            }
            assert_eq!(request_to_host(&relay, "rebound.example", "POST", "/python/fetch", &[with_token]).await.status, 421);
            for method in ["GET", "PUT", "OPTIONS"] {
                let response = request(&relay, method, "/python/fetch", &[with_token]).await;
                assert_eq!((response.status, response.header("allow")), (405, Some("POST")), "{method}");
            }
            assert_eq!(status(&relay).await["state"], "absent");
        }
        assert!(registry.heads().is_empty(), "{:?}", registry.heads());
    });
}

#[test]
fn a_page_sees_it_come_and_another_one_waits_with_it() {
    run(async {
        let package = Package::small();
        let (total, go_on) = (package.bytes.len(), Arc::new(Notify::new()));
        let half = total / 2;
        let registry = Registry::start(&[Answer::Held(package.bytes.clone(), half, Arc::clone(&go_on))]).await;
        let place = Place::new("python-progress", &package);
        let relay = place.relay(&registry.url).await;
        let origin = format!("http://127.0.0.1:{}", relay.port);
        let asked =
            request(&relay, "POST", "/python/fetch", &[("Authorization", &format!("bearer {}", relay.token)), ("Origin", &origin)]).await;
        assert_eq!((asked.status, &asked.json()["state"]), (202, &json!("fetching")), "{asked:?}");
        until("first half", async || status(&relay).await["done_bytes"] == half).await;
        let expected = json!({ "version": "314.0.7", "state": "fetching", "done_bytes": half, "total_bytes": total });
        assert_eq!(status(&relay).await, expected);
        let joined = fetch(&relay).await;
        assert_eq!((joined.status, joined.json()), (202, expected), "it joins");
        assert_eq!(file(&relay, FILES[0], &[]).await.status, 404, "half of it is nothing");
        assert!(!place.runtime().exists());
        go_on.notify_one();
        let ready = state(&relay, "ready").await;
        assert_eq!(ready["state"], "ready");
        assert_eq!(registry.heads().len(), 1, "{:?}", registry.heads());
        assert!(registry.heads()[0].starts_with("GET /npm/pyodide/-/pyodide-314.0.7.tgz HTTP/1.1\r\n"), "{:?}", registry.heads());
        assert_eq!(fetch(&relay).await.status, 200, "there is nothing to do");
        assert_eq!(registry.heads().len(), 1);
        assert_eq!(place.names(), ["pyodide-314.0.7"], "nothing else is left");
    });
}

/// A relay that has fetched a small package.
async fn ready(name: &str) -> (RelayProcess, Place) {
    let package = Package::small();
    let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
    let place = Place::new(name, &package);
    let relay = place.relay(&registry.url).await;
    assert_eq!(fetch(&relay).await.status, 202);
    state(&relay, "ready").await;
    (relay, place)
}

#[test]
fn each_file_is_served_in_what_the_browser_reads() {
    run(async {
        let (relay, _place) = ready("python-files").await;
        let types =
            ["text/javascript; charset=utf-8", "text/javascript; charset=utf-8", "application/wasm", "application/zip", "application/json"];
        for (name, content_type) in FILES.into_iter().zip(types) {
            let mut tags = vec![];
            for (accepted, encoding) in
                [("", None), ("identity", None), ("gzip", Some("gzip")), ("gzip, deflate, br", Some("br")), ("br;q=0, *", Some("gzip"))]
            {
                let response = file(&relay, name, &[("Accept-Encoding", accepted)]).await;
                assert_eq!((response.status, response.header("content-encoding")), (200, encoding), "{name}, {accepted}");
                assert_eq!(response.header("content-type"), Some(content_type), "{name}");
                assert_eq!(response.header("cache-control"), Some("public, max-age=31536000, immutable"));
                assert_eq!(response.header("vary"), Some("Accept-Encoding"));
                assert_eq!(response.header("content-length"), Some(response.body.len().to_string().as_str()));
                assert_careful(&response.head, name);
                assert_eq!(decoded(&response), contents(name), "{name}, {accepted}");
                tags.push(response.header("etag").expect("it has a tag").to_owned());
            }
            tags.dedup();
            let [tag] = &tags[..] else { panic!("{name}: {tags:?}") };
            let known = file(&relay, name, &[("If-None-Match", tag)]).await;
            assert_eq!((known.status, known.body.len()), (304, 0), "{name}");
            assert_eq!(file(&relay, name, &[("If-None-Match", "W/\"other\"")]).await.status, 200);
            let head = request(&relay, "HEAD", &format!("/python/314.0.7/{name}"), &[]).await;
            assert_eq!((head.status, head.body.len()), (200, 0));
            assert_eq!(head.header("content-length"), Some(contents(name).len().to_string().as_str()));
        }
    });
}

/// The body without its encoding.
fn decoded(response: &Response) -> Vec<u8> {
    let mut bytes = vec![];
    match response.header("content-encoding") {
        Some("gzip") => flate2::read::GzDecoder::new(&*response.body).read_to_end(&mut bytes),
        Some("br") => brotli::Decompressor::new(&*response.body, 4096).read_to_end(&mut bytes),
        _ => (&*response.body).read_to_end(&mut bytes),
    }
    .expect("it is what it says");
    bytes
}

#[test]
fn nothing_else_is_served() {
    run(async {
        let (relay, _place) = ready("python-others").await;
        for path in [
            "/python",
            "/python/",
            "/python/314.0.7",
            "/python/314.0.7/",
            "/python/314.0.7/files.json",
            "/python/314.0.7/pyodide.asm.wasm.br",
            "/python/314.0.7/../../pyodide.mjs",
            "/python/314.0.7/%2e%2e/files.json",
            "/python/314.0.7/pyodide.mjs/",
            "/python/314.0.7//pyodide.mjs",
            "/python/314.0.6/pyodide.mjs",
            "/python/pyodide.mjs",
            "/python/status/",
        ] {
            let response = request(&relay, "GET", path, &[]).await;
            assert_eq!(response.status, 404, "{path}");
            assert_careful(&response.head, path);
        }
        for path in ["/python/status", "/python/314.0.7/pyodide.mjs"] {
            let response = request(&relay, "POST", path, &[]).await;
            assert_eq!((response.status, response.header("allow")), (405, Some("GET, HEAD")), "{path}");
            let response = request_to_host(&relay, "rebound.example", "GET", path, &[]).await;
            assert_eq!(response.status, 421, "{path}");
        }
    });
}

#[test]
fn the_next_relay_has_it_at_once() {
    run(async {
        let (first, place) = ready("python-kept").await;
        drop(first);
        let registry = Registry::start(&[Answer::Status(404)]).await;
        let relay = place.relay(&registry.url).await;
        assert_eq!(file(&relay, FILES[2], &[]).await.body, contents(FILES[2]), "before anybody asks how it stands");
        assert_eq!(status(&relay).await["state"], "ready");
        assert!(registry.heads().is_empty());
        // Another package is another runtime, so that a newer relay fetches its own.
        let other = Package::with(&[("package/newer", b"")]);
        let newer = Registry::start(&[Answer::Whole(other.bytes.clone())]).await;
        let relay = place.with(&other).relay(&newer.url).await;
        assert_eq!(status(&relay).await["state"], "absent");
        assert_eq!(fetch(&relay).await.status, 202);
        state(&relay, "ready").await;
    });
}

#[test]
fn what_is_damaged_on_disk_is_fetched_again() {
    run(async {
        let (first, place) = ready("python-damaged").await;
        drop(first);
        let package = Package::small();
        let path = place.runtime().join(FILES[0]);
        // Cut, which is seen at once; changed, which is seen when it is read; and gone.
        let mut changed = contents(FILES[0]);
        changed[0] ^= 1;
        for damage in [Some(&b"cut"[..]), Some(&changed), None] {
            match damage {
                Some(bytes) => std::fs::write(&path, bytes).expect("the cache can be written to"),
                None => std::fs::remove_file(&path).expect("it was there"),
            }
            let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
            let relay = place.relay(&registry.url).await;
            assert_eq!(file(&relay, FILES[0], &[]).await.status, 404);
            assert_eq!(status(&relay).await["state"], "absent");
            assert_eq!(fetch(&relay).await.status, 202);
            state(&relay, "ready").await;
            assert_eq!(file(&relay, FILES[0], &[]).await.body, contents(FILES[0]));
            assert_eq!(registry.heads().len(), 1);
        }
    });
}

#[test]
fn what_is_in_memory_is_served_when_the_disk_lost_it() {
    run(async {
        let (relay, place) = ready("python-lost").await;
        assert_eq!(file(&relay, FILES[0], &[]).await.status, 200);
        std::fs::remove_dir_all(&place.cache).expect("it was there");
        assert_eq!(file(&relay, FILES[0], &[]).await.body, contents(FILES[0]));
        assert_eq!(file(&relay, FILES[1], &[]).await.status, 404, "this one was not read yet");
        assert_eq!(status(&relay).await["state"], "absent", "so it can be fetched again");
    });
}
