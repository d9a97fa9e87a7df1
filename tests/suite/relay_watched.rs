//! What an operator sees: the log, `/healthz`, the metrics; and that none of it can stop the relay.

use std::fs::File;
use std::net::SocketAddr;
use std::process::Stdio;

use protocol::{Name, Operation, OptionValue, RecvFlag, Return, Rule, SocketOption};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::bystander::connected;
use crate::peers::Peer;
use crate::relay_process::{RelayProcess, command};
use crate::wire::{Wire, error_of};
use crate::{run, until, within};

/// What curl gets, with the status in its last line.
async fn curl(arguments: &[&str]) -> String {
    let (status, output) = Peer::start("curl", &[&["-s", "-w", "\n%{http_code}"], arguments].concat()).finish().await;
    assert!(status.success(), "curl {arguments:?}: {status}");
    String::from_utf8(output).expect("text")
}

/// Where the relay tells its metrics, as it is printed.
pub(crate) async fn metrics_url(relay: &RelayProcess) -> String {
    let url = || relay.printed().lines().find_map(|line| line.trim().strip_prefix("metrics ").map(|url| url.trim().to_owned()));
    until("address of the metrics", async || url().is_some()).await;
    url().expect("it was just there")
}

/// Waits until the metrics hold this line.
async fn tells(url: &str, line: &str) {
    until(line, async || curl(&[url]).await.lines().any(|found| found == line)).await;
}

#[test]
fn health_is_told_to_who_calls_the_relay_by_its_name() {
    run(async {
        let relay = RelayProcess::start().await;
        let url = format!("http://127.0.0.1:{}/healthz", relay.port);
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(curl(&[&url]).await, format!("{{\"status\":\"ok\",\"version\":\"{version}\"}}\n\n200"));
        assert!(curl(&["-H", "Host: rebound.example", &url]).await.ends_with("\n421"), "every route asks for Host");
        assert!(curl(&["-X", "POST", &url]).await.ends_with("\n405"));
        let head = curl(&["-I", &url]).await.to_lowercase();
        assert!(head.contains("cache-control: no-store") && head.contains("nosniff"), "{head}");
    });
}

#[test]
fn metrics_tell_of_sockets_bytes_calls_refusals_and_handshakes() {
    run(async {
        let relay = RelayProcess::start_with(&["--metrics", "0"]).await;
        let url = metrics_url(&relay).await;
        assert!(url.starts_with("http://127.0.0.1:"), "this computer alone, unless told otherwise: {url}");
        let (server, listener, port) = Wire::listening(&relay, 5).await;
        let mut client = Wire::connected(&relay, port).await;
        let mut connection = Wire::open(&relay).await;
        connection.accept(listener).await.expect("it waits");
        let idle = Wire::socket(&relay).await;
        assert_eq!(client.send(&[1; 1000]).await, Ok(1000));
        assert_eq!(connection.recv_all(1000).await.map(|bytes| bytes.len()), Ok(1000));
        let failure = client.connect("127.0.0.1", relay.port).await.expect_err("it is forbidden");
        assert_eq!(failure.rule, Some(Rule::OwnPort));
        assert_eq!(error_of(Wire::socket(&relay).await.connect("127.0.0.1", 1).await), Name::ECONNREFUSED);
        assert!(curl(&["-H", "Host: rebound.example", &relay.url()]).await.ends_with("\n421"));
        for line in [
            r#"tcp_playground_sockets{role="listener"} 1"#,
            r#"tcp_playground_sockets{role="client"} 1"#,
            r#"tcp_playground_sockets{role="accepted"} 1"#,
            r#"tcp_playground_sockets{role="new"} 1"#,
            r#"tcp_playground_socket_bytes_total{direction="sent"} 1000"#,
            r#"tcp_playground_socket_bytes_total{direction="received"} 1000"#,
            r#"tcp_playground_calls_total{call="accept",result="ok"} 1"#,
            r#"tcp_playground_calls_total{call="connect",result="ECONNREFUSED"} 1"#,
            r#"tcp_playground_calls_total{call="connect",result="FORBIDDEN"} 1"#,
            r#"tcp_playground_refusals_total{rule="own-port"} 1"#,
            r#"tcp_playground_refusals_total{rule="host"} 1"#,
            "tcp_playground_handshake_seconds_count 5",
        ] {
            tells(&url, line).await;
        }
        drop((server, client, connection, idle));
        for role in ["listener", "client", "accepted", "new"] {
            tells(&url, &format!("tcp_playground_sockets{{role=\"{role}\"}} 0")).await;
        }
        assert!(curl(&[&url.replace("/metrics", "/")]).await.ends_with("\n404"));
    });
}

