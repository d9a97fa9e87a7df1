//! TLS: the page and the WebSockets over it, its certificates, and who speaks something else.

use std::path::PathBuf;

use protocol::{EndCause, How, SOCKET_PATH, SUBPROTOCOL};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::certificate::{self, Files, directory, text};
use crate::peers::{Peer, random_bytes};
use crate::relay_gate::assert_careful;
use crate::relay_process::{RelayProcess, command};
use crate::wire::Wire;
use crate::{python, relay_document, run, until, within};

/// A relay with a certificate of its own, and that certificate in a file.
async fn self_signed(name: &str) -> (RelayProcess, PathBuf) {
    let relay = RelayProcess::start_with(&["--tls", "self-signed"]).await;
    let shown = certificate::shown_by(&relay, &directory(name)).await;
    (relay, shown)
}

/// What curl gets from a path of the relay, with these arguments, trusting one certificate: the status and everything that came.
async fn curl(relay: &RelayProcess, trusted: &std::path::Path, path: &str, arguments: &[&str]) -> (u16, String) {
    let url = format!("https://127.0.0.1:{}{path}", relay.port);
    let own = ["-sS", "-i", "--max-time", "15", "-w", "\n%{http_code}", "--cacert", text(trusted)];
    let (_, output) = Peer::start("curl", &[&own[..], arguments, &[&url]].concat()).finish().await;
    let output = String::from_utf8_lossy(&output).into_owned();
    let status = output.lines().last().and_then(|line| line.parse().ok());
    (status.unwrap_or_else(|| panic!("no status in {output:?}")), output)
}

#[test]
fn the_printed_fingerprint_is_that_of_the_certificate() {
    run(async {
        let (relay, shown) = self_signed("tls-fingerprint").await;
        let fingerprint = certificate::fingerprint(&shown).await;
        assert!(relay.printed().contains(&format!("SHA-256  {fingerprint}\n")), "{fingerprint} is not in {}", relay.printed());
        assert!(relay.url().starts_with("https://"), "{}", relay.printed());
        let another = RelayProcess::start_with(&["--tls", "self-signed"]).await;
        assert!(!another.printed().contains(&fingerprint), "each run has a certificate of its own");
    });
}

#[test]
fn curl_gets_the_page_from_who_it_trusts() {
    run(async {
        let (relay, shown) = self_signed("tls-curl").await;
        let (status, page) = curl(&relay, &shown, "/healthz", &[]).await;
        assert!(status == 200 && page.starts_with("HTTP/1.1 200 OK") && page.contains("\"status\":\"ok\""), "{page}");
        let by_name = format!("localhost:{}:127.0.0.1", relay.port);
        let url = format!("https://localhost:{}/healthz", relay.port);
        let arguments = ["-sS", "--fail", "--http2", "--tlsv1.3", "--resolve", &by_name, "--cacert", text(&shown), &url];
        assert!(Peer::start("curl", &arguments).finish().await.0.success(), "by its name, and whoever would rather speak HTTP/2");
        let old = ["-sS", "--fail", "--tls-max", "1.2", "--cacert", text(&shown), &url];
        assert!(Peer::start("curl", &old).finish().await.0.success(), "over TLS 1.2");
        let untrusted = Peer::start("curl", &["-sS", &url]).finish().await.0;
        assert_eq!(untrusted.code(), Some(60), "curl's exit code for a certificate that nobody vouches for");
    });
}

#[test]
fn host_origin_and_token_are_checked_as_ever() {
    run(async {
        let (relay, shown) = self_signed("tls-gate").await;
        let port = relay.port;
        let (status, refused) = curl(&relay, &shown, "/", &["-H", &format!("Host: rebound.example:{port}")]).await;
        assert!(status == 421 && refused.contains(&format!("open https://127.0.0.1:{port}/")), "{refused}");
        let handshake =
            ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="];
        let subprotocols = format!("Sec-WebSocket-Protocol: {SUBPROTOCOL}, token.{}", relay.token);
        for (origin, expected) in [
            (format!("https://127.0.0.1:{port}"), 101),
            (format!("http://127.0.0.1:{port}"), 403),
            (format!("https://127.0.0.1:{}", port ^ 1), 403),
            ("https://rebound.example".to_owned(), 403),
            ("null".to_owned(), 403),
        ] {
            let origin = format!("Origin: {origin}");
            let headers = [&handshake[..], &[&subprotocols, &origin, "X-Forwarded-Proto: http"]].concat();
            let headers: Vec<&str> = headers.iter().flat_map(|line| ["-H", line]).collect();
            // A WebSocket that was let in stays open; curl waits for no more than its first frame.
            let (status, said) = curl(&relay, &shown, SOCKET_PATH, &[&headers[..], &["--max-time", "2"]].concat()).await;
            assert_eq!(status, expected, "{origin}: {said}");
        }
    });
}

