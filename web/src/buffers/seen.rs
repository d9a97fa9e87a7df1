//! What was seen of one end of a connection, or of a listener, up to an event.

use std::collections::BTreeMap;

use protocol::{Call, CallId, Info, Operation, OptionValue, Return, SocketOption};

use crate::net::SocketId;
use crate::trace::{Fact, Journal, Socket};

/// What the kernel told of one socket.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// What it told last.
    pub info: Option<Info>,
    /// SO_SNDBUF in bytes, where a call set it or asked for it.
    pub send_buffer: Option<u64>,
    /// SO_RCVBUF in bytes, likewise.
    pub recv_buffer: Option<u64>,
    /// The most bytes that stood in the send queue.
    pub most_to_send: u64,
    /// The most bytes that stood in the receive queue.
    pub most_to_recv: u64,
    /// The widest window, in bytes, that the other end announced.
    pub widest_window: u64,
}

impl Seen {
    /// What the trace has of `socket` up to `event`; all of it, without one.
    pub fn of(journal: &Journal, socket: SocketId, event: Option<u64>) -> Self {
        let mut seen = Self::default();
        let mut options: BTreeMap<CallId, SocketOption> = BTreeMap::new();
        let entries = journal.trace().since(0).take_while(|entry| event.is_none_or(|event| entry.number <= event));
        for entry in entries.filter(|entry| entry.socket == socket) {
            match &entry.fact {
                // Of a descriptor that is closed the system's table tells the state and no queue: the last numbers stay.
                Fact::Told { id, info } if *id != Fact::TABLE => seen.told(info),
                Fact::Called(Call { id, operation: Operation::Setsockopt { option, .. } | Operation::Getsockopt { option } }) => {
                    options.insert(*id, *option);
                }
                Fact::Returned { id: Some(id), value: Return::Setsockopt { value } | Return::Getsockopt { value } } => {
                    let bytes = match value {
                        OptionValue::Number(bytes) => u64::try_from(*bytes).ok(),
                        _ => None,
                    };
                    match options.remove(id) {
                        Some(SocketOption::SO_SNDBUF) => seen.send_buffer = bytes,
                        Some(SocketOption::SO_RCVBUF) => seen.recv_buffer = bytes,
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        seen
    }

    fn told(&mut self, info: &Info) {
        self.most_to_send = self.most_to_send.max(info.send_queue_bytes.unwrap_or_default());
        self.most_to_recv = self.most_to_recv.max(info.recv_queue_bytes.unwrap_or_default());
        let window = info.tcp.as_ref().and_then(|tcp| tcp.send_window_bytes);
        self.widest_window = self.widest_window.max(window.unwrap_or_default().into());
        self.info = Some(info.clone());
    }

    /// Bytes that `send` gave to the kernel and the other end has not acknowledged.
    pub fn to_send(&self) -> Option<u64> {
        self.info.as_ref()?.send_queue_bytes
    }

    /// Bytes that arrived and no `recv` took.
    pub fn to_recv(&self) -> Option<u64> {
        self.info.as_ref()?.recv_queue_bytes
    }

    /// How many bytes more the other end lets come.
    pub fn their_window(&self) -> Option<u64> {
        self.info.as_ref()?.tcp.as_ref()?.send_window_bytes.map(u64::from)
    }

    /// How many bytes more this end lets come.
    pub fn our_window(&self) -> Option<u64> {
        self.info.as_ref()?.tcp.as_ref()?.recv_window_bytes.map(u64::from)
    }

    /// A window that does not admit a whole segment is as good as closed (RFC 9293 section 3.8.6.2).
    pub fn is_closed(&self, window: Option<u64>) -> bool {
        let segment = self.info.as_ref().and_then(|info| info.tcp.as_ref()?.send_mss_bytes).unwrap_or(1);
        window.is_some_and(|window| window < u64::from(segment.max(1)))
    }
}

/// One end: the socket as it was, and what the kernel told of it.
#[derive(Clone, Debug, PartialEq)]
pub struct End {
    /// The socket after the event.
    pub socket: Socket,
    /// What was seen of it up to there.
    pub seen: Seen,
    /// Whether an `accept` of it waited.
    pub accepts: bool,
}

impl End {
    /// `socket` as it was after `event`, with what the trace has of it up to there.
    pub fn new(socket: Socket, accepts: bool, journal: &Journal, event: Option<u64>) -> Self {
        Self { seen: Seen::of(journal, socket.id, event), socket, accepts }
    }
}
