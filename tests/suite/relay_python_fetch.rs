//! Python that cannot be fetched, or comes otherwise than it should: nothing of it is kept, and it is said what to do.

use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::certificate::directory;
use crate::npm_registry::{Answer, Package, Place, Registry, names};
use crate::relay_process::RelayProcess;
use crate::relay_python_served::{fetch, state};
use crate::run;

/// What a page is told where the registry answers so.
async fn failed(name: &str, package: &Package, answers: &[Answer]) -> (Value, Registry) {
    let registry = Registry::start(answers).await;
    let place = Place::new(name, package);
    let relay = place.relay(&registry.url).await;
    let failed = fails(&relay).await;
    assert!(place.names().is_empty(), "nothing is kept: {:?}", place.names());
    (failed, registry)
}

/// Has Python fetched, in vain.
async fn fails(relay: &RelayProcess) -> Value {
    assert_eq!(fetch(relay).await.status, 202);
    let failed = state(relay, "failed").await;
    assert!(failed["remedy"].as_str().is_some_and(|remedy| remedy.contains("`relay fetch-python")), "{failed}");
    failed
}

/// Whether the sentence about what went wrong holds this.
fn says(status: &Value, part: &str) -> bool {
    status["text"].as_str().is_some_and(|text| text.contains(part))
}

#[test]
fn another_package_is_refused() {
    run(async {
        let (wanted, other) = (Package::small(), Package::with(&[("package/evil.js", b"")]));
        let (status, registry) = failed("python-wrong-hash", &wanted, &[Answer::Whole(other.bytes)]).await;
        assert_eq!(status["cause"], "package");
        assert!(says(&status, "its hash is not") && says(&status, &wanted.integrity), "{status}");
        assert_eq!(registry.heads().len(), 1, "it would be the same again");
    });
}

#[test]
fn the_pinned_package_is_the_default() {
    run(async {
        let package = Package::small();
        let registry = Registry::start(&[Answer::Whole(package.bytes)]).await;
        let cache = directory("python-pinned");
        let mut command = crate::relay_process::command();
        command.args(["--port", "0", "--npm-registry", &registry.url, "--python-cache"]).arg(&cache).env("NO_PROXY", "*");
        let relay = RelayProcess::run(command).await;
        let status = fails(&relay).await;
        assert!(
            says(&status, "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="),
            "{status}"
        );
        assert!(names(&cache).is_empty());
    });
}

#[test]
fn what_breaks_off_is_begun_anew() {
    run(async {
        let package = Package::small();
        let cut = Answer::Cut(package.bytes.clone(), package.bytes.len() - 1);
        let registry = Registry::start(&[cut, Answer::Status(503), Answer::Whole(package.bytes.clone())]).await;
        let relay = Place::new("python-cut-twice", &package).relay(&registry.url).await;
        assert_eq!(fetch(&relay).await.status, 202);
        state(&relay, "ready").await;
        assert_eq!(registry.heads().len(), 3);
    });
}

#[test]
fn what_breaks_off_again_and_again_fails() {
    run(async {
        let package = Package::small();
        let cut = Answer::Cut(package.bytes.clone(), package.bytes.len() / 2);
        let (status, registry) = failed("python-cut", &package, &[cut]).await;
        assert_eq!((&status["cause"], registry.heads().len()), (&Value::from("network"), 3), "{status}");
        let host = registry.url.trim_start_matches("http://").trim_end_matches("/npm/");
        assert!(says(&status, host), "{status}");
    });
}

#[test]
fn without_a_registry_the_command_is_named_and_it_can_be_tried_again() {
    run(async {
        let package = Package::small();
        let place = Place::new("python-nobody", &package);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let address = listener.local_addr().expect("it is bound");
        drop(listener);
        let relay = place.relay(&format!("http://{address}/npm/")).await;
        let status = fails(&relay).await;
        assert_eq!(status["cause"], "network");
        assert!(says(&status, &format!("the npm registry at {address} cannot be reached")), "{status}");
        for part in [
            "`relay fetch-python`",
            "--from pyodide-314.0.7.tgz",
            "HTTPS_PROXY",
            "https://registry.npmjs.org/pyodide/-/pyodide-314.0.7.tgz",
        ] {
            assert!(status["remedy"].as_str().is_some_and(|remedy| remedy.contains(part)), "{part}: {status}");
        }
        let listener = TcpListener::bind(address).await.expect("it was free a moment ago");
        let _registry = Registry::serve(listener, &[Answer::Whole(package.bytes)]);
        assert_eq!(fetch(&relay).await.status, 202);
        state(&relay, "ready").await;
    });
}

