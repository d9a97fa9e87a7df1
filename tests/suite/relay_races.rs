//! Calls that end early, at whatever moment, lose neither a byte nor a connection.

use protocol::{Name, Operation, RecvFlag, Return};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::peers::random_bytes;
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire};
use crate::{run, within};

/// How often each race is run.
const ROUNDS: usize = 200;

async fn pair(relay: &RelayProcess) -> (Wire, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let wire = Wire::connected(relay, listener.local_addr().expect("it is bound").port()).await;
    (wire, listener.accept().await.expect("it comes").0)
}

#[test]
fn a_recv_that_is_cancelled_while_bytes_come_loses_none() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let bytes = random_bytes(ROUNDS * 3, 21);
        let mut received = vec![];
        for (round, part) in bytes.chunks(3).enumerate() {
            let flags = if round % 2 == 0 { vec![] } else { vec![RecvFlag::Waitall] };
            // One of them ends by its timeout, now and then.
            let timeout_ms = (round % 5 == 0).then_some(1);
            let recv = wire.start(Operation::Recv { max: 3, flags, timeout_ms }).await;
            peer.write_all(part).await.expect("it is open");
            let cancelled = wire.call(Operation::Cancel { target: recv }).await;
            assert!(matches!(cancelled, Ok(Return::Cancel { .. })), "{cancelled:?}");
            match wire.received(recv).await {
                Ok(bytes) => received.extend(bytes),
                Err(failure) => assert!(matches!(failure.name, Name::ECANCELED | Name::ETIMEDOUT), "{failure}"),
            }
        }
        received.extend(wire.recv_all(bytes.len() - received.len()).await.expect("the rest"));
        assert!(received == bytes, "{} of {} bytes", received.len(), bytes.len());
    });
}

#[test]
fn an_accept_that_is_cancelled_while_somebody_comes_loses_nobody() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, listener, port) = Wire::listening(&relay, 4096).await;
        let (mut came, mut served) = (vec![], vec![]);
        let mut acceptor = Wire::open(&relay).await;
        for round in 0..ROUNDS {
            let accept = acceptor.start(Operation::Accept { listener, timeout_ms: (round % 5 == 0).then_some(1) }).await;
            came.push(TcpStream::connect(("127.0.0.1", port)).await.expect("the queue has room"));
            acceptor.call(Operation::Cancel { target: accept }).await.expect("it always returns");
            match acceptor.answer(accept).await {
                Ok(Answered::Return(Return::Accept { peer, .. })) => {
                    served.push(peer);
                    acceptor = Wire::open(&relay).await;
                }
                Ok(other) => panic!("accept returned {other:?}"),
                Err(failure) => assert!(matches!(failure.name, Name::ECANCELED | Name::ETIMEDOUT), "{failure}"),
            }
        }
        while served.len() < ROUNDS {
            served.push(acceptor.accept(listener).await.expect("the rest waits").1);
            acceptor = Wire::open(&relay).await;
        }
        let came: Vec<_> = came.iter().map(|visitor| visitor.local_addr().expect("it is connected")).collect();
        assert!(served == came, "each once, and in order");
    });
}

#[test]
fn a_send_that_ends_early_tells_what_it_sent() {
    run(async {
        let relay = RelayProcess::start().await;
        let (mut wire, mut peer) = pair(&relay).await;
        let block = random_bytes(1 << 20, 22);
        let mut expected: Vec<u8> = vec![];
        // The peer reads nothing: each of these ends half-way, or before it began, at last.
        for round in 0..30 {
            let by_timeout = round % 2 == 0;
            let send = Operation::Send { flags: vec![], timeout_ms: by_timeout.then_some(20) };
            let id = wire.start_send(send, &block).await;
            if !by_timeout {
                wire.call(Operation::Cancel { target: id }).await.expect("it always returns");
            }
            match wire.answer(id).await {
                Ok(Answered::Return(Return::Send { sent })) => expected.extend(&block[..sent as usize]),
                Ok(other) => panic!("send returned {other:?}"),
                Err(failure) => assert!(matches!(failure.name, Name::ECANCELED | Name::ETIMEDOUT), "{failure}"),
            }
        }
        let close = wire.start(Operation::Close).await;
        let mut received = vec![];
        within("bytes and end", peer.read_to_end(&mut received)).await.expect("no reset");
        assert!(received == expected, "{} bytes came, and {} were told", received.len(), expected.len());
        assert!(wire.answer(close).await.is_ok());
    });
}