#[test]
fn cpython_opens_sockets_over_it() {
    run(async {
        let (relay, shown) = self_signed("tls-python").await;
        let (_server, port) = Peer::http_server(env!("CARGO_MANIFEST_DIR")).await;
        let program = relay_document::program();
        let url = relay.url();
        let arguments = ["-u", "-c", &program, &url, "get", "127.0.0.1", &port.to_string()];
        let (status, output) = python::with_websockets_trusting(&shown, &arguments).finish().await;
        let output = String::from_utf8_lossy(&output);
        assert!(status.success() && output.starts_with("HTTP/1.0 200 OK\r\n") && output.ends_with("</html>\n"), "{status} {output}");
        let (status, _) = python::with_websockets(&arguments).finish().await;
        assert!(!status.success(), "it does not trust everybody");
    });
}

/// A relay over TLS with socat before it, which speaks TLS for those that cannot, and the port of socat.
async fn behind_socat(name: &str) -> (RelayProcess, Peer, u16) {
    let relay = RelayProcess::start_with(&["--tls", "self-signed", "--allow-host", "127.0.0.1"]).await;
    let shown = certificate::shown_by(&relay, &directory(name)).await;
    let there = format!("OPENSSL:127.0.0.1:{},nodelay,cafile={}", relay.port, text(&shown));
    let mut socat = Peer::start("socat", &["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,fork,nodelay", &there]);
    let port = socat.listening_port().await;
    (relay, socat, port)
}

#[test]
fn megabytes_and_their_end_go_both_ways_over_it() {
    run(async {
        let (relay, _socat, port) = behind_socat("tls-bulk").await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let mut wire = Wire::connected_at(port, &relay.token, listener.local_addr().expect("it is bound").port()).await;
        let (mut peer, _) = listener.accept().await.expect("it comes");
        let (up, down) = (random_bytes(5_000_001, 1), random_bytes(5_000_003, 2));
        let (mut from_page, mut to_page) = peer.split();
        let both = async {
            let mut got = vec![];
            let read = async {
                from_page.read_to_end(&mut got).await.expect("it comes whole");
            };
            let write = async {
                to_page.write_all(&down).await.expect("the page reads");
                to_page.shutdown().await.expect("it is open");
            };
            tokio::join!(read, write);
            got
        };
        let page = async {
            let mut got = vec![];
            for piece in up.chunks(200_000) {
                assert_eq!(wire.send(piece).await, Ok(piece.len() as u64));
                got.extend(wire.recv(200_000).await.expect("there is more"));
            }
            wire.shutdown(How::Write).await.expect("it is open");
            got.extend(wire.recv_all(down.len() - got.len()).await.expect("the rest"));
            assert_eq!(wire.recv(1).await, Ok(vec![]), "the end");
            got
        };
        let (got_up, got_down) = within("both directions", async { tokio::join!(both, page) }).await;
        assert!(got_up == up && got_down == down, "every byte, in order");
        wire.close().await;
    });
}

#[test]
fn the_last_words_arrive_over_it() {
    run(async {
        let (relay, _socat, port) = behind_socat("tls-last-words").await;
        let mut wrong = Wire::open_at(port, &relay.token).await;
        wrong.frame(tokio_tungstenite::tungstenite::Message::text("no call")).await;
        let end = wrong.ended().await;
        assert!(matches!(end.said, Some((EndCause::Protocol, _))), "{:?}", end.said);
    });
}

#[test]
fn a_page_that_vanishes_takes_its_socket_along() {
    run(async {
        let (relay, socat, port) = behind_socat("tls-vanish").await;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let _wire = Wire::connected_at(port, &relay.token, listener.local_addr().expect("it is bound").port()).await;
        let (mut peer, _) = listener.accept().await.expect("it comes");
        drop(socat);
        drop(_wire);
        let mut rest = vec![];
        within("end", peer.read_to_end(&mut rest)).await.ok();
        assert!(rest.is_empty());
    });
}

