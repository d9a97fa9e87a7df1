//! The programs of `tests/programs`, which use all of `socket` and what stands on it: in the page they print what they print under the machine's own Python.

use std::fs;

use crate::peers::Peer;
use crate::python_window::in_python;
use crate::relay_process::root;

/// One of the programs, and what it prints under the machine's Python.
pub(crate) async fn expected_of(name: &str) -> (String, String) {
    let path = root().join("tests/programs").join(name);
    let source = fs::read_to_string(&path).expect("it is there");
    let native = Peer::start("python3", &[path.to_str().expect("the path is text")]);
    let (status, expected) = native.finish().await;
    assert!(status.success(), "{name} under python3: {status}");
    (source, String::from_utf8_lossy(&expected).into_owned())
}

/// Runs programs here and there.
fn print_the_same(window: &str, programs: &[&str]) {
    in_python(window, async |page, _relay| {
        for name in programs {
            let (source, expected) = expected_of(name).await;
            let printed = page.outcome_of(&source).await;
            assert_eq!(printed.trim_end(), expected.trim_end(), "{name}");
        }
    });
}

#[test]
fn sockets_fail_wait_and_are_files_as_under_cpython() {
    print_the_same("python_sockets", &["errors.py", "waiting.py", "files.py", "descriptors.py", "names.py"]);
}

#[test]
fn threads_streams_and_protocols_run_as_under_cpython() {
    print_the_same("python_protocols", &["threads.py", "streams.py", "web.py", "mail.py"]);
}

#[test]
fn what_is_not_here_says_why() {
    in_python("python_absent", async |page, _relay| {
        for (source, says) in [
            ("import ssl", "ImportError: TLS is not available here"),
            ("import socket\nsocket.socket(type=socket.SOCK_DGRAM)", "OSError: [Errno 93] UDP is not available here"),
            ("import socket\nsocket.socket(type=socket.SOCK_RAW)", "OSError: [Errno 93] raw sockets are not available here"),
            ("import socket\nsocket.socket(socket.AF_UNIX)", "OSError: [Errno 97] Unix sockets are not available here"),
        ] {
            let printed = page.outcome_of(source).await;
            assert!(printed.contains(says), "{source}: {printed}");
            assert!(!printed.contains("playground"), "nothing of ours is in the traceback: {printed}");
        }
        // Where only the scheme says that it would be TLS.
        let printed = page.outcome_of("import urllib.request\nurllib.request.urlopen('https://localhost/')").await;
        assert!(printed.contains("TLS is not available here"), "{printed}");
    });
}
