//! Errors: each has the name, the call, the address, and the text that the system gives CPython in the same situation.

use std::io::Write;
use std::process::Command;

use protocol::{Failure, How, Name, Operation, SocketOption};

use crate::python::Python;
use crate::relay_process::{RelayProcess, binary, command};
use crate::run;
use crate::wire::Wire;

/// `told(f)` is how `f()` fails: name, text and number, as the relay writes them.
const TOLD: &str = "exec('def told(f):\\n try: return f()\\n except OSError as e: return \"%s %s (os error %d)\" % (errno.errorcode[e.errno], e.strerror, e.errno)')";

async fn console() -> Python {
    let mut python = Python::start();
    python.all(&[TOLD]).await;
    python
}

/// Asserts that ours failed in `call` about `address`, as Python's `source` does.
async fn same<T: std::fmt::Debug>(ours: Result<T, Failure>, call: &str, address: Option<String>, python: &mut Python, source: &str) {
    let failure = ours.expect_err(source);
    assert_eq!((failure.call.as_str(), &failure.address), (call, &address), "{source}: {failure:?}");
    let theirs = python.run(&format!("told(lambda: {source})")).await;
    assert_eq!(format!("'{} {}'", failure.name, failure.text), theirs, "{source}");
}

#[test]
#[cfg(target_os = "linux")]
fn connects_fail_as_pythons_do() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = console().await;
        // A port that is bound and does not listen.
        python.all(&["b = socket.socket()", "b.bind(('127.0.0.1', 0))", "x = socket.socket()"]).await;
        let closed: u16 = python.number("b.getsockname()[1]").await;
        let mut wire = Wire::socket(&relay).await;
        let to = |host: &str, port: u16| Some(format!("{host}:{port}"));
        same(wire.connect("127.0.0.1", closed).await, "connect", to("127.0.0.1", closed), &mut python, "x.connect(b.getsockname())").await;
        // The broadcast address of the loopback network is on every machine, and no TCP goes there.
        let source = "socket.socket().connect(('127.255.255.255', 9))";
        same(wire.connect("127.255.255.255", 9).await, "connect", to("127.255.255.255", 9), &mut python, source).await;
        let port = python.listen().await;
        wire.connect("127.0.0.1", port).await.expect("it listens");
        python.all(&["x = socket.create_connection(s.getsockname())"]).await;
        same(wire.connect("127.0.0.1", port).await, "connect", to("127.0.0.1", port), &mut python, "x.connect(s.getsockname())").await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn addresses_fail_as_pythons_do() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = console().await;
        let port = python.listen().await;
        let mut wire = Wire::socket(&relay).await;
        let at = |host: &str, port: u16| Some(format!("{host}:{port}"));
        let source = "socket.socket().bind(s.getsockname())";
        same(wire.bind("127.0.0.1", port.into()).await, "bind", at("127.0.0.1", port), &mut python, source).await;
        // RFC 5737 keeps 192.0.2.0/24 for documentation: no machine has it.
        same(wire.bind("192.0.2.1", 0).await, "bind", at("192.0.2.1", 0), &mut python, "socket.socket().bind(('192.0.2.1', 0))").await;
        let local = wire.bind("127.0.0.1", 0).await.expect("port 0 is free");
        python.all(&["x = socket.socket()", "x.bind(('127.0.0.1', 0))"]).await;
        same(wire.bind("127.0.0.1", 0).await, "bind", at("127.0.0.1", 0), &mut python, "x.bind(('127.0.0.1', 0))").await;
        // Two may bind with SO_REUSEADDR; only one of them may listen.
        let mut second = Wire::socket(&relay).await;
        let reuse = Operation::Setsockopt { option: SocketOption::SO_REUSEADDR, value: protocol::OptionValue::Switch(true) };
        python.all(&["y, z = socket.socket(), socket.socket()"]).await;
        for (wire, name) in [(&mut wire, "y"), (&mut second, "z")] {
            wire.call(reuse.clone()).await.expect("it can be set");
            python.all(&[&format!("{name}.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)")]).await;
        }
        second.bind("127.0.0.1", local.port().into()).await.expect("both have the option");
        python.all(&["y.bind(('127.0.0.1', 0))", "z.bind(y.getsockname())", "y.listen(1)"]).await;
        wire.listen(1).await.expect("nobody listens");
        let address = at("127.0.0.1", local.port());
        same(second.listen(1).await, "listen", address, &mut python, "z.listen(1)").await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn calls_in_the_wrong_state_fail_as_pythons_do() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = console().await;
        let port = python.listen().await;
        python.all(&["x = socket.socket()"]).await;
        let mut wire = Wire::socket(&relay).await;
        same(wire.recv(1).await, "recv", None, &mut python, "x.recv(1)").await;
        same(wire.send(b"x").await, "send", None, &mut python, "x.send(b'x')").await;
        same(wire.shutdown(How::Both).await, "shutdown", None, &mut python, "x.shutdown(socket.SHUT_RDWR)").await;
        same(wire.call(Operation::Getpeername).await, "getpeername", None, &mut python, "x.getpeername()").await;
        let (local, _) = wire.connect("127.0.0.1", port).await.expect("it listens");
        python.all(&["x.connect(s.getsockname())"]).await;
        same(wire.listen(1).await, "listen", Some(local.to_string()), &mut python, "x.listen(1)").await;
        wire.shutdown(How::Write).await.expect("it is connected");
        python.all(&["x.shutdown(socket.SHUT_WR)"]).await;
        same(wire.send(b"x").await, "send", None, &mut python, "x.send(b'x')").await;
        let (mut listening, _, own) = Wire::listening(&relay, 1).await;
        same(listening.recv(1).await, "recv", None, &mut python, "s.recv(1)").await;
        same(listening.send(b"x").await, "send", None, &mut python, "s.send(b'x')").await;
        let address = Some(format!("127.0.0.1:{own}"));
        let source = "(s.connect(s.getsockname()))";
        same(listening.connect("127.0.0.1", own).await, "connect", address, &mut python, source).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_privileged_port_is_eacces() {
    run(async {
        let first = std::fs::read_to_string("/proc/sys/net/ipv4/ip_unprivileged_port_start").expect("Linux tells");
        let first: u16 = first.trim().parse().expect("a number");
        let skipped = |reason: &str| writeln!(std::io::stderr(), "skipped: {reason}").expect("standard error is open");
        if first == 0 {
            return skipped("no port of this machine is privileged (net.ipv4.ip_unprivileged_port_start is 0)");
        }
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
        let relay = if is_root {
            // A copy, in case the way to the original is closed to others.
            let copy = std::env::temp_dir().join(format!("tcp-playground-relay-{}", std::process::id()));
            std::fs::copy(binary(), &copy).expect("it can be copied");
            let mut unprivileged = command_of("setpriv");
            unprivileged.args(["--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all"]);
            unprivileged.arg(&copy).args(["--port", "0"]);
            let relay = RelayProcess::run(unprivileged).await;
            std::fs::remove_file(&copy).expect("it is there");
            relay
        } else {
            RelayProcess::start().await
        };
        let mut python = console().await;
        let text: String = python.run("os.strerror(errno.EACCES)").await.trim_matches('\'').to_owned();
        let mut wire = Wire::socket(&relay).await;
        let failure = wire.bind("127.0.0.1", (first - 1).into()).await.expect_err("it is privileged");
        assert_eq!((failure.name, failure.call.as_str()), (Name::EACCES, "bind"));
        assert_eq!(failure.address, Some(format!("127.0.0.1:{}", first - 1)));
        assert_eq!(failure.text, format!("{text} (os error 13)"));
        wire.bind("127.0.0.1", 0).await.expect("other ports are everybody's");
    });
}

/// A program that runs as the relay's command does.
fn command_of(program: &str) -> tokio::process::Command {
    let mut other = tokio::process::Command::new(program);
    let relay = command();
    other.current_dir(relay.as_std().get_current_dir().expect("it has one")).env_remove("RELAY_LOG").kill_on_drop(true);
    other.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    other
}

#[test]
fn names_are_pythons_exceptions() {
    run(async {
        let mut python = Python::start();
        for name in Name::ALL {
            let expected = match name.as_str() {
                // Python's own function raises it, and the relay's rules are none of Python's.
                other if other.starts_with("EAI_") || other == "FORBIDDEN" => continue,
                errno => python.run(&format!("type(OSError(errno.{errno}, '')).__name__")).await,
            };
            assert_eq!(format!("'{}'", name.python()), expected, "{name}");
        }
        assert_eq!(python.run("socket.gaierror.__module__ + '.' + socket.gaierror.__name__").await, "'socket.gaierror'");
    });
}
