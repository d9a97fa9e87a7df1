//! `relay fetch-python`, for a room without internet; and which registry is asked, in whose words.

use std::process::Output;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::sync::Notify;

use crate::http::request;
use crate::npm_registry::{Answer, FILES, Package, Place, Registry, contents};
use crate::relay_process::RelayProcess;
use crate::relay_python_served::{fetch, state, status};
use crate::{run, within};

/// Runs a command to its end.
async fn output(mut command: tokio::process::Command) -> Output {
    within("end of the command", command.output()).await.expect("it starts")
}

/// What it said on standard output, where all is well.
async fn said(command: tokio::process::Command) -> String {
    let output = output(command).await;
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The one line that says why not.
async fn refusal(command: tokio::process::Command) -> String {
    let output = output(command).await;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.starts_with("relay: ") && text.lines().count() == 1, "{text}");
    text
}

#[test]
fn it_fetches_for_the_relays_of_this_user() {
    run(async {
        // 3 MB that do not get smaller, so that there is progress to tell.
        let dense: Vec<u8> =
            (0..750_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 32).wrapping_mul(n | 1).to_le_bytes()).collect();
        let package = Package::with(&[("package/dense", &dense)]);
        let (total, go_on) = (package.bytes.len(), Arc::new(Notify::new()));
        let registry = Registry::start(&[Answer::Held(package.bytes.clone(), total / 2, Arc::clone(&go_on))]).await;
        let place = Place::new("fetch-python", &package);
        let running = place.relay("http://registry.invalid/").await;
        assert_eq!(status(&running).await["state"], "absent");
        let command = || place.command(&["fetch-python", "--npm-registry", &registry.url]);
        let mut fetching = command().spawn().expect("it starts");
        let mut lines = BufReader::new(fetching.stdout.take().expect("its output is piped")).lines();
        let mut line = async || within("line", lines.next_line()).await.expect("it is text").expect("there is another");
        let megabytes = |bytes: usize| format!("{}.{} MB", bytes / 1_000_000, bytes / 100_000 % 10);
        assert_eq!(line().await, format!("Fetching Python (Pyodide 314.0.7) from {}", registry.url));
        let progress = line().await;
        assert!(progress.ends_with(&format!("of {}", megabytes(total))), "while the rest is held back: {progress}");
        go_on.notify_one();
        let mut text = line().await;
        while !text.contains("without internet") {
            text = text + "\n" + &line().await;
        }
        let runtime = place.runtime().display().to_string();
        for part in [&*format!("{} are here", megabytes(total)), "unpacking", &runtime] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(within("end", fetching.wait()).await.expect("it can be waited for").success());
        assert_eq!(state(&running, "ready").await["state"], "ready", "a running relay has it too");
        let response = request(&running, "GET", &format!("/python/314.0.7/{}", FILES[3]), &[]).await;
        assert_eq!(response.body, contents(FILES[3]));
        let again = said(command()).await;
        assert!(again.contains("is already in") && again.contains(&runtime), "{again}");
        assert_eq!(registry.heads().len(), 1);
    });
}

#[test]
fn it_takes_a_file_from_elsewhere() {
    run(async {
        let package = Package::small();
        let place = Place::new("fetch-python-from", &package);
        let below = place.below("cache");
        let stick = place.cache.join("pyodide-314.0.7.tgz");
        let stick = stick.to_str().expect("the path is text");
        let missing = refusal(below.command(&["fetch-python", "--from", stick])).await;
        assert!(missing.contains(stick) && missing.contains("--from pyodide-314.0.7.tgz"), "{missing}");
        std::fs::write(stick, &package.bytes[1..]).expect("target can be written to");
        let wrong = refusal(below.command(&["fetch-python", "--from", stick])).await;
        assert!(wrong.contains(stick) && wrong.contains("its hash is not"), "{wrong}");
        assert!(!below.runtime().exists(), "nothing of it is kept");
        std::fs::write(stick, &package.bytes).expect("target can be written to");
        let text = said(below.command(&["fetch-python", "--from", stick])).await;
        assert!(text.contains(&below.runtime().display().to_string()), "{text}");
        let relay = below.relay("http://registry.invalid/").await;
        assert_eq!(status(&relay).await["state"], "ready");
        let response = request(&relay, "GET", "/python/314.0.7/pyodide.mjs", &[]).await;
        assert_eq!(response.body, contents("pyodide.mjs"));
    });
}

