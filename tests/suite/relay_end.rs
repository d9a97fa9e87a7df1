//! The relay's own end, and that of pages that fell silent.

use std::time::Duration;

use futures::StreamExt;
use protocol::{EndCause, Operation, OptionValue, SUBPROTOCOL, SocketOption, TOKEN_PREFIX};
use relay::Config;
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::bystander::{Bystander, connected, fill};
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, handshake_with};
use crate::{run, until, within};

/// A relay within this process, whose pings come a hundred times as often; its port and its token.
async fn impatient_relay(stop: &CancellationToken) -> (u16, String) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    let config = Config { ping_interval: Duration::from_millis(200), ..Config::personal().expect("the system has randomness") };
    let token = config.token.to_string();
    tokio::spawn(relay::serve(listener, config, stop.clone()));
    (port, token)
}

#[test]
fn a_page_that_answers_no_ping_is_given_up() {
    run(async {
        let stop = CancellationToken::new();
        let (port, token) = impatient_relay(&stop).await;
        let request = handshake_with(port, &format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{token}"));
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the relay listens");
        let (mut websocket, _) = within("handshake", tokio_tungstenite::client_async(request, stream)).await.expect("it lets us in");
        // Read beneath the WebSocket, so that no ping is answered.
        let mut received = vec![];
        within("end", websocket.get_mut().read_to_end(&mut received)).await.expect("it hangs up");
        let text = String::from_utf8_lossy(&received);
        assert!(text.contains(r#""event":"ended""#) && text.contains(r#""cause":"silence""#), "{text}");
        let code = EndCause::Silence.close_code().to_be_bytes();
        assert!(received.windows(2).any(|window| window == code), "the close frame has its code");
        stop.cancel();
    });
}

#[test]
fn a_page_that_answers_pings_stays() {
    run(async {
        let stop = CancellationToken::new();
        let (port, token) = impatient_relay(&stop).await;
        let request = handshake_with(port, &format!("{SUBPROTOCOL}, {TOKEN_PREFIX}{token}"));
        let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the relay listens");
        let (mut websocket, _) = within("handshake", tokio_tungstenite::client_async(request, stream)).await.expect("it lets us in");
        let mut pings = 0;
        while pings < 6 {
            let frame = within("ping", websocket.next()).await.expect("it stays open").expect("a good frame");
            assert!(!frame.is_close(), "{frame:?}");
            pings += u32::from(frame.is_ping());
        }
        stop.cancel();
    });
}

/// A relay with a listener, a connection and an idle WebSocket ends in order on `signal`.
async fn ends_in_order(signal: &str) {
    let mut relay = RelayProcess::start().await;
    let (mut server, _listener, port) = Wire::listening(&relay, 5).await;
    let peer = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let mut client = Wire::connected(&relay, peer.local_addr().expect("it is bound").port()).await;
    let (mut connection, _) = peer.accept().await.expect("it comes");
    let mut idle = Wire::open(&relay).await;
    let waiting = client.start_recv(1).await;

    relay.signal(signal);
    for wire in [&mut server, &mut idle] {
        let end = wire.ended().await;
        assert_eq!(end.said.map(|(cause, _)| cause), Some(EndCause::Shutdown), "SIG{signal}");
        assert_eq!(end.code, Some(EndCause::Shutdown.close_code()));
    }
    assert_eq!(client.ended().await.said.map(|(cause, _)| cause), Some(EndCause::Shutdown));
    let _unanswered = waiting;
    assert_eq!(within("FIN", connection.read(&mut [0])).await.expect("no reset: nothing was unread"), 0);
    let status = relay.ended().await;
    assert_eq!(status.code(), Some(0), "SIG{signal}: {status}");
    TcpListener::bind(("127.0.0.1", port)).await.expect("the listener's port is free");
    TcpListener::bind(("127.0.0.1", relay.port)).await.expect("the relay's port is free");
}

#[test]
fn sigint_ends_in_order() {
    run(ends_in_order("INT"));
}

#[test]
fn sigterm_ends_in_order() {
    run(ends_in_order("TERM"));
}

#[test]
fn what_was_sent_before_the_end_still_arrives() {
    run(async {
        let mut relay = RelayProcess::start().await;
        let peer = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let mut client = Wire::connected(&relay, peer.local_addr().expect("it is bound").port()).await;
        let (mut connection, _) = peer.accept().await.expect("it comes");
        assert_eq!(client.send(&[5; 100_000]).await, Ok(100_000));
        relay.signal("TERM");
        let mut received = vec![];
        within("bytes and end", connection.read_to_end(&mut received)).await.expect("no reset");
        assert_eq!(received.len(), 100_000);
        assert_eq!(relay.ended().await.code(), Some(0));
    });
}

/// A relay with more to send than fits the buffers of a peer that does not read, so that at its end there is something to wait for.
async fn with_something_to_send() -> (RelayProcess, Wire, TcpStream) {
    let relay = RelayProcess::start().await;
    let peer = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let mut client = Wire::connected(&relay, peer.local_addr().expect("it is bound").port()).await;
    let (connection, _) = peer.accept().await.expect("it comes");
    while client.try_send_bare(&vec![1; 1 << 20], Duration::from_millis(300)).await {}
    (relay, client, connection)
}

#[test]
fn a_second_signal_ends_at_once() {
    run(async {
        let (mut relay, _client, _connection) = with_something_to_send().await;
        // At once: two of the same kind may come to one.
        relay.signal("INT");
        relay.signal("TERM");
        assert_eq!(relay.ended().await.code(), Some(130));
        TcpListener::bind(("127.0.0.1", relay.port)).await.expect("the relay's port is free");
    });
}

#[test]
fn a_peer_that_does_not_read_holds_up_the_end_for_a_moment_alone() {
    run(async {
        let (mut relay, _client, _connection) = with_something_to_send().await;
        relay.signal("TERM");
        assert_eq!(relay.ended().await.code(), Some(0), "what is not sent is given up");
        TcpListener::bind(("127.0.0.1", relay.port)).await.expect("the relay's port is free");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn sockets_that_linger_hold_up_nobody() {
    run(async {
        let mut relay = RelayProcess::start().await;
        // More of them than the relay has threads.
        let count = 2 * std::thread::available_parallelism().map_or(1, usize::from) + 1;
        let mut peers = vec![];
        for _ in 0..count {
            let (mut client, peer) = connected(&relay).await;
            let linger = Operation::Setsockopt { option: SocketOption::SO_LINGER, value: OptionValue::Number(600) };
            client.call(linger).await.expect("it can be set");
            fill(&mut client).await;
            client.reset();
            peers.push(peer);
        }
        Bystander::new(&relay).await.goes_on().await;
        relay.signal("TERM");
        assert_eq!(relay.ended().await.code(), Some(0));
    });
}

#[test]
fn a_killed_relay_leaves_no_port_behind() {
    run(async {
        let mut relay = RelayProcess::start().await;
        let (mut server, _listener, port) = Wire::listening(&relay, 5).await;
        relay.signal("KILL");
        relay.ended().await;
        assert_eq!(server.ended().await.code, None, "nobody was left to say why");
        until("free port", async || TcpListener::bind(("127.0.0.1", port)).await.is_ok()).await;
    });
}

#[test]
fn it_says_where_it_is_and_what_it_may_reach() {
    run(async {
        let relay = RelayProcess::start().await;
        until("the sentence about reach", async || relay.printed().contains("link-local")).await;
        let mut elsewhere = Wire::open(&relay).await;
        assert_eq!(elsewhere.hello.system, std::env::consts::OS);
        assert!(relay.printed().contains(&elsewhere.hello.reach), "the page is told the same");
        assert!(elsewhere.call(Operation::Close).await.is_err(), "there is nothing to close yet");
    });
}

#[test]
fn connections_that_say_nothing_hinder_nobody() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut silent = vec![];
        for _ in 0..50 {
            silent.push(TcpStream::connect(("127.0.0.1", relay.port)).await.expect("the relay listens"));
        }
        let wire = Wire::socket(&relay).await;
        wire.close().await;
        drop(silent);
    });
}
