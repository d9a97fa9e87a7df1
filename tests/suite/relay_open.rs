//! `--open`: the page in a browser, whose arguments every user of the machine sees. Elsewhere than on Linux the system is asked, not a program, and would open one.

use std::path::Path;

use crate::certificate::directory;
use crate::relay_process::{RelayProcess, command, root};
use crate::wire::Wire;
use crate::{run, until};

/// What a browser noted that a relay opened, with these as its home and its place for temporary files.
async fn opened(home: &Path, temporary: &Path, notes: &Path) -> (RelayProcess, serde_json::Value) {
    let mut command = command();
    // From the root, so that no path stands in BROWSER, which ends at a space.
    command.args(["--port", "0", "--open"]).current_dir(root()).env("BROWSER", "python3 tests/peers/browser.py --new-window %s");
    command.env("HOME", home).env("TMPDIR", temporary).env("NOTES", notes);
    let relay = RelayProcess::run(command).await;
    until("browser that was opened", async || notes.exists()).await;
    let noted = std::fs::read(notes).expect("it was just there");
    (relay, serde_json::from_slice(&noted).expect("JSON"))
}

#[test]
fn no_argument_of_the_browser_holds_the_token() {
    run(async {
        let home = directory("open home");
        let notes = directory("open-notes").join("notes.json");
        let (mut relay, noted) = opened(&home, Path::new("/no/such/directory"), &notes).await;
        let arguments = noted["arguments"].as_array().expect("a list");
        assert!(!noted["arguments"].to_string().contains(&relay.token), "every user sees them: {arguments:?}");
        assert!(arguments.len() == 2 && arguments[1].as_str().is_some_and(|url| url.starts_with("file:///")), "{arguments:?}");
        assert_eq!(noted["modes"], serde_json::json!(["0o600", "0o700"]), "the file and its directory are its owner's alone");
        let text = noted["text"].as_str().expect("a text");
        assert!(text.contains(&format!("content=\"0;url={}\"", relay.url())), "it leads to the page: {text}");
        let path = noted["path"].as_str().expect("a path");
        assert!(Path::new(path).starts_with(&home) && Path::new(path).exists(), "a browser may be slow: {path}");
        assert!(!path.contains(&relay.token) && !path.contains("/."), "snaps see no hidden file: {path}");
        assert_eq!(relay.printed().matches(&relay.token).count(), 1, "{}", relay.printed());
        relay.signal("TERM");
        assert_eq!(relay.ended().await.code(), Some(0));
        assert_eq!(std::fs::read_dir(&home).expect("it is there").count(), 0, "nothing is left of it");
    });
}

#[test]
fn without_a_home_a_temporary_file_leads_to_the_page() {
    run(async {
        let temporary = directory("open-temporary");
        let notes = directory("open-temporary-notes").join("notes.json");
        let (relay, noted) = opened(Path::new("/no/such/directory"), &temporary, &notes).await;
        assert!(Path::new(noted["path"].as_str().expect("a path")).starts_with(&temporary), "{noted}");
        assert_eq!(noted["modes"], serde_json::json!(["0o600", "0o700"]), "others can write to its place, and not read it");
        assert!(!noted["arguments"].to_string().contains(&relay.token), "{noted}");
    });
}

#[test]
fn without_a_private_file_no_browser_is_opened() {
    run(async {
        let nowhere = "/no/such/directory";
        let mut command = command();
        command.args(["--port", "0", "--open"]).env("HOME", nowhere).env("TMPDIR", nowhere).env("BROWSER", "touch %s");
        let relay = RelayProcess::run(command).await;
        until("word about the file", async || relay.printed().contains("no browser is opened, as there is no place for a private file"))
            .await;
        Wire::socket(&relay).await.close().await;
    });
}

#[test]
fn without_a_browser_it_says_so_and_serves() {
    run(async {
        let mut command = command();
        command.args(["--port", "0", "--open"]).env("BROWSER", "/no/such/browser").env("PATH", "/no/such/directory");
        let relay = RelayProcess::run(command).await;
        until("word about the browser", async || relay.printed().contains("no browser could be opened")).await;
        Wire::socket(&relay).await.close().await;
    });
}
