//! Who is let in: the token, `Host` on every route, `Origin`.

use protocol::{EndCause, SOCKET_PATH, SUBPROTOCOL, TOKEN_PREFIX};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message as Frame};

use crate::relay_process::{RelayProcess, command};
use crate::relay_watched::metrics_url;
use crate::wire::{Wire, handshake, handshake_offering, upgrade};
use crate::{run, until, within};

/// Sends one request in these very bytes, and returns the whole response as text.
async fn http(relay: &RelayProcess, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut response = vec![];
    within("response", stream.read_to_end(&mut response)).await.expect("a response and its end");
    String::from_utf8_lossy(&response).into_owned()
}

async fn get(relay: &RelayProcess, path: &str, host: &str) -> String {
    http(relay, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await
}

fn status(response: &str) -> u16 {
    response.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("no status in {response:?}"))
}

/// The file that the page loads first, as its index names it.
fn first_file(index: &str) -> String {
    let quoted = index.split('"').find(|part| part.ends_with(".js") || part.ends_with(".css"));
    let path = quoted.expect("the page names its files");
    format!("/{}", path.trim_start_matches("./").trim_start_matches('/'))
}

#[test]
fn the_page_is_served_to_its_own_hosts() {
    run(async {
        let relay = RelayProcess::start().await;
        for host in ["127.0.0.1", "localhost", "LOCALHOST"] {
            let response = get(&relay, "/", &format!("{host}:{}", relay.port)).await;
            assert_eq!(status(&response), 200, "{host}");
            assert!(response.contains("TCP Playground"), "{host}: it is the page");
        }
        let missing = get(&relay, "/no/such/file", &format!("127.0.0.1:{}", relay.port)).await;
        assert_eq!(status(&missing), 404);
    });
}

