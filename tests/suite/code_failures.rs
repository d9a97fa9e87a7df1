//! Sessions in which calls failed, as programs: they may fail again in the same way, and in no other. And sessions that somebody made up.

use std::future::ready;
use std::net::Ipv4Addr;

use protocol::{Name, Operation, OptionValue, Return, SocketOption};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use crate::code_peer::programs;
use crate::code_recording::{Recording, connect};
use crate::code_running::{Language, Running};
use crate::{run, within};

#[test]
fn a_connection_may_be_refused_again() {
    run(async {
        // Bound and not listening: whoever connects is refused, and nobody else gets the port.
        let deaf = TcpSocket::new_v4().expect("a socket");
        deaf.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free");
        let nobody = deaf.local_addr().expect("it is bound");
        let record = |peer| {
            let mut session = Recording::default();
            session.client(1);
            session.fails(1, connect(nobody), Name::ECONNREFUSED);
            session.closed(1);
            session.connected(2, peer);
            session.sent(2, b"at last");
            session.closed(2);
            session
        };
        for lines in programs(record, async |other| other.gets(b"at last").await).await {
            assert!(lines.len() == 1 && lines[0].starts_with("connect: ") && lines[0].contains("refused"), "{lines:?}");
        }
    });
}

#[test]
fn another_failure_than_the_sessions_ends_the_program() {
    run(async {
        let deaf = TcpSocket::new_v4().expect("a socket");
        deaf.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a port is free");
        for name in [None, Some(Name::ENETUNREACH)] {
            let mut session = Recording::default();
            session.client(1);
            let nobody = deaf.local_addr().expect("it is bound");
            match name {
                Some(name) => session.fails(1, connect(nobody), name),
                None => session.does(1, connect(nobody), Return::Connect { local: nobody, peer: nobody }),
            }
            for language in Language::ALL {
                // Python has one exception for all failures that have no name there.
                if name.is_some() && language == Language::Python {
                    continue;
                }
                let running = Running::start(language, &session.program()).await;
                let (status, _) = running.peer.finish().await;
                assert!(!status.success(), "{language:?} went on");
            }
        }
    });
}

#[test]
fn a_timeout_passes_again() {
    run(async {
        let record = |peer| {
            let mut session = Recording::default();
            session.client(1);
            let Operation::Connect { host, port, .. } = connect(peer) else { unreachable!("connect is a connect") };
            let (local, timeout_ms) = (peer, Some(5000));
            session.does(1, Operation::Connect { host, port, timeout_ms }, Return::Connect { local, peer });
            session.fails(1, Operation::Recv { max: 4096, flags: vec![], timeout_ms: Some(20) }, Name::ETIMEDOUT);
            session.sent(1, b"now?");
            session.received(1, b"now.");
            session.closed(1);
            session
        };
        let played = programs(record, async |other| {
            other.gets(b"now?").await;
            other.sends(b"now.").await;
            other.gets_end().await;
        });
        for lines in played.await {
            assert!(lines.len() == 1 && lines[0].starts_with("recv: "), "{lines:?}");
        }
    });
}

#[test]
fn a_reset_may_be_met_again() {
    run(async {
        let record = |peer| {
            let mut session = Recording::default();
            session.connected(1, peer);
            session.sent(1, b"reset me");
            session.fails(1, Operation::Recv { max: 4096, flags: vec![], timeout_ms: None }, Name::ECONNRESET);
            session.closed(1);
            session
        };
        let played = programs(record, async |other| {
            other.gets(b"reset me").await;
            other.0.set_zero_linger().expect("it can be set");
            // Closed in place, so that the peer is gone before the program is waited for.
            let (replaced, _) = a_pair().await;
            drop(std::mem::replace(&mut other.0, replaced));
        });
        for lines in played.await {
            assert!(lines.len() == 1 && lines[0].starts_with("recv: ") && lines[0].contains("reset"), "{lines:?}");
        }
    });
}

async fn a_pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
    let client = TcpStream::connect(listener.local_addr().expect("it is bound"));
    let (client, accepted) = tokio::join!(client, listener.accept());
    (client.expect("it connects"), accepted.expect("it is accepted").0)
}

#[test]
fn an_abort_is_a_reset() {
    run(async {
        for language in [Language::Python, Language::C] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
            let mut session = Recording::default();
            session.connected(1, listener.local_addr().expect("it is bound"));
            session.does(1, Operation::Abort, Return::Abort);
            let running = Running::start(language, &session.program()).await;
            let (mut stream, _) = within("connection", listener.accept()).await.expect("it connects");
            let failure = within("reset", stream.read(&mut [0])).await.expect_err("it is reset");
            assert_eq!(failure.kind(), std::io::ErrorKind::ConnectionReset, "{language:?}");
            running.finish().await;
        }
    });
}

#[test]
fn nothing_in_a_recording_becomes_code() {
    run(async {
        let hosts = [
            "\"))\nprint('PWNED')\nx=((\"",
            "\\\"); println!(\"PWNED\"); //",
            "*/ puts(\"PWNED\"); /*",
            "';echo PWNED;'",
            "$(echo PWNED)",
            "-e echo PWNED",
            "host,exec=echo PWNED",
            "x\u{2028}print('PWNED')\r\n??/",
        ];
        let mut session = Recording::default();
        for (socket, host) in (1..).zip(hosts) {
            session.client(socket);
            let connect = Operation::Connect { host: host.to_owned(), port: 9, timeout_ms: None };
            session.fails(socket, connect, Name::EAI_NONAME);
            let text = OptionValue::Text(host.to_owned());
            let option = SocketOption::TCP_CONGESTION;
            session.fails(socket, Operation::Setsockopt { option, value: text.clone() }, Name::ENOENT);
            session.lost(socket, host);
        }
        for language in Language::ALL {
            let running = Running::start(language, &session.program()).await;
            let (_, output) = running.peer.finish().await;
            let output = String::from_utf8_lossy(&output).into_owned();
            assert!(!output.lines().any(|line| line.trim() == "PWNED"), "{language:?}: {output}");
        }
        #[cfg(target_os = "linux")]
        {
            let output = crate::code_running::shell_prints(&session.program(), async || ready(()).await).await;
            assert_eq!(String::from_utf8_lossy(&output), "");
        }
    });
}