#[test]
fn who_speaks_plain_http_is_told_so() {
    run(async {
        let relay = RelayProcess::start_with(&["--tls", "self-signed"]).await;
        let url = format!("http://127.0.0.1:{}/", relay.port);
        let (status, output) = Peer::start("curl", &["-sS", "-i", "--max-time", "15", &url]).finish().await;
        let output = String::from_utf8_lossy(&output);
        assert!(status.success() && output.starts_with("HTTP/1.1 400 Bad Request"), "{output}");
        assert!(output.ends_with(&format!("over TLS: open https://127.0.0.1:{}/\n", relay.port)), "{output}");
        assert_careful(&output, "what is no TLS");
    });
}

#[test]
fn who_speaks_nonsense_or_nothing_hinders_nobody() {
    run(async {
        let (relay, shown) = self_signed("tls-nonsense").await;
        let mut silent = vec![];
        for _ in 0..50 {
            silent.push(TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens"));
        }
        for nonsense in [&b"\x16\x03\x01\xff\xff not a handshake"[..], b"\x16\x03\x01\x00\x05hello", b"\x16", b"\0", b"\xff\xff\xff"] {
            let mut stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
            stream.write_all(nonsense).await.expect("it is open");
            stream.shutdown().await.expect("it is open");
            let mut answer = vec![];
            // A reset is an end as well.
            within("end", stream.read_to_end(&mut answer)).await.ok();
            assert!(answer.len() < 300 || answer.starts_with(b"HTTP/1.1 400 "), "{answer:?}");
        }
        assert_eq!(curl(&relay, &shown, "/healthz", &[]).await.0, 200);
        drop(silent);
    });
}

#[test]
fn a_certificate_of_files_is_used() {
    run(async {
        let files = Files::make(&directory("tls-files"), "IP:127.0.0.1").await;
        let relay = RelayProcess::start_with(&files.arguments()).await;
        let fingerprint = files.fingerprint().await;
        until("fingerprint", async || relay.printed().contains(&fingerprint)).await;
        assert_eq!(curl(&relay, &files.certificate, "/healthz", &[]).await.0, 200);
        assert!(!relay.printed().contains("private key"), "openssl keeps it private: {}", relay.printed());
    });
}

#[test]
#[cfg(unix)]
fn a_key_that_everybody_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    run(async {
        let files = Files::make(&directory("tls-readable"), "IP:127.0.0.1").await;
        std::fs::set_permissions(&files.key, std::fs::Permissions::from_mode(0o644)).expect("it is ours");
        let relay = RelayProcess::start_with(&files.arguments()).await;
        until("warning", async || relay.printed().contains("everybody on this machine may read the private key")).await;
        assert!(relay.printed().contains(text(&files.key)), "which: {}", relay.printed());
    });
}

#[test]
fn what_cannot_be_used_is_named_in_one_line() {
    run(async {
        let (one, other, empty) = (directory("tls-one"), directory("tls-other"), directory("tls-empty"));
        let (one, other) = (Files::make(&one, "IP:127.0.0.1").await, Files::make(&other, "IP:127.0.0.1").await);
        let empty = empty.join("empty.pem");
        std::fs::write(&empty, "").expect("target can be written to");
        let (certificate, key, empty) = (text(&one.certificate), text(&one.key), text(&empty));
        for (cert, private, named, why) in [
            ("/no/such/file", key, "/no/such/file", "No such file"),
            (certificate, "/no/such/file", "/no/such/file", "No such file"),
            (empty, key, empty, "does not hold what it should"),
            (certificate, empty, empty, "does not hold what it should"),
            (key, key, key, "does not hold what it should"),
            (certificate, certificate, certificate, "does not hold what it should"),
            (certificate, text(&other.key), "", "the certificate and its private key cannot be used"),
        ] {
            let mut command = command();
            let output =
                within("end", command.args(["--port", "0", "--tls-cert", cert, "--tls-key", private]).output()).await.expect("it starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            assert!(said.starts_with("relay: ") && said.lines().count() == 1, "one line: {said}");
            assert!(said.contains(named) && said.contains(why), "{named:?} and {why:?}: {said}");
        }
    });
}

#[test]
fn half_a_choice_or_two_are_wrong_arguments() {
    run(async {
        for (arguments, named) in [
            (&["--tls-cert", "a.pem"][..], "--tls-key"),
            (&["--tls-key", "a.pem"], "--tls-cert"),
            (&["--tls", "self-signed", "--tls-cert", "a.pem", "--tls-key", "b.pem"], "cannot be used with"),
            (&["--tls", "letsencrypt"], "self-signed"),
        ] {
            let mut command = command();
            let output = within("end", command.args(arguments).output()).await.expect("it starts");
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(2), "{said}");
            assert!(said.contains(named), "{said}");
        }
    });
}