#[test]
fn no_other_host_gets_anything() {
    run(async {
        let relay = RelayProcess::start().await;
        let index = get(&relay, "/", &format!("127.0.0.1:{}", relay.port)).await;
        let file = first_file(&index);
        assert_eq!(status(&get(&relay, &file, &format!("127.0.0.1:{}", relay.port)).await), 200, "{file}");
        let port = relay.port;
        for host in [
            format!("rebound.example:{port}"),
            "rebound.example".to_owned(),
            format!("127.0.0.1.rebound.example:{port}"),
            format!("localhost.rebound.example:{port}"),
            format!("127.0.0.2:{port}"),
            format!("127.0.0.1:{}", port ^ 1),
            "localhost".to_owned(),
            String::new(),
        ] {
            for path in ["/", &file, "/no/such/file", SOCKET_PATH] {
                let response = get(&relay, path, &host).await;
                assert!((400..500).contains(&status(&response)), "Host {host:?}, {path}: {response}");
                assert_ne!(status(&response), 404, "Host {host:?}, {path}: not even what there is");
                assert!(!response.contains("<script"), "Host {host:?}, {path}: no page");
            }
        }
        let without = http(&relay, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").await;
        assert!((400..500).contains(&status(&without)), "{without}");
        // The target's host counts more than the header's (RFC 9112 section 3.2.2).
        for (target, expected) in [("rebound.example", 421), (&*format!("127.0.0.1:{port}"), 200)] {
            let request = format!("GET http://{target}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
            assert_eq!(status(&http(&relay, &request).await), expected, "{target}");
        }
    });
}

/// What a careful page tells its browser, whatever the response.
const CAREFUL: &[&str] = &[
    "x-content-type-options: nosniff",
    "referrer-policy: no-referrer",
    "cross-origin-opener-policy: same-origin",
    "cross-origin-embedder-policy: require-corp",
    "cross-origin-resource-policy: same-origin",
    "permissions-policy: camera=(), microphone=(), geolocation=()",
];

/// Asserts that the head of a response has all of it.
pub(crate) fn assert_careful(response: &str, what: &str) {
    let head = response.split("\r\n\r\n").next().unwrap_or_default().to_lowercase();
    for line in CAREFUL {
        assert!(head.contains(line), "{what} lacks {line}: {head}");
    }
    let policies: Vec<&str> = head.lines().filter_map(|line| line.strip_prefix("content-security-policy: ")).collect();
    let [policy] = policies[..] else { panic!("{what} has {} policies: {head}", policies.len()) };
    for part in [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.split("; ").any(|found| found == part), "{what} lacks {part}: {policy}");
    }
    assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'") && !policy.contains('*'), "{what}: {policy}");
}

#[test]
fn every_response_is_careful() {
    run(async {
        let relay = RelayProcess::start().await;
        let own = format!("127.0.0.1:{}", relay.port);
        let index = get(&relay, "/", &own).await;
        let file = first_file(&index);
        for (path, host, expected) in [
            ("/", own.as_str(), 200),
            (&file, &own, 200),
            ("/no/such/file", &own, 404),
            (SOCKET_PATH, &own, 426),
            ("/", "rebound.example", 421),
        ] {
            let response = get(&relay, path, host).await.to_lowercase();
            assert_eq!(status(&response), expected, "{path}");
            assert_careful(&response, path);
        }
        let post = http(&relay, &format!("POST / HTTP/1.1\r\nHost: {own}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).await;
        assert_eq!(status(&post), 405);
        assert_careful(&post, "POST");
    });
}

#[test]
fn what_is_no_request_is_refused_with_care() {
    run(async {
        let relay = RelayProcess::start_with(&["--metrics", "0"]).await;
        let metrics = metrics_url(&relay).await;
        let metrics = metrics.trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
        let well = |host: &str| format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n");
        for address in [format!("127.0.0.1:{}", relay.port), metrics] {
            let wrong = [
                ("no target", "GET\r\n\r\n".to_owned(), 400),
                ("no HTTP", "\0\0\0\0\r\n\r\n".to_owned(), 400),
                ("another HTTP", "GET / HTTP/3.0\r\n\r\n".to_owned(), 400),
                ("no header", "GET / HTTP/1.0\r\nHost\r\n\r\n".to_owned(), 400),
                ("a large head", format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(16 << 10)), 431),
                ("many headers", format!("GET / HTTP/1.1\r\n{}\r\n", "X: x\r\n".repeat(200)), 431),
            ];
            for (what, request, expected) in wrong {
                let mut stream = TcpStream::connect(&address).await.expect("it listens");
                stream.write_all(request.as_bytes()).await.expect("it is open");
                assert_refused_with_care(&mut stream, what, expected).await;
            }
        }
        // After a request that was one, too.
        let address = format!("127.0.0.1:{}", relay.port);
        let mut stream = TcpStream::connect(&address).await.expect("it listens");
        stream.write_all((well(&address) + "GET\r\n\r\n").as_bytes()).await.expect("it is open");
        let mut answer = vec![];
        while !answer.ends_with(b"}\n") {
            answer.push(within("answer", stream.read_u8()).await.expect("it is well"));
        }
        assert_careful(&String::from_utf8_lossy(&answer), "a request");
        assert_refused_with_care(&mut stream, "no request after it", 400).await;
    });
}

/// Reads to the end, which may be a reset where not all was read, and asserts that it is one careful response.
async fn assert_refused_with_care(stream: &mut TcpStream, what: &str, expected: u16) {
    let mut response = vec![];
    let _either = within("end", stream.read_to_end(&mut response)).await;
    let response = String::from_utf8_lossy(&response).into_owned();
    assert_eq!(status(&response), expected, "{what}: {response}");
    assert_careful(&response, what);
    assert!(response.ends_with("\r\n\r\n") && response.matches("HTTP/1.").count() == 1, "{what}: {response}");
}

#[test]
fn a_wrong_token_is_told_so_after_the_upgrade() {
    run(async {
        let relay = RelayProcess::start().await;
        let zeros = "0".repeat(32);
        let (short, upper) = (&relay.token[..31], relay.token.to_ascii_uppercase() + "0");
        for offer in [
            SUBPROTOCOL.to_owned(),
            format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{zeros}"),
            format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{short}"),
            format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{upper}"),
            format!("{SUBPROTOCOL}, {}", relay.token),
        ] {
            let mut stream = upgrade(&relay, handshake_offering(&relay, &offer)).await.expect("a browser shows no refused upgrade");
            let (said, code) = read_end(&mut stream).await;
            assert!(said.contains("\"event\":\"ended\"") && said.contains("\"cause\":\"token\""), "{said}");
            assert!(!said.contains(&relay.token), "it does not tell the right one");
            assert_eq!(code, Some(EndCause::Token.close_code()));
        }
        Wire::open(&relay).await;
    });
}

#[test]
fn the_token_counts_in_no_other_place() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut request = handshake_offering(&relay, SUBPROTOCOL);
        let uri = format!("ws://127.0.0.1:{}{SOCKET_PATH}?token={}", relay.port, relay.token);
        *request.uri_mut() = uri.parse().expect("an address");
        if let Ok(mut stream) = upgrade(&relay, request).await {
            assert_eq!(read_end(&mut stream).await.1, Some(EndCause::Token.close_code()));
        }
    });
}

