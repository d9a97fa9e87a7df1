//! The flags of `send` and `recv` that change what the segments look like: `more`, and `oob` for urgent data.

use protocol::{Failure, Name, Operation, OptionValue, RecvFlag, Return, SendFlag, SocketOption};

use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::wire::{Answered, Wire, error_of};
use crate::{run, until};

/// A relay's socket and Python's end `c` of it.
async fn pair(relay: &RelayProcess, python: &mut Python) -> Wire {
    let port = python.listen().await;
    let wire = Wire::connected(relay, port).await;
    python.all(&["c, _ = s.accept()"]).await;
    wire
}

async fn send(wire: &mut Wire, flags: &[SendFlag], bytes: &[u8]) -> Result<u64, Failure> {
    let id = wire.start_send(Operation::Send { flags: flags.to_vec(), timeout_ms: None }, bytes).await;
    match wire.answer(id).await? {
        Answered::Return(Return::Send { sent }) => Ok(sent),
        other => panic!("send returned {other:?}"),
    }
}

/// Waits until the urgent byte of ours is announced and there.
async fn urgent(wire: &mut Wire) {
    let look = [RecvFlag::Oob, RecvFlag::Peek];
    until("urgent byte", async || wire.recv_with(1, &look).await.is_ok()).await;
}

#[test]
#[cfg(target_os = "linux")]
fn an_urgent_byte_stands_beside_the_others() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let mut wire = pair(&relay, &mut python).await;
        let oob = [RecvFlag::Oob];
        assert_eq!(error_of(wire.recv_with(1, &oob).await), Name::EINVAL, "none was announced, and nobody waits for one");
        assert_eq!(python.run("c.recv(1, socket.MSG_OOB)").await, "! EINVAL");
        python.all(&["c.send(b'abc', socket.MSG_OOB)", "c.send(b'de')"]).await;
        urgent(&mut wire).await;
        assert_eq!(wire.recv_with(10, &oob).await, Ok(b"c".to_vec()));
        assert_eq!(error_of(wire.recv_with(10, &oob).await), Name::EINVAL, "it was taken");
        assert_eq!(wire.recv_with(4, &[RecvFlag::Waitall]).await, Ok(b"abde".to_vec()), "the others, without it");
        // The same towards the peer.
        assert_eq!(send(&mut wire, &[SendFlag::Oob], b"xyz").await, Ok(3));
        assert_eq!(python.run("len(select.select([], [], [c], 20)[2])").await, "1");
        assert_eq!(python.run("c.recv(10, socket.MSG_OOB)").await, "b'z'");
        assert_eq!(python.run("c.recv(2, socket.MSG_WAITALL)").await, "b'xy'");
        // At the end it is still none that is missing, not the end.
        python
            .all(&["x = socket.create_connection(s.getsockname())", "d, _ = s.accept()", "d.shutdown(socket.SHUT_WR)", "x.recv(1)"])
            .await;
        python.all(&["c.shutdown(socket.SHUT_WR)"]).await;
        assert_eq!(wire.recv(1).await, Ok(vec![]));
        assert_eq!(error_of(wire.recv_with(1, &oob).await), Name::EINVAL);
        assert_eq!(python.run("x.recv(1, socket.MSG_OOB)").await, "! EINVAL");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn oobinline_keeps_it_among_them_and_recv_stops_at_it() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let mut wire = pair(&relay, &mut python).await;
        let inline = Operation::Setsockopt { option: SocketOption::SO_OOBINLINE, value: OptionValue::Switch(true) };
        assert!(wire.call(inline).await.is_ok());
        python.all(&["c.send(b'abc', socket.MSG_OOB)", "c.send(b'de')"]).await;
        until("five bytes", async || wire.info().await.is_ok_and(|info| info.recv_queue_bytes == Some(5))).await;
        assert_eq!(error_of(wire.recv_with(1, &[RecvFlag::Oob]).await), Name::EINVAL);
        assert_eq!(wire.recv(10).await, Ok(b"ab".to_vec()), "up to the mark");
        assert_eq!(wire.recv(10).await, Ok(b"cde".to_vec()), "from the mark");
    });
}

/// Segments with data that arrived at `c`: `tcpi_data_segs_in` of `struct tcp_info` (linux/tcp.h).
const SEGMENTS: &str = "struct.unpack_from('I', c.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192), 152)[0]";

#[test]
#[cfg(target_os = "linux")]
fn more_keeps_small_sends_together() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let mut seen = vec![];
        // The kernel sends after 200 ms all the same, which a busy machine may take between two calls: one time in ten will do.
        for _ in 0..10 {
            let mut wire = pair(&relay, &mut python).await;
            assert_eq!(send(&mut wire, &[SendFlag::More], b"ab").await, Ok(2));
            assert_eq!(send(&mut wire, &[SendFlag::More], b"cd").await, Ok(2));
            assert_eq!(send(&mut wire, &[], b"ef").await, Ok(2));
            assert_eq!(python.run("c.recv(6, socket.MSG_WAITALL)").await, "b'abcdef'");
            seen.push(python.number::<u32>(SEGMENTS).await);
            if seen.contains(&1) {
                break;
            }
        }
        assert!(seen.contains(&1), "segments: {seen:?}");
        let mut wire = pair(&relay, &mut python).await;
        assert_eq!(send(&mut wire, &[], b"ab").await, Ok(2));
        assert_eq!(python.run("c.recv(2, socket.MSG_WAITALL)").await, "b'ab'");
        assert_eq!(send(&mut wire, &[], b"cd").await, Ok(2));
        assert_eq!(python.run("c.recv(2, socket.MSG_WAITALL)").await, "b'cd'");
        assert_eq!(python.number::<u32>(SEGMENTS).await, 2, "without it each goes by itself");
    });
}
