//! The architecture's invariants, read from the sources (see ARCHITECTURE.md). Each is stated as what is absent.

use std::fs;
use std::path::{Path, PathBuf};

use crate::relay_process::root;

/// The longest a source file may be, in lines.
const MAX_LINES: usize = 400;

struct Source {
    /// From the root of the workspace, with slashes.
    path: String,
    text: String,
}

impl Source {
    /// The lines that are code, without comments, and before the unit tests, with their numbers.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(index, line)| (index + 1, line));
        let before_tests = numbered.take_while(|(_, line)| line.trim() != "#[cfg(test)]");
        before_tests.map(|(number, line)| (number, without_comment(line))).filter(|(_, line)| !line.trim().is_empty())
    }
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with("//") {
        return "";
    }
    line.split_once(" // ").map_or(line, |(code, _)| code)
}

/// The Rust files below these directories.
fn sources(directories: &[&str]) -> Vec<Source> {
    let mut files = vec![];
    for directory in directories {
        walk(&root().join(directory), &mut files);
    }
    assert!(!files.is_empty(), "nothing is read from {directories:?}");
    let rust = files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
    rust.map(|path| Source { path: relative(&path), text: fs::read_to_string(&path).expect("a source can be read") }).collect()
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(directory) else { return };
    for entry in entries {
        let path = entry.expect("a directory can be read").path();
        // The fuzz targets, a workspace of their own, are built beside their sources.
        let is_built = path.file_name().is_some_and(|name| name == "target");
        match path.is_dir() {
            true if is_built => {}
            true => walk(&path, files),
            false => files.push(path),
        }
    }
}

fn relative(path: &Path) -> String {
    let path = path.strip_prefix(root()).expect("it lies in the workspace");
    path.to_string_lossy().replace('\\', "/")
}

const EVERYTHING: &[&str] = &["protocol", "relay", "web", "tests"];

/// Asserts that no code line of `sources` holds any of `words`.
fn assert_absent(sources: &[Source], words: &[&str], reason: &str) {
    let mut found = vec![];
    for source in sources {
        for (number, line) in source.code() {
            found.extend(words.iter().filter(|word| line.contains(*word)).map(|word| format!("{}:{number}: {word}", source.path)));
        }
    }
    assert!(found.is_empty(), "{reason}: {found:#?}");
}

/// The paths of those of `sources` whose code holds any of `words`.
fn holding(sources: &[Source], words: &[&str]) -> Vec<String> {
    let holds = |source: &&Source| source.code().any(|(_, line)| words.iter().any(|word| line.contains(word)));
    sources.iter().filter(holds).map(|source| source.path.clone()).collect()
}

#[test]
fn every_file_says_what_lives_in_it() {
    let without: Vec<String> =
        sources(EVERYTHING).into_iter().filter(|source| !source.text.starts_with("//! ")).map(|source| source.path).collect();
    assert!(without.is_empty(), "these do not begin with //!: {without:#?}");
}