#[test]
fn the_first_subprotocol_is_the_answer_and_needed() {
    run(async {
        let relay = RelayProcess::start().await;
        let stream = TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens");
        let (_stream, response) =
            within("handshake", tokio_tungstenite::client_async(handshake(&relay), stream)).await.expect("the relay lets us in");
        assert_eq!(response.headers().get("sec-websocket-protocol").expect("it answers").as_bytes(), SUBPROTOCOL.as_bytes());
        let refused = upgrade(&relay, handshake_offering(&relay, "tcp-playground.v2")).await;
        assert!(matches!(refused, Err(Error::Http(_))), "another version is refused: {refused:?}");
    });
}

#[test]
fn only_the_pages_own_origin_opens_sockets() {
    run(async {
        let relay = RelayProcess::start().await;
        let own = format!("http://127.0.0.1:{}", relay.port);
        upgrade(&relay, with_origin(&relay, &own)).await.expect("the page's own origin");
        upgrade(&relay, handshake(&relay)).await.expect("a program sends none");
        let others = [
            "http://evil.example".to_owned(),
            "null".to_owned(),
            format!("https://127.0.0.1:{}", relay.port),
            format!("http://127.0.0.1:{}", relay.port ^ 1),
            format!("http://127.0.0.1:{}.evil.example", relay.port),
            // The same machine under its other name is another origin.
            format!("http://localhost:{}", relay.port),
        ];
        for origin in others {
            let refused = upgrade(&relay, with_origin(&relay, &origin)).await;
            assert!(matches!(&refused, Err(Error::Http(response)) if response.status() == 403), "{origin}: {refused:?}");
        }
    });
}

#[test]
fn allowed_origins_open_sockets() {
    run(async {
        let relay = RelayProcess::start_with(&["--allow-origin", "http://127.0.0.1:7078"]).await;
        upgrade(&relay, with_origin(&relay, "http://127.0.0.1:7078")).await.expect("it was allowed");
        for origin in [
            "http://127.0.0.1:7079",
            "https://127.0.0.1:7078",
            "http://127.0.0.1",
            "http://localhost:7078",
            "http://127.0.0.1:7078.evil.example",
            "null",
        ] {
            let refused = upgrade(&relay, with_origin(&relay, origin)).await;
            assert!(matches!(&refused, Err(Error::Http(response)) if response.status() == 403), "{origin}: {refused:?}");
        }
        // It opens sockets; it is no other name of the relay.
        assert_eq!(status(&get(&relay, "/", "127.0.0.1:7078").await), 421);
    });
}

