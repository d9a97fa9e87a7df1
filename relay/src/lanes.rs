//! The calls of one socket that wait, in the order in which they will be carried out. No I/O: the socket's task asks what is next and says what was done.
//!
//! A call first stands at the *gate*, behind every call that was issued before it. While a call that changes what the socket is (`bind`, `connect`,
//! `accept`, …) is under way the gate is shut. Past the gate `recv`s wait in one lane and `send`, `shutdown` and `close` in another, so that neither direction holds up the
//! other.

use std::{collections::VecDeque, time::Instant};

use protocol::{CallId, Failure, How, Name, limits};
use tokio_tungstenite::tungstenite::Bytes;

/// A call that waits.
#[derive(Debug)]
pub(crate) struct Waiting<W> {
    /// Absent for a bare send.
    pub(crate) id: Option<CallId>,
    /// When it gives up.
    pub(crate) deadline: Option<Instant>,
    pub(crate) work: W,
}

/// What waits at the gate.
#[derive(Debug)]
pub(crate) enum Work {
    /// Carried out as soon as it is through the gate.
    Prompt(Prompt),
    Recv(Recv),
    Write(Write),
}

/// What neither lane is for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Prompt {
    Socket(protocol::Family),
    Bind { address: String, port: u64 },
    Listen { backlog: i32 },
    Accept(protocol::ListenerId),
    Connect { host: String, port: u64 },
    Getsockname,
    Getpeername,
    Setsockopt { option: protocol::SocketOption, value: protocol::OptionValue },
    Getsockopt(protocol::SocketOption),
    Poll(Vec<protocol::PollEvent>),
    Resolve { host: String, family: Option<protocol::Family> },
    Info { interval_ms: Option<u64> },
    InfoOf { local: std::net::SocketAddr, peer: std::net::SocketAddr },
}

/// The lane of what comes in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Recv {
    pub(crate) max: u64,
    pub(crate) peek: bool,
    pub(crate) dontwait: bool,
    pub(crate) waitall: bool,
    /// What a call with `waitall` has so far.
    pub(crate) collected: Vec<u8>,
}

/// The lane of what goes out.
#[derive(Debug)]
pub(crate) enum Write {
    /// `sent` of the bytes are gone already.
    Send {
        bytes: Bytes,
        sent: usize,
        dontwait: bool,
    },
    Shutdown(How),
    Close,
}

/// Everything that waits on one socket.
#[derive(Debug, Default)]
pub(crate) struct Lanes {
    gate: VecDeque<Waiting<Work>>,
    recvs: VecDeque<Waiting<Recv>>,
    writes: VecDeque<Waiting<Write>>,
    held_bytes: usize,
}

/// A call that will not be carried out any more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Dropped {
    pub(crate) id: Option<CallId>,
    pub(crate) call: &'static str,
    /// How much of a `send` is gone already.
    pub(crate) sent: usize,
    /// How much of it is not.
    pub(crate) unsent: usize,
    /// What a `recv` with `waitall` has so far.
    pub(crate) collected: Vec<u8>,
}

impl Lanes {
    /// Takes a call in.
    ///
    /// # Errors
    ///
    /// `ENOBUFS` where too many wait already, `EINVAL` where one of the same id does.
    pub(crate) fn push(&mut self, waiting: Waiting<Work>) -> Result<(), Failure> {
        let call = waiting.work.name();
        if waiting.id.is_some() && self.ids().any(|id| id == waiting.id) {
            return Err(Failure::new(Name::EINVAL, call, "a call of the same id waits already"));
        }
        // Bare sends are held back instead, see `has_room`: there is no call that could fail.
        let is_recv = matches!(waiting.work, Work::Recv(_));
        if waiting.id.is_some() && self.len_of(is_recv) >= limits::MAX_CALLS_WAITING {
            let what = if is_recv { "recvs" } else { "calls" };
            let text = format!("{} {what} wait on this socket already", limits::MAX_CALLS_WAITING);
            return Err(Failure::new(Name::ENOBUFS, call, text));
        }
        self.held_bytes += waiting.work.bytes();
        self.gate.push_back(waiting);
        Ok(())
    }

    /// Lets calls through the gate, up to the first that is to be carried out at once; that one is returned.
    pub(crate) fn admit(&mut self) -> Option<Waiting<Prompt>> {
        while let Some(Waiting { id, deadline, work }) = self.gate.pop_front() {
            match work {
                Work::Prompt(work) => return Some(Waiting { id, deadline, work }),
                Work::Recv(work) => self.recvs.push_back(Waiting { id, deadline, work }),
                Work::Write(work) => self.writes.push_back(Waiting { id, deadline, work }),
            }
        }
        None
    }