#[test]
fn bytes_that_a_peek_leaves_are_counted_once() {
    run(async {
        let relay = RelayProcess::start_with(&["--metrics", "0"]).await;
        let url = metrics_url(&relay).await;
        let (mut wire, mut peer) = connected(&relay).await;
        peer.write_all(b"twelve bytes").await.expect("it is open");
        for _ in 0..3 {
            assert_eq!(wire.recv_with(6, &[RecvFlag::Peek]).await, Ok(b"twelve".to_vec()));
        }
        assert_eq!(wire.recv_with(12, &[RecvFlag::Waitall]).await, Ok(b"twelve bytes".to_vec()));
        tells(&url, r#"tcp_playground_calls_total{call="recv",result="ok"} 4"#).await;
        tells(&url, r#"tcp_playground_socket_bytes_total{direction="received"} 12"#).await;
    });
}

#[test]
fn what_the_kernel_took_is_counted_when_the_page_vanishes_before_the_answer() {
    run(async {
        let relay = RelayProcess::start_with(&["--metrics", "0", "--log", "relay=info"]).await;
        let url = metrics_url(&relay).await;
        let (mut wire, mut peer) = connected(&relay).await;
        let narrow = Operation::Setsockopt { option: SocketOption::SO_SNDBUF, value: OptionValue::Number(4096) };
        wire.call(narrow).await.expect("it can be set");
        // Less than the window, so that the relay hears of the page's end; more than the kernel takes, as the peer reads nothing yet.
        wire.start_send(Operation::Send { flags: vec![], timeout_ms: None }, &[7; 512 << 10]).await;
        assert_eq!(within("first byte", peer.read_u8()).await.expect("it is open"), 7);
        wire.reset();
        until("end in the log", async || relay.printed().contains("closed sent_bytes=")).await;
        let mut rest = vec![];
        within("end", peer.read_to_end(&mut rest)).await.expect("the relay ended it");
        let taken = 1 + rest.len();
        assert!(taken < 512 << 10, "there was no part");
        assert!(relay.printed().contains(&format!("closed sent_bytes={taken} received_bytes=0")), "{taken}: {}", relay.printed());
        tells(&url, &format!(r#"tcp_playground_socket_bytes_total{{direction="sent"}} {taken}"#)).await;
    });
}

#[test]
fn a_socket_that_a_rule_took_away_is_counted_no_more() {
    run(async {
        // The system chooses a port of those that are denied.
        let denied = ["--deny", "127.0.0.1:1024-65535", "--deny", "0.0.0.0:1024-65535"];
        let relay = RelayProcess::start_with(&[["--metrics", "0", "--max-sockets", "1"].as_slice(), &denied].concat()).await;
        let url = metrics_url(&relay).await;
        let (mut one, mut other) = (Wire::socket(&relay).await, Wire::open(&relay).await);
        tells(&url, r#"tcp_playground_sockets{role="new"} 1"#).await;
        assert_eq!(one.bind("127.0.0.1", 0).await.expect_err("it is denied").rule, Some(Rule::Denied));
        tells(&url, r#"tcp_playground_sockets{role="new"} 0"#).await;
        // Its place is free, and what its listener had.
        let socket = Operation::Socket { family: protocol::Family::Inet };
        assert_eq!(other.call(socket.clone()).await, Ok(Return::Socket));
        assert_eq!(error_of(one.call(socket.clone()).await), Name::EMFILE);
        assert_eq!(other.listen(1).await.expect_err("it is denied").rule, Some(Rule::Denied));
        tells(&url, r#"tcp_playground_sockets{role="new"} 0"#).await;
        assert_eq!(one.call(socket).await, Ok(Return::Socket));
    });
}

#[test]
fn metrics_are_told_where_the_operator_says_and_end_with_the_relay() {
    run(async {
        let mut relay = RelayProcess::start_with(&["--metrics", "127.0.0.2:0"]).await;
        let url = metrics_url(&relay).await;
        assert!(url.starts_with("http://127.0.0.2:"), "{url}");
        let address: SocketAddr = url.trim_start_matches("http://").trim_end_matches("/metrics").parse().expect("an address");
        relay.signal("TERM");
        assert_eq!(relay.ended().await.code(), Some(0));
        until("free port", async || TcpListener::bind(address).await.is_ok()).await;
    });
}

#[test]
fn metrics_are_told_to_no_rebound_name() {
    run(async {
        let relay = RelayProcess::start_with(&["--metrics", "0", "--allow-host", "relay.test:7077"]).await;
        let url = metrics_url(&relay).await;
        let port = url.trim_end_matches("/metrics").rsplit(':').next().expect("a port");
        for host in ["rebound.example".to_owned(), format!("rebound.example:{port}"), format!("127.0.0.1.rebound.example:{port}")] {
            let answer = curl(&["-H", &format!("Host: {host}"), &url]).await;
            assert!(answer.ends_with("\n421") && !answer.contains("tcp_playground"), "{host}: {answer}");
        }
        assert!(curl(&["-H", "Host:", &url]).await.ends_with("\n421"), "nor without a name");
        for host in [format!("localhost:{port}"), "127.0.0.1".to_owned(), "192.0.2.7:80".to_owned(), format!("relay.test:{port}")] {
            assert!(curl(&["-H", &format!("Host: {host}"), &url]).await.ends_with("\n200"), "{host}");
        }
        tells(&url, r#"tcp_playground_refusals_total{rule="host"} 4"#).await;
    });
}

#[test]
fn who_does_not_read_or_ask_keeps_the_metrics_from_nobody() {
    run(async {
        let relay = RelayProcess::start_with(&["--metrics", "0"]).await;
        let url = metrics_url(&relay).await;
        let address = url.trim_start_matches("http://").trim_end_matches("/metrics");
        let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n");
        for sent in [request.repeat(20_000).as_str(), "", "GET /metrics HTTP/1.1\r\n"] {
            let mut clients = tokio::task::JoinSet::new();
            for _ in 0..16 {
                let mut client = TcpStream::connect(address).await.expect("it listens");
                let sent = sent.to_owned();
                clients.spawn(async move {
                    // To the end of the connection, or of the test: nobody reads the answers.
                    let _either = client.write_all(sent.as_bytes()).await;
                    std::future::pending::<()>().await;
                    drop(client);
                });
            }
            let answer = curl(&["--max-time", "5", &url]).await;
            assert!(answer.ends_with("# EOF\n\n200"), "beside sixteen of {:.30?}: {answer}", sent);
        }
    });
}

/// The lines of the log of a relay that connected once and was asked for itself once, with a payload in both directions.
async fn log_of_a_conversation(arguments: &[&str]) -> Vec<String> {
    let relay = RelayProcess::start_with(arguments).await;
    let mut python = crate::python::Python::start();
    let port = python.listen().await;
    let mut wire = Wire::connected(&relay, port).await;
    python.all(&["c, _ = s.accept()", "c.send(b'secret answer')"]).await;
    assert_eq!(wire.send(b"secret question").await, Ok(15));
    assert_eq!(wire.recv(100).await, Ok(b"secret answer".to_vec()));
    wire.connect("127.0.0.1", relay.port).await.expect_err("it is forbidden");
    wire.close().await;
    until("end in the log", async || relay.printed().contains("closed")).await;
    let printed = relay.printed();
    assert!(!printed.contains("secret"), "nothing that went over the connection is logged: {printed}");
    assert_eq!(printed.matches(&relay.token).count(), 1, "the token stands in the address alone: {printed}");
    let is_log = |line: &&str| line.contains("INFO") || line.contains("DEBUG") || line.contains("TRACE");
    printed.lines().filter(is_log).map(str::to_owned).collect()
}

#[test]
fn the_log_has_a_span_for_each_socket() {
    run(async {
        let log = log_of_a_conversation(&["--log", "relay=info"]).await;
        assert_eq!(log.len(), 3, "{log:#?}");
        for (line, text) in
            log.iter().zip(["connected", "refused rule=own-port call=\"connect\"", "closed sent_bytes=15 received_bytes=13"])
        {
            assert!(line.contains(" socket{id=1 page=127.0.0.1:") && line.contains(" role=\"client\" local=127.0.0.1:"), "{line}");
            assert!(line.contains(text), "{text}: {line}");
        }
        let log = log_of_a_conversation(&["--log", "trace"]).await;
        assert!(log.iter().any(|line| line.contains("returned call=\"recv\" bytes=13")), "{log:#?}");
    });
}

#[test]
fn the_log_can_be_json() {
    run(async {
        let log = log_of_a_conversation(&["--log-format", "json", "--log", "info"]).await;
        let last: serde_json::Value = serde_json::from_str(log.last().expect("lines")).expect("JSON");
        assert_eq!(
            (&last["level"], &last["fields"]["message"], &last["fields"]["sent_bytes"]),
            (&"INFO".into(), &"closed".into(), &15.into())
        );
        assert_eq!((&last["span"]["name"], &last["span"]["role"]), (&"socket".into(), &"client".into()), "{last}");
        assert!(last["span"]["local"].as_str().is_some_and(|local| local.starts_with("127.0.0.1:")), "{last}");
        assert!(log.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{log:#?}");
    });
}

#[test]
fn the_variable_says_what_is_logged_and_the_option_wins() {
    run(async {
        let mut from_variable = command();
        from_variable.args(["--port", "0"]).env("RELAY_LOG", "info");
        let relay = RelayProcess::run(from_variable).await;
        Wire::listening(&relay, 1).await;
        until("line of the log", async || relay.printed().contains("listens")).await;

        let mut both = command();
        both.args(["--port", "0", "--log", "warn"]).env("RELAY_LOG", "trace");
        let mut relay = RelayProcess::run(both).await;
        Wire::listening(&relay, 1).await;
        relay.signal("TERM");
        relay.ended().await;
        assert!(!relay.printed().contains("listens"), "{}", relay.printed());

        let mut wrong = command();
        wrong.args(["--port", "0"]).env("RELAY_LOG", "relay=loud");
        let output = within("end", wrong.output()).await.expect("it starts");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.starts_with("relay: RELAY_LOG is \"relay=loud\"") && text.lines().count() == 1, "{text}");
        assert_eq!(output.status.code(), Some(1));
    });
}

/// A relay that logs everything to `errors` answers thousands of calls, which are more than a pipe holds, and ends in order.
async fn serves_without_a_log(errors: Stdio) {
    let mut command = command();
    command.args(["--port", "0", "--log", "trace"]).stderr(errors);
    let mut relay = RelayProcess::run(command).await;
    let mut wire = Wire::socket(&relay).await;
    for _ in 0..2000 {
        assert!(matches!(wire.call(Operation::Getsockname).await, Ok(Return::Getsockname { .. })));
    }
    wire.close().await;
    relay.signal("TERM");
    assert_eq!(relay.ended().await.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_for_the_log_stops_nothing() {
    run(async {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        serves_without_a_log(full.into()).await;
    });
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    run(async {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        serves_without_a_log(writer.into()).await;
        let (closed, writer) = std::io::pipe().expect("a pipe");
        drop(closed);
        serves_without_a_log(writer.into()).await;
        drop(reader);
    });
}
