//! The relay's command line: whom it serves, what its sockets may reach, and what it says where it cannot start.

use std::process::Output;

use protocol::{Failure, Name, Rule};
use tokio::net::{TcpListener, TcpStream};

use crate::peers::Peer;
use crate::relay_process::{RelayProcess, command};
use crate::wire::{Wire, error_of};
use crate::{run, until, within};

/// A listener on a free port of 127.0.0.1, and the port.
async fn peer() -> (TcpListener, u16) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    (listener, port)
}

/// Which of the relay's rules forbade a call.
fn rule_of<T: std::fmt::Debug>(result: Result<T, Failure>) -> Rule {
    let failure = result.expect_err("it must be forbidden");
    assert_eq!(failure.name, Name::FORBIDDEN, "{failure}");
    failure.rule.expect("what is forbidden names its rule")
}

/// What connecting with a socket of its own comes to.
async fn connect(relay: &RelayProcess, host: &str, port: u16) -> Result<(), Failure> {
    Wire::socket(relay).await.connect(host, port).await.map(drop)
}

/// What binding with a socket of its own comes to.
async fn bind(relay: &RelayProcess, address: &str, port: u16) -> Result<(), Failure> {
    Wire::socket(relay).await.bind(address, port.into()).await.map(drop)
}

/// Runs the relay with arguments with which it ends at once.
async fn ends(arguments: &[&str]) -> Output {
    within("end of a relay that cannot start", command().args(arguments).output()).await.expect("it starts")
}