    /// The oldest `recv` past the gate.
    pub(crate) fn next_recv(&mut self) -> Option<&mut Waiting<Recv>> {
        self.recvs.front_mut()
    }

    /// Takes out the oldest `recv`: it is answered.
    pub(crate) fn pop_recv(&mut self) -> Option<Waiting<Recv>> {
        self.recvs.pop_front()
    }

    /// The oldest `send`, `shutdown` or `close` past the gate.
    pub(crate) fn next_write(&mut self) -> Option<&mut Waiting<Write>> {
        self.writes.front_mut()
    }

    /// Takes out the oldest `send`, `shutdown` or `close`: it is answered.
    pub(crate) fn pop_write(&mut self) -> Option<Waiting<Write>> {
        let write = self.writes.pop_front()?;
        self.held_bytes -= write.work.bytes();
        Some(write)
    }

    /// Whether nothing is left to be sent.
    pub(crate) fn all_sent(&self) -> bool {
        self.writes.is_empty() && !self.gate.iter().any(|waiting| matches!(waiting.work, Work::Write(_)))
    }

    /// Whether the socket may take more bytes from the page.
    pub(crate) fn has_room(&self) -> bool {
        self.held_bytes < limits::SEND_WINDOW_BYTES && self.len() <= 2 * limits::MAX_CALLS_WAITING
    }

    /// When the first of them gives up.
    pub(crate) fn next_deadline(&self) -> Option<Instant> {
        let gate = self.gate.iter().filter_map(|waiting| waiting.deadline);
        let recvs = self.recvs.iter().filter_map(|waiting| waiting.deadline);
        let writes = self.writes.iter().filter_map(|waiting| waiting.deadline);
        gate.chain(recvs).chain(writes).min()
    }

    /// Takes out one call whose time is up.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<Dropped> {
        self.drop_first(|_, deadline| deadline.is_some_and(|deadline| deadline <= now))
    }

    /// Takes out the call `target`.
    pub(crate) fn cancel(&mut self, target: CallId) -> Option<Dropped> {
        self.drop_first(|id, _| id == Some(target))
    }

    /// Takes out any call.
    pub(crate) fn drop_any(&mut self) -> Option<Dropped> {
        self.drop_first(|_, _| true)
    }

    fn drop_first(&mut self, which: impl Fn(Option<CallId>, Option<Instant>) -> bool) -> Option<Dropped> {
        let dropped = if let Some(recv) = take(&mut self.recvs, &which) {
            Work::Recv(recv.work).dropped(recv.id)
        } else if let Some(write) = take(&mut self.writes, &which) {
            Work::Write(write.work).dropped(write.id)
        } else {
            let waiting = take(&mut self.gate, &which)?;
            waiting.work.dropped(waiting.id)
        };
        self.held_bytes -= dropped.sent + dropped.unsent;
        Some(dropped)
    }

    fn len(&self) -> usize {
        self.gate.len() + self.recvs.len() + self.writes.len()
    }

    /// How many `recv`s wait, or how many other calls: a window full of `recv`s must not keep the page from sending or closing.
    fn len_of(&self, recvs: bool) -> usize {
        let at_gate = self.gate.iter().filter(|waiting| matches!(waiting.work, Work::Recv(_)) == recvs).count();
        at_gate + if recvs { self.recvs.len() } else { self.writes.len() }
    }

    fn ids(&self) -> impl Iterator<Item = Option<CallId>> {
        let gate = self.gate.iter().map(|waiting| waiting.id);
        gate.chain(self.recvs.iter().map(|waiting| waiting.id)).chain(self.writes.iter().map(|waiting| waiting.id))
    }
}

fn take<W>(lane: &mut VecDeque<Waiting<W>>, which: impl Fn(Option<CallId>, Option<Instant>) -> bool) -> Option<Waiting<W>> {
    lane.iter().position(|waiting| which(waiting.id, waiting.deadline)).and_then(|index| lane.remove(index))
}

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::Prompt(prompt) => prompt.name(),
            Self::Recv(_) => "recv",
            Self::Write(write) => write.name(),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Write(write) => write.bytes(),
            _ => 0,
        }
    }

    fn dropped(self, id: Option<CallId>) -> Dropped {
        let (call, bytes) = (self.name(), self.bytes());
        let sent = if let Self::Write(Write::Send { sent, .. }) = self { sent } else { 0 };
        let collected = if let Self::Recv(recv) = self { recv.collected } else { Vec::new() };
        Dropped { id, call, sent, unsent: bytes - sent, collected }
    }
}

