//! What a network does that this machine need not have: no route, a prohibited one, names that fail in every way. Made in a network of its own (`unshare(1)`).

use std::io::Write;
use std::process::Command;

use crate::python::Python;
use crate::relay_process::{binary, root};
use crate::transcript::blocks;
use crate::{run, until};

/// A user, network, mount and process namespace, which ends with its first process.
const UNSHARE: [&str; 7] = ["unshare", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--kill-child"];

/// A console on an island, with `tests/peers/island.py`; none where this machine makes no islands, which is said.
async fn island() -> Option<Python> {
    let possible = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let makes_islands = possible(Command::new(UNSHARE[0]).args(&UNSHARE[1..]).args(["ip", "link", "set", "lo", "up"]));
    if !makes_islands {
        // Not eprintln!, which a passed test does not show.
        let reason = "skipped: no network namespace can be made here (unshare and iproute2, as root or with user namespaces)";
        writeln!(std::io::stderr(), "{reason}").expect("standard error is open");
        return None;
    }
    let mut python = Python::start_under(&UNSHARE);
    let script = root().join("tests/peers/island.py");
    python.all(&[&format!("exec(open({script:?}).read(), globals())"), "network()", "names()"]).await;
    let document = std::fs::read_to_string(root().join("docs/wire.md")).expect("the document is there");
    python.all(&[&format!("relay({:?}, {:?})", binary(), blocks(&document, "python")[0].text)]).await;
    Some(python)
}

#[test]
#[cfg(target_os = "linux")]
fn ways_that_lead_nowhere_are_told_as_the_kernel_tells_them() {
    run(async {
        let Some(mut python) = island().await else { return };
        for (host, expected) in [("198.51.100.1", "EHOSTUNREACH"), ("203.0.113.1", "EACCES"), ("192.0.2.1", "ENETUNREACH")] {
            let ours = python.run(&format!("ours('connect', host={host:?}, port=80)")).await;
            let theirs = python.run(&format!("theirs('connect', lambda: socket.socket().connect(({host:?}, 80)))")).await;
            assert_eq!(ours, theirs, "{host}");
            assert!(ours.starts_with(&format!("'{expected}: ")), "{host}: {ours}");
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn names_fail_as_the_resolver_says() {
    run(async {
        let Some(mut python) = island().await else { return };
        for (host, expected) in [("nxdomain.test", "EAI_NONAME"), ("servfail.test", "EAI_AGAIN"), ("nodata.test", "EAI_NODATA")] {
            let theirs = python.run(&format!("theirs('CALL', lambda: socket.getaddrinfo({host:?}, 80, socket.AF_INET))")).await;
            let (_, text) = theirs.trim_matches('\'').split_once("CALL: ").unwrap_or_else(|| panic!("{host}: {theirs}"));
            for (call, more) in [("resolve", "family='inet'"), ("connect", "port=80")] {
                let ours = python.run(&format!("ours('{call}', host={host:?}, {more})")).await;
                assert!(ours.starts_with(&format!("'{expected}: {call}: ")) && ours.contains(text), "{host}: {ours}, not {theirs}");
            }
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_server_that_does_not_answer_holds_nobody_up() {
    run(async {
        let Some(mut python) = island().await else { return };
        for (call, text) in
            [("'resolve'", "nothing happened within the call's timeout"), ("'connect', port=80", "no answer within the call's timeout")]
        {
            let ours = python.run(&format!("ours({call}, host='silent.test', timeout_ms=100)")).await;
            let call = call.split('\'').nth(1).expect("a name");
            assert_eq!(ours, format!("\"ETIMEDOUT: {call}: {text}\""));
        }
        // A waiting one is cancelled, and its socket goes on.
        python.all(&["w = Socket(url)", "w.websocket.send('{\"id\":77,\"call\":\"resolve\",\"host\":\"silent.test\"}')"]).await;
        python.all(&["w.websocket.send('{\"id\":78,\"call\":\"cancel\",\"target\":77}')"]).await;
        let failed = python.run("w.websocket.recv()").await;
        assert_eq!(failed, r#"'{"id":77,"error":"ECANCELED","call":"resolve","address":"silent.test","text":"cancelled"}'"#);
        assert_eq!(python.run("w.websocket.recv()").await, r#"'{"id":78,"return":"cancel","cancelled":true}'"#);
        python.all(&["w.call('socket', family='inet')"]).await;
        until("another name", async || python.run("ours('resolve', host='localhost')").await.contains("127.0.0.1")).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn sockets_that_wait_for_many_names_hold_no_other_up() {
    run(async {
        let Some(mut python) = island().await else { return };
        // Each asks for as many as may wait on one socket, and its next call is carried out when all of them have been taken in.
        python.all(&["many = [Socket(url) for _ in range(12)]"]).await;
        let ask = r#"w.websocket.send('{"id":%d,"call":"resolve","host":"silent.test"}' % (100 + n))"#;
        python.all(&[&format!("[{ask} for w in many for n in range(16)]"), "[w.call('socket', family='inet') for w in many]"]).await;
        assert!(python.run("ours('resolve', host='localhost', timeout_ms=10000)").await.contains("127.0.0.1"));
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_forbidden_port_that_the_system_chose_is_given_back_for_another() {
    run(async {
        let Some(mut python) = island().await else { return };
        assert_eq!(python.run(&format!("at_one_of_two_ports({:?})", binary())).await, "(True, 1000)");
    });
}