#[test]
fn allowed_hosts_are_names_of_the_relay() {
    run(async {
        let relay = RelayProcess::start_with(&["--allow-host", "relay.test", "--allow-host", "proxy.test:9000"]).await;
        for host in ["relay.test", "relay.test:1234", "RELAY.test", "proxy.test:9000"] {
            assert_eq!(status(&get(&relay, "/", host).await), 200, "{host}");
            let mut request = with_origin(&relay, &format!("http://{}", host.to_lowercase()));
            request.headers_mut().insert("host", HeaderValue::from_str(host).expect("it is text"));
            upgrade(&relay, request).await.expect("the page under this name opens sockets");
        }
        for host in ["proxy.test", "proxy.test:9001", "other.test", "sub.relay.test", "relay.test.evil.example", "arelay.test", ""] {
            for path in ["/", SOCKET_PATH] {
                let response = get(&relay, path, host).await;
                assert!((400..500).contains(&status(&response)) && !response.contains("<script"), "Host {host:?}, {path}: {response}");
            }
        }
        let wrong_origin = upgrade(&relay, with_origin(&relay, "http://relay.test")).await;
        assert!(matches!(wrong_origin, Err(Error::Http(_))), "the name's page opens sockets under that name only");
    });
}

#[test]
fn a_rebound_name_opens_no_socket() {
    run(async {
        let relay = RelayProcess::start().await;
        let name = format!("rebound.example:{}", relay.port);
        let mut request = with_origin(&relay, &format!("http://{name}"));
        request.headers_mut().insert("host", HeaderValue::from_str(&name).expect("it is text"));
        let refused = upgrade(&relay, request).await;
        assert!(matches!(refused, Err(Error::Http(_))), "Host and Origin agree, yet neither is ours: {refused:?}");
    });
}

#[test]
fn tokens_differ_and_are_printed_once() {
    run(async {
        let (one, other) = (RelayProcess::start().await, RelayProcess::start().await);
        assert_ne!(one.token, other.token);
        assert_eq!(one.token.len(), 32, "128 bits");
        let mut wire = Wire::connected(&one, other.port).await;
        assert!(!wire.hello.reach.is_empty());
        assert_eq!(wire.send(b"GET /secret HTTP/1.1\r\n\r\n").await, Ok(24));
        assert!(!wire.recv_all(1 << 20).await.expect("a response").is_empty());
        wire.close().await;
        assert_eq!(one.printed().matches(&one.token).count(), 1, "not logged: {}", one.printed());
        assert!(!one.printed().contains("secret"), "nothing that was sent is logged: {}", one.printed());
    });
}

#[test]
fn no_log_holds_a_token() {
    run(async {
        let mut command = command();
        command.args(["--port", "0"]).env("RELAY_LOG", "trace");
        let relay = RelayProcess::run(command).await;
        let wrong = "0123456789abcdef0123456789abcdef";
        upgrade(&relay, handshake_offering(&relay, &format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{wrong}")))
            .await
            .expect("told after the upgrade");
        let own = format!("127.0.0.1:{}", relay.port);
        get(&relay, &format!("/?token={}", relay.token), &own).await;
        upgrade(&relay, with_origin(&relay, "http://evil.example")).await.expect_err("another origin");
        let mut wire = Wire::socket(&relay).await;
        assert!(wire.connect("127.0.0.1", relay.port).await.is_err());
        wire.close().await;
        // Something is logged at this level, or the test would prove nothing.
        until("line of the log", async || relay.printed().contains("TRACE") || relay.printed().contains("DEBUG")).await;
        let printed = relay.printed();
        assert_eq!(printed.matches(&relay.token).count(), 1, "once, in the address: {printed}");
        assert!(!printed.contains(wrong), "nor one that is nearly right: {printed}");
    });
}

fn with_origin(relay: &RelayProcess, origin: &str) -> Request {
    let mut request = handshake(relay);
    request.headers_mut().insert("origin", HeaderValue::from_str(origin).expect("it is text"));
    request
}

/// What the relay says before it closes a WebSocket, and the close code.
async fn read_end(stream: &mut tokio_tungstenite::WebSocketStream<TcpStream>) -> (String, Option<u16>) {
    let mut said = String::new();
    loop {
        match within("end", futures::StreamExt::next(stream)).await {
            Some(Ok(Frame::Text(text))) => said += text.as_str(),
            Some(Ok(Frame::Close(close))) => return (said, close.map(|close| close.code.into())),
            Some(Ok(_)) => {}
            Some(Err(_)) | None => return (said, None),
        }
    }
}