impl Prompt {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Socket(_) => "socket",
            Self::Bind { .. } => "bind",
            Self::Listen { .. } => "listen",
            Self::Accept(_) => "accept",
            Self::Connect { .. } => "connect",
            Self::Getsockname => "getsockname",
            Self::Getpeername => "getpeername",
            Self::Setsockopt { .. } => "setsockopt",
            Self::Getsockopt(_) => "getsockopt",
            Self::Poll(_) => "poll",
            Self::Resolve { .. } => "resolve",
            Self::Info { .. } | Self::InfoOf { .. } => "info",
        }
    }
}

impl Write {
    fn name(&self) -> &'static str {
        match self {
            Self::Send { .. } => "send",
            Self::Shutdown(_) => "shutdown",
            Self::Close => "close",
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Send { bytes, .. } => bytes.len(),
            Self::Shutdown(_) | Self::Close => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const RECV: Recv = Recv { max: 1, peek: false, dontwait: false, waitall: false, collected: Vec::new() };

    fn waiting(id: u64, work: Work) -> Waiting<Work> {
        Waiting { id: Some(CallId(id)), deadline: None, work }
    }

    fn send(id: u64, bytes: &'static [u8]) -> Waiting<Work> {
        waiting(id, Work::Write(Write::Send { bytes: Bytes::from_static(bytes), sent: 0, dontwait: false }))
    }

    #[test]
    fn directions_do_not_hold_up_each_other_but_setup_does() {
        let mut lanes = Lanes::default();
        lanes.push(waiting(1, Work::Prompt(Prompt::Connect { host: String::new(), port: 1 }))).unwrap();
        lanes.push(waiting(2, Work::Recv(RECV))).unwrap();
        lanes.push(send(3, b"abc")).unwrap();
        lanes.push(waiting(4, Work::Prompt(Prompt::Getsockname))).unwrap();
        assert_eq!(lanes.admit().unwrap().id, Some(CallId(1)));
        assert!(lanes.next_recv().is_none() && lanes.next_write().is_none() && !lanes.all_sent());
        assert_eq!(lanes.admit().unwrap().id, Some(CallId(4)));
        assert_eq!(lanes.next_recv().unwrap().id, Some(CallId(2)));
        assert_eq!(lanes.next_write().unwrap().id, Some(CallId(3)));
        assert!(lanes.admit().is_none());
    }

    #[test]
    fn a_cancelled_send_tells_how_far_it_came() {
        let mut lanes = Lanes::default();
        lanes.push(send(1, b"abcdef")).unwrap();
        assert!(lanes.admit().is_none());
        let Write::Send { sent, .. } = &mut lanes.next_write().unwrap().work else { panic!() };
        *sent = 4;
        assert_eq!(lanes.cancel(CallId(2)), None);
        assert_eq!(lanes.cancel(CallId(1)), Some(Dropped { id: Some(CallId(1)), call: "send", sent: 4, unsent: 2, collected: Vec::new() }));
        assert!(lanes.all_sent() && lanes.held_bytes == 0);
    }

    #[test]
    fn too_many_calls_and_double_ids_are_errors_of_the_call() {
        let mut lanes = Lanes::default();
        for id in 0..limits::MAX_CALLS_WAITING as u64 {
            lanes.push(waiting(id, Work::Recv(RECV))).unwrap();
        }
        assert_eq!(lanes.push(waiting(7, Work::Recv(RECV))).unwrap_err().name, Name::EINVAL);
        assert_eq!(lanes.push(waiting(9999, Work::Recv(RECV))).unwrap_err().name, Name::ENOBUFS);
        lanes.push(waiting(9999, Work::Write(Write::Close))).unwrap();
    }

    #[test]
    fn the_window_is_shut_until_bytes_are_gone() {
        let mut lanes = Lanes::default();
        let bytes = Bytes::from(vec![0; limits::SEND_WINDOW_BYTES]);
        lanes.push(Waiting { id: None, deadline: None, work: Work::Write(Write::Send { bytes, sent: 0, dontwait: false }) }).unwrap();
        assert!(!lanes.has_room());
        assert!(lanes.admit().is_none());
        lanes.pop_write().unwrap();
        assert!(lanes.has_room());
    }

    #[test]
    fn only_what_is_late_expires() {
        let mut lanes = Lanes::default();
        let now = Instant::now();
        let late = now + Duration::from_secs(1);
        lanes.push(Waiting { id: Some(CallId(1)), deadline: Some(late), work: Work::Recv(RECV) }).unwrap();
        lanes.push(Waiting { id: Some(CallId(2)), deadline: None, work: Work::Recv(RECV) }).unwrap();
        assert_eq!(lanes.next_deadline(), Some(late));
        assert_eq!(lanes.expire(now), None);
        assert_eq!(lanes.expire(late).unwrap().id, Some(CallId(1)));
        assert_eq!(lanes.expire(late), None);
        assert_eq!(lanes.next_deadline(), None);
    }
}
