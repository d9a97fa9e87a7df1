//! Sessions of servers, and of both ends in one page, as programs in Python, Rust and C.

use std::net::Ipv4Addr;

use protocol::{How, Name, Operation, Return, SocketOption};
use tokio::net::TcpStream;

use crate::code_peer::Other;
use crate::code_recording::{Recording, accept, accepted, client_address, connect, recv, server_address};
use crate::code_running::{Language, Running};
use crate::peers::random_bytes;
use crate::{run, within};

async fn dial(port: u16) -> Other {
    Other(within("connection to the program", TcpStream::connect((Ipv4Addr::LOCALHOST, port))).await.expect("it listens"))
}

#[test]
fn the_introductions_server() {
    run(async {
        let mut session = Recording::default();
        session.listening(1);
        for connection in [2, 3] {
            session.accepted(connection);
            session.sent(connection, b"Hello, client!");
            session.closed(connection);
        }
        for language in Language::ALL {
            let mut running = Running::start(language, &session.program()).await;
            let port = running.port().await;
            let mut addresses = vec![];
            for _ in 0..2 {
                let mut other = dial(port).await;
                addresses.push(other.0.local_addr().expect("it is connected"));
                other.gets(b"Hello, client!").await;
                other.gets_end().await;
            }
            let (received, lines) = running.finish().await;
            assert!(received.is_empty());
            let expected: Vec<String> = addresses.iter().map(|address| format!("[*] Accepted connection from {address}")).collect();
            assert_eq!(lines[1..], expected, "{language:?}");
        }
    });
}

#[test]
fn a_server_that_waits_answers_and_reads_to_the_end() {
    run(async {
        let mut session = Recording::default();
        session.listening(1);
        session.fails(1, nobody_came(), Name::ETIMEDOUT);
        session.accepted(2);
        session.received(2, b"half a ");
        session.received(2, b"question?");
        session.sent(2, b"answer");
        session.does(2, Operation::Shutdown { how: How::Write }, Return::Shutdown);
        session.received(2, b"goodbye");
        session.found_end(2);
        session.closed(2);
        session.closed(1);
        for language in Language::ALL {
            let mut running = Running::start(language, &session.program()).await;
            let port = running.port().await;
            running.peer.line_with("accept: ").await;
            let mut other = dial(port).await;
            other.sends(b"half a question?").await;
            other.gets(b"answer").await;
            other.gets_end().await;
            other.sends(b"goodbye").await;
            drop(other);
            let (received, _) = running.finish().await;
            assert_eq!(String::from_utf8_lossy(&received), String::from_utf8_lossy(&session.received), "{language:?}");
        }
    });
}

fn nobody_came() -> Operation {
    match accept() {
        Operation::Accept { listener, .. } => Operation::Accept { listener, timeout_ms: Some(20) },
        other => other,
    }
}

#[test]
fn both_ends_of_a_page_run_in_one_thread() {
    run(async {
        let long = random_bytes(10_000, 3);
        let mut session = Recording::default();
        session.listening(1);
        session.client(2);
        session.switched(2, SocketOption::TCP_NODELAY);
        // The answers of two sockets come on two WebSockets, in any order.
        let accepting = session.begins(3, accept());
        let connecting = session.begins(2, connect(server_address()));
        session.ends(3, accepting, accepted());
        session.ends(2, connecting, Return::Connect { local: client_address(), peer: server_address() });
        let receiving = session.begins(3, recv());
        let first = session.sends(2, b"first");
        session.brings(3, receiving, b"first");
        session.ends(2, first, Return::Send { sent: 5 });
        let receiving = session.begins(3, recv());
        session.sent(2, b"second");
        session.sent(2, b"third");
        session.brings(3, receiving, b"second");
        session.sent(3, b"thanks");
        session.received(3, b"third");
        session.received(2, b"thanks");
        session.sent(3, &long);
        session.closed(3);
        for piece in long.chunks(4096) {
            session.received(2, piece);
        }
        session.found_end(2);
        session.closed(2);
        session.closed(1);
        for language in Language::ALL {
            let running = Running::start(language, &session.program()).await;
            let (received, _) = running.finish().await;
            assert!(received == session.received, "{language:?}");
        }
    });
}