/// The one line in which the relay says why it does not start.
async fn refusal(arguments: &[&str]) -> String {
    let output = ends(arguments).await;
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    assert!(output.stdout.is_empty(), "nothing is promised: {}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(text.starts_with("relay: ") && text.lines().count() == 1, "{text}");
    text
}

#[test]
fn a_shared_relay_reaches_nothing_by_itself() {
    run(async {
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0"]).await;
        let (listener, port) = peer().await;
        for host in ["127.0.0.1", "localhost"] {
            assert_eq!(rule_of(connect(&relay, host, port).await), Rule::NotAllowed, "connect {host}");
        }
        for (address, port) in [("127.0.0.1", 0), ("0.0.0.0", 0), ("127.0.0.1", port)] {
            assert_eq!(rule_of(bind(&relay, address, port).await), Rule::NotAllowed, "bind {address}:{port}");
        }
        let own = TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
        let (_, first) = within("connection", listener.accept()).await.expect("it comes");
        assert_eq!(first, own.local_addr().expect("it is connected"), "the relay sent no SYN");
        until("sentence about reach", async || relay.printed().contains("nothing")).await;
        assert!(Wire::open(&relay).await.hello.reach.contains("nothing"), "the page is told so");
    });
}

#[test]
fn a_shared_relay_reaches_what_is_allowed() {
    run(async {
        let ((_by_address, address_port), (_by_name, name_port), (own, own_port)) = (peer().await, peer().await, peer().await);
        let (_other, other_port) = peer().await;
        let grants = [format!("127.0.0.1:{address_port}"), format!("localhost:{name_port}"), format!("127.0.0.1:{own_port}")];
        let [address, name, to_bind] = grants.each_ref().map(String::as_str);
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0", "--allow", address, "--allow", name, "--allow", to_bind]).await;
        assert_eq!(connect(&relay, "127.0.0.1", address_port).await, Ok(()));
        assert_eq!(connect(&relay, "localhost", address_port).await, Ok(()), "a name leads to an address that is allowed");
        assert_eq!(connect(&relay, "localhost", name_port).await, Ok(()));
        assert_eq!(rule_of(connect(&relay, "127.0.0.1", name_port).await), Rule::NotAllowed, "the name was allowed, not its address");
        assert_eq!(rule_of(connect(&relay, "localhost", other_port).await), Rule::NotAllowed, "another port");
        assert_eq!(rule_of(bind(&relay, "0.0.0.0", own_port).await), Rule::NotAllowed, "all addresses are more than one");
        assert_eq!(error_of(bind(&relay, "127.0.0.1", own_port).await), Name::EADDRINUSE, "the kernel was asked");
        drop(own);
        // Not at once: a test beside this one may be starting a program, which holds a copy of our descriptors until it runs.
        until("bind of the port that is free again", async || bind(&relay, "127.0.0.1", own_port).await.is_ok()).await;
        assert!(Wire::open(&relay).await.hello.reach.contains(name), "the page is told what it may reach");
    });
}

#[test]
fn what_is_denied_is_out_of_reach_whatever_is_allowed() {
    run(async {
        let ((_denied, denied), (_free, free)) = (peer().await, peer().await);
        let deny = format!("127.0.0.1:{denied}");
        let shared = ["--host", "0.0.0.0", "--allow", "127.0.0.1", "--allow", "localhost", "--deny", deny.as_str()];
        for arguments in [shared.as_slice(), &["--deny", &deny]] {
            let relay = RelayProcess::start_with(arguments).await;
            for host in ["127.0.0.1", "localhost"] {
                assert_eq!(rule_of(connect(&relay, host, denied).await), Rule::Denied, "{arguments:?}, connect {host}");
                assert_eq!(connect(&relay, host, free).await, Ok(()), "{arguments:?}, connect {host}");
            }
            assert_eq!(rule_of(bind(&relay, "127.0.0.1", denied).await), Rule::Denied, "{arguments:?}");
            assert_eq!(bind(&relay, "127.0.0.1", 0).await, Ok(()), "{arguments:?}");
        }
    });
}

#[test]
fn allowing_something_on_a_personal_relay_is_a_mistake() {
    run(async {
        for personal in [["--host", "127.0.0.1"], ["--host", "::1"]] {
            let text = refusal(&[&["--port", "0", "--allow", "10.0.0.0/8"], personal.as_slice()].concat()).await;
            assert!(text.contains("--allow is for a shared relay") && text.contains("--deny"), "{text}");
        }
    });
}

#[test]
fn a_port_in_use_is_said_so() {
    run(async {
        let (_taken, port) = peer().await;
        let text = refusal(&["--port", &port.to_string()]).await;
        assert!(text.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{text}");
        assert!(text.contains("--port 0"), "what to do: {text}");
        let text = refusal(&["--port", "0", "--metrics", &port.to_string()]).await;
        assert!(text.contains(&format!("cannot listen on 127.0.0.1:{port}")) && text.contains("--metrics 0"), "{text}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn it_is_said_who_has_the_port() {
    run(async {
        let (server, port) = Peer::http_server(env!("CARGO_TARGET_TMPDIR")).await;
        let port = port.to_string();
        let by = format!(", by process {} (python", server.pid());
        for arguments in [&["--port", &port][..], &["--port", &port, "--host", "0.0.0.0"], &["--port", "0", "--metrics", &port]] {
            let text = refusal(arguments).await;
            assert!(text.contains(&by), "{text}");
        }
        let relay = RelayProcess::start().await;
        let port = relay.port.to_string();
        let text = refusal(&["--port", &port]).await;
        assert!(text.contains(&format!("by process {} (relay --port 0); ", relay.pid())), "{text}");
    });
}

#[test]
fn addresses_that_are_not_this_machines_are_said_so() {
    run(async {
        let text = refusal(&["--host", "192.0.2.1", "--port", "0"]).await;
        assert!(text.contains("cannot listen on 192.0.2.1:0") && text.contains("--host takes an address of this machine"), "{text}");
        let text = refusal(&["--port", "0", "--metrics", "192.0.2.1:0"]).await;
        assert!(text.contains("--metrics takes an address of this machine"), "{text}");
    });
}

#[test]
fn one_port_is_not_for_two_listeners() {
    run(async {
        let (listener, port) = peer().await;
        drop(listener);
        let port = port.to_string();
        let text = refusal(&["--port", &port, "--metrics", &port]).await;
        assert!(text.contains("--metrics") && (!cfg!(target_os = "linux") || text.contains("this relay listens there already")), "{text}");
    });
}

#[test]
fn a_relay_that_cannot_tell_its_address_does_not_run() {
    run(async {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = command();
        let child = command.args(["--port", "0"]).stdout(writer).spawn().expect("it starts");
        let output = within("end", child.wait_with_output()).await.expect("it can be waited for");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.starts_with("relay: cannot print the address") && text.lines().count() == 1, "{text}");
    });
}

#[test]
fn the_help_names_every_option() {
    run(async {
        let help = ends(&["--help"]).await;
        assert!(help.status.success());
        let text = String::from_utf8_lossy(&help.stdout).into_owned();
        let named = |option: &str| text.lines().any(|line| line.split([' ', ',']).find(|word| word.starts_with("--")) == Some(option));
        for option in [
            "--port",
            "--host",
            "--open",
            "--allow",
            "--deny",
            "--allow-origin",
            "--allow-host",
            "--metrics",
            "--log",
            "--log-format",
            "--help",
            "--version",
        ] {
            assert!(named(option), "{option} is not in the help: {text}");
        }
    });
}

#[test]
fn wrong_arguments_are_named() {
    run(async {
        for (arguments, named) in [
            (["--no-such-option", "1"], "--no-such-option"),
            (["--port", "70000"], "70000"),
            (["--host", "no address"], "no address"),
            (["--allow", "10.0.0.300:80"], "10.0.0.300:80"),
            (["--deny", "localhost:90-80"], "localhost:90-80"),
            (["--metrics", "localhost:9090"], "localhost:9090"),
            (["--log", "relay=loud"], "relay=loud"),
            (["--log-format", "xml"], "xml"),
            (["--allow-origin", "localhost:7078"], "localhost:7078"),
            (["--allow-origin", "http://localhost:7078/page"], "http://localhost:7078/page"),
            (["--allow-host", "http://relay.test"], "http://relay.test"),
            (["--allow-host", "relay.test:+80"], "relay.test:+80"),
            (["--allow-host", "relay.test:70000"], "relay.test:70000"),
            (["--allow-origin", "http://relay.test:+80"], "http://relay.test:+80"),
            (["--metrics", "+9090"], "+9090"),
            (["--half-closed-limit", "0"], "0"),
        ] {
            let output = ends(&arguments).await;
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: as usual for wrong arguments");
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(text.contains(named) && !text.contains("panicked"), "{text}");
        }
    });
}