#[test]
fn a_registry_that_refuses_is_not_asked_again() {
    run(async {
        for (status, remedy) in [(404, "--npm-registry URL"), (401, "_authToken"), (403, "_authToken")] {
            let (told, registry) = failed(&format!("python-{status}"), &Package::small(), &[Answer::Status(status)]).await;
            assert!(says(&told, &format!("status {status}")), "{told}");
            assert!(told["remedy"].as_str().is_some_and(|text| text.contains(remedy)), "{told}");
            assert_eq!(registry.heads().len(), 1);
        }
    });
}

#[test]
fn what_is_too_large_is_left() {
    run(async {
        let package = Package::small();
        let promised = Answer::Held(vec![0; (32 << 20) + 1], 0, Arc::new(Notify::new()));
        let (status, _registry) = failed("python-promised", &package, &[promised]).await;
        assert!(status["cause"] == "package" && says(&status, "too large"), "{status}");
        let (status, _registry) = failed("python-endless", &package, &[Answer::Endless(vec![0; 1 << 20])]).await;
        assert!(status["cause"] == "package" && says(&status, "too large"), "{status}");
        // 65 MiB of zeros in 65 KB, under the right hash.
        let bomb = Package::with(&[("package/zeros", &vec![0; 65 << 20])]);
        assert!(bomb.bytes.len() < 1 << 20);
        let (status, _registry) = failed("python-bomb", &bomb, &[Answer::Whole(bomb.bytes.clone())]).await;
        assert!(status["cause"] == "package" && says(&status, "too large"), "{status}");
    });
}

#[test]
fn no_path_of_an_archive_is_a_path() {
    run(async {
        let paths = [
            "../outside",
            "package/../../outside",
            "package/../outside",
            "/tmp/tcp-playground-outside",
            "package/sub/pyodide.mjs",
            "pyodide.mjs",
        ];
        let package = Package::with(&paths.map(|path| (path, &b"outside"[..])));
        let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
        let above = Place::new("python-traversal", &package);
        let place = above.below("cache");
        let relay = place.relay(&registry.url).await;
        assert_eq!(fetch(&relay).await.status, 202);
        state(&relay, "ready").await;
        assert_eq!(names(&above.cache), ["cache"]);
        assert!(!std::path::Path::new(paths[3]).exists());
        assert_eq!(place.names(), ["pyodide-314.0.7"]);
        let own = names(&place.runtime());
        assert!(own.iter().all(|name| name == "files.json" || name.contains("pyodide") || name.contains("python")), "{own:?}");
    });
}

#[test]
fn an_archive_that_lacks_a_file_is_refused() {
    run(async {
        let package = Package::of(&[("package/pyodide.mjs", b"alone")]);
        let (status, _registry) = failed("python-lacking", &package, &[Answer::Whole(package.bytes.clone())]).await;
        assert!(status["cause"] == "package" && says(&status, "no file pyodide.asm.mjs"), "{status}");
        let twice = Package::with(&[("package/pyodide.mjs", b"again")]);
        let (status, _registry) = failed("python-twice", &twice, &[Answer::Whole(twice.bytes.clone())]).await;
        assert!(says(&status, "two files pyodide.mjs"), "{status}");
    });
}

#[test]
#[cfg(unix)]
fn a_cache_that_cannot_be_written_is_said_so() {
    run(async {
        let package = Package::small();
        let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
        let above = Place::new("python-no-directory", &package);
        std::fs::write(above.cache.join("file"), b"").expect("target can be written to");
        let relay = above.below("file/cache").relay(&registry.url).await;
        let status = fails(&relay).await;
        assert!(status["cause"] == "disk" && says(&status, "the cache cannot be written"), "{status}");
        assert!(status["remedy"].as_str().is_some_and(|remedy| remedy.contains("--python-cache DIRECTORY")), "{status}");
        assert!(!status.to_string().contains("python-no-directory"), "no path of this machine is told: {status}");
    });
}