#[test]
fn where_it_cannot_it_says_why_in_a_line() {
    run(async {
        let package = Package::small();
        let place = Place::new("fetch-python-refused", &package);
        let registry = Registry::start(&[Answer::Status(404)]).await;
        let text = refusal(place.command(&["fetch-python", "--npm-registry", &registry.url])).await;
        assert!(text.contains("status 404") && text.contains("--npm-registry"), "{text}");
        let text = refusal(place.command(&["fetch-python", "--npm-registry", "registry.example"])).await;
        assert!(text.contains("--npm-registry https://registry.npmjs.org/"), "{text}");
        // Options of the relay are none of this command's, and a hash is one.
        for arguments in
            [&["--port", "0", "fetch-python"][..], &["fetch-python", "--port", "0"], &["fetch-python", "--python-integrity", "sha512-x"]]
        {
            let mut command = crate::relay_process::command();
            command.args(arguments);
            assert_eq!(output(command).await.status.code(), Some(2), "{arguments:?}");
        }
        assert!(place.names().is_empty());
    });
}

/// A command that has what is configured for npm alone to go by.
fn configured(place: &Place, npmrc: &str, variables: &[(&str, &str)]) -> tokio::process::Command {
    std::fs::write(place.cache.join(".npmrc"), npmrc).expect("target can be written to");
    let mut command = place.below("cache").command(&["fetch-python"]);
    command.env("npm_config_userconfig", place.cache.join(".npmrc")).envs(variables.iter().copied());
    command
}

#[test]
fn the_registry_of_npm_is_asked() {
    run(async {
        let package = Package::small();
        let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
        let nobody = "http://registry.invalid/";
        for (name, npmrc, variables) in [
            ("npmrc", format!("registry={}\n", registry.url), vec![]),
            ("variable", format!("registry={nobody}\n"), vec![("npm_config_registry", registry.url.as_str())]),
            ("upper", format!("registry={nobody}\n"), vec![("NPM_CONFIG_REGISTRY", registry.url.as_str())]),
        ] {
            let place = Place::new(&format!("registry-of-{name}"), &package);
            let text = said(configured(&place, &npmrc, &variables)).await;
            assert!(text.contains(&registry.url), "{name}: {text}");
        }
        let heads = registry.heads();
        assert_eq!(heads.len(), 3);
        assert!(heads.iter().all(|head| !head.to_lowercase().contains("\nauthorization:")), "{heads:?}");
    });
}

#[test]
fn a_registrys_token_goes_to_that_registry_alone() {
    run(async {
        let package = Package::small();
        let store = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
        let elsewhere = store.url.replace("127.0.0.1", "localhost") + "files/pyodide.tgz";
        let registry = Registry::start(&[Answer::Elsewhere(elsewhere)]).await;
        let place = Place::new("registry-token", &package);
        let npmrc = format!("registry={}\n{}:_authToken=${{SECRET}}\n", registry.url, registry.url.trim_start_matches("http:"));
        let text = said(configured(&place, &npmrc, &[("SECRET", "s3cret"), ("RELAY_LOG", "off")])).await;
        assert!(!text.contains("s3cret"), "{text}");
        assert!(registry.heads()[0].to_lowercase().contains("\r\nauthorization: bearer s3cret\r\n"), "{:?}", registry.heads());
        let [head] = &store.heads()[..] else { panic!("{:?}", store.heads()) };
        assert!(head.starts_with("GET /npm/files/pyodide.tgz ") && !head.contains("s3cret"), "{head}");
        // Nor is it in any log.
        let mut relay = place.command(&["--port", "0", "--log", "trace"]);
        relay.env("npm_config_userconfig", place.cache.join(".npmrc")).env("SECRET", "s3cret");
        let relay = RelayProcess::run(relay).await;
        assert_eq!(fetch(&relay).await.status, 202);
        state(&relay, "ready").await;
        let printed = relay.printed();
        assert!(printed.contains("fetching Python"), "it is logged: {printed}");
        assert!(!printed.contains("s3cret") && printed.matches(&relay.token).count() == 1, "{printed}");
    });
}