#[test]
fn no_file_is_long() {
    // What is written by hand in other languages; `web/editor/editor.js` is the bundle that is made of `src`.
    let mut others = vec![];
    for directory in ["web/style", "web/interpreter", "web/examples", "web/editor/src", "tests"] {
        walk(&root().join(directory), &mut others);
    }
    let is_by_hand =
        |path: &PathBuf| path.extension().is_some_and(|extension| ["css", "js", "mjs", "py"].iter().any(|one| extension == *one));
    let others = others.into_iter().filter(is_by_hand).map(|path| {
        let text = fs::read_to_string(&path).expect("it is text");
        (text.lines().count(), relative(&path))
    });
    let long: Vec<String> = sources(EVERYTHING)
        .iter()
        .map(|source| (source.text.lines().count(), source.path.clone()))
        .chain(others)
        .filter(|(lines, _)| *lines > MAX_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert!(long.is_empty(), "beyond {MAX_LINES} lines: {long:#?}");
}

#[test]
fn no_file_is_a_drawer() {
    let drawers = ["util", "utils", "helper", "helpers", "manager", "handler", "handlers", "common", "misc"];
    for source in sources(EVERYTHING) {
        let stems = source.path.split('/').map(|part| part.trim_end_matches(".rs"));
        for stem in stems {
            assert!(!drawers.contains(&stem), "{}: name it after what is in it", source.path);
        }
    }
}

#[test]
fn the_protocol_does_no_input_or_output() {
    let words =
        ["tokio", "web_sys", "wasm_bindgen", "std::time", "Instant", "SystemTime", "std::fs", "TcpStream", "TcpListener", "std::thread"];
    assert_absent(&sources(&["protocol/src"]), &words, "protocol has no I/O, no clock and no runtime");
    let manifest = fs::read_to_string(root().join("protocol/Cargo.toml")).expect("it can be read");
    for word in ["tokio", "web-sys", "wasm-bindgen", "socket2", "js-sys"] {
        assert!(!manifest.contains(word), "protocol depends on {word}");
    }
}

#[test]
fn net_trace_and_code_know_no_user_interface() {
    let words = ["leptos", "crate::ui", "super::ui", "RwSignal", "view!"];
    assert_absent(&sources(&["web/src/net"]), &words, "net names no user interface");
    let pure = [
        "web/src/trace",
        "web/src/code",
        "web/src/recording",
        "web/src/bytes",
        "web/src/path",
        "web/src/buffers",
        "web/src/tcp_info",
        "web/src/editor",
    ];
    assert_absent(&sources(&pure), &words, "what is pure names no user interface");
    assert_absent(&sources(&pure), &["web_sys", "js_sys", "wasm_bindgen"], "what is pure runs under plain cargo test");
    // The programs that `code` writes have clocks.
    let without_code: Vec<&str> = pure.into_iter().filter(|folder| *folder != "web/src/code").collect();
    assert_absent(&sources(&without_code), &["std::time", "Instant", "SystemTime"], "what is pure has no clock");
}

#[test]
fn one_file_names_the_websocket() {
    let names_it = |source: &&Source| {
        let code: Vec<&str> = source.code().map(|(_, line)| line).collect();
        // What is imported from web_sys, or named by its path, up to the end of that statement.
        code.join(" ")
            .split("web_sys::")
            .skip(1)
            .any(|after| after.split([';', '(']).next().is_some_and(|names| names.contains("WebSocket")))
    };
    let found: Vec<String> = sources(&["web/src"]).iter().filter(names_it).map(|source| source.path.clone()).collect();
    assert_eq!(found.len(), 1, "one file of the page names web_sys::WebSocket: {found:?}");
    assert!(found[0].starts_with("web/src/net/"), "{found:?}");
}

#[test]
fn one_file_decides_what_is_permitted() {
    let sources: Vec<Source> = sources(&["relay/src"]).into_iter().filter(|source| source.path != "relay/src/policy_tests.rs").collect();
    let found = holding(&sources, &["Failure::forbidden", "Rule::"]);
    assert_eq!(found, ["relay/src/policy.rs"], "only the policy forbids");
    let found = holding(&sources, &["is_loopback", "is_link_local", "is_unicast_link_local", "is_multicast", "is_private"]);
    let besides: Vec<&String> =
        found.iter().filter(|path| !["relay/src/policy.rs", "relay/src/gate.rs", "relay/src/main.rs"].contains(&path.as_str())).collect();
    assert!(besides.is_empty(), "addresses are judged elsewhere: {besides:?}");
}

#[test]
fn one_file_moves_bytes() {
    let words = [".recv(", ".recv_with_flags(", ".peek(", ".send_with_flags(", ".try_read(", ".try_write(", ".send_vectored("];
    let sources = sources(&["relay/src"]);
    let found: Vec<String> = holding(&sources, &words);
    assert!(found.contains(&"relay/src/kernel.rs".to_owned()), "{found:?}");
    let besides: Vec<String> = found.into_iter().filter(|path| path != "relay/src/kernel.rs").collect();
    let offending: Vec<&Source> = sources.iter().filter(|source| besides.contains(&source.path)).collect();
    // Channels have a recv of their own: what touches a descriptor names its type.
    let naming = |source: &&&Source| {
        source.code().any(|(_, line)| line.contains("SockRef") || line.contains("socket2::") || line.contains("AsyncFd"))
    };
    let paths: Vec<&String> = offending.iter().filter(naming).map(|source| &source.path).collect();
    assert!(paths.is_empty(), "bytes of sockets are moved elsewhere: {paths:?}");
}

#[test]
fn no_option_is_set_in_silence() {
    let words = ["set_reuse_address", "set_reuse_port", "TcpSocket::new", "SO_REUSE", "TcpListener::bind"];
    // start.rs opens the relay's own listeners, pair.rs has one for a moment, and the files of options set what the page asks for.
    let exempt = ["relay/src/start.rs", "relay/src/tls/pair.rs", "relay/src/options/unix.rs", "relay/src/options/windows.rs"];
    let sources: Vec<Source> = sources(&["relay/src"]).into_iter().filter(|source| !exempt.contains(&source.path.as_str())).collect();
    assert_absent(&sources, &words, "tokio and std set SO_REUSEADDR and a backlog of their own");
}

#[test]
fn nothing_is_unbounded_or_leaked() {
    let sources: Vec<Source> = sources(&["protocol/src", "relay/src", "web/src"]);
    assert_absent(&sources, &["unbounded", "Unbounded"], "every queue is bounded");
    assert_absent(&sources, &[".forget()", "mem::forget", "Box::leak", "ManuallyDrop"], "closures are kept, and dropped");
    assert_absent(&sources, &["todo!(", "unimplemented!(", "dbg!("], "nothing is left to do");
    assert_absent(&sources, &["let _ = "], "each error is handled once");
}

#[test]
fn no_test_sleeps_for_something_to_happen() {
    let sources: Vec<Source> = sources(&["tests/suite"]).into_iter().filter(|source| source.path != "tests/suite/tidy.rs").collect();
    assert_absent(&sources, &["thread::sleep", "Duration::from_secs(1))."], "tests wait for conditions");
    let found: Vec<String> = holding(&sources, &["time::sleep("]);
    assert_eq!(found, ["tests/suite/locator.rs", "tests/suite/waiting.rs"], "the two places that look again and again, with a deadline");
}

#[test]
fn tokio_does_not_reach_the_page() {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let tree = std::process::Command::new(cargo)
        .args(["tree", "-p", "web", "--target", "wasm32-unknown-unknown", "-e", "normal", "--prefix", "none"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let native: Vec<&str> = tree.lines().filter(|line| ["tokio ", "mio ", "socket2 "].iter().any(|name| line.starts_with(name))).collect();
    assert!(native.is_empty(), "the page is built with {native:?}");
    let net = tree.lines().any(|line| line.starts_with("protocol "));
    assert!(net, "the page uses the protocol: {tree}");
}

#[test]
fn dependencies_point_inward() {
    let manifest = |package: &str| fs::read_to_string(root().join(package).join("Cargo.toml")).expect("it can be read");
    for (package, forbidden) in [("protocol", ["relay", "web"]), ("relay", ["web", "leptos"]), ("web", ["relay", "tokio"])] {
        let text = manifest(package);
        let (_, dependencies) = text.split_once("[dependencies]").expect("it has dependencies");
        for name in forbidden {
            let named = dependencies.lines().any(|line| line.starts_with(&format!("{name} ")) || line.starts_with(&format!("{name}.")));
            assert!(!named, "{package} depends on {name}");
        }
    }
}

#[test]
fn the_editor_is_made_of_what_its_lock_names() {
    let read = |name: &str| fs::read_to_string(root().join("web/editor").join(name)).expect("it can be read");
    let lock: serde_json::Value = serde_json::from_str(&read("package-lock.json")).expect("npm writes JSON");
    let (bundle, licenses) = (read("editor.js"), read("LICENSES.txt"));
    let banner = bundle.lines().next().expect("it has lines");
    let list = banner.split_once(" of ").and_then(|(_, rest)| rest.split_once("; ")).expect("the first line says what it is made of").0;
    let packages: Vec<(&str, &str)> = list.split(", ").filter_map(|named| named.rsplit_once(' ')).collect();
    assert!(packages.iter().any(|(name, _)| *name == "@codemirror/view"), "{banner}");
    for (name, version) in packages {
        let locked = &lock["packages"][format!("node_modules/{name}")];
        assert_eq!(locked["version"], version, "{name}: run web/editor/bundle.mjs again");
        assert!(locked["integrity"].as_str().is_some_and(|hash| hash.starts_with("sha512-")), "{name} is pinned");
        assert!(licenses.contains(&format!("{name} {version} (MIT)")), "{name}: its licence stands in LICENSES.txt");
    }
}
