//! The calls of one socket that wait, in the order in which they will be carried out. No I/O: the socket's task asks what is next and says what was done.
//!
//! A call first stands at the *gate*, behind every call that was issued before it. While a call that changes what the socket is (`bind`, `connect`,
//! `accept`, …) is under way the gate is shut. Past the gate `recv`s wait in one lane and `send`, `shutdown` and `close` in another, so that neither direction holds up the
//! other.

use std::{collections::VecDeque, time::Instant};

use bytes::BytesMut;
use protocol::{CallId, Failure, How, Name, limits};

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
    pub(crate) oob: bool,
    /// What a call with `waitall` has so far.
    pub(crate) collected: Vec<u8>,
}

/// The lane of what goes out.
#[derive(Debug)]
pub(crate) enum Write {
    /// `sent` of the bytes are gone already. They came in `frames` frames, of which bare ones are joined.
    Send {
        bytes: BytesMut,
        sent: usize,
        flags: SendFlags,
        frames: usize,
    },
    Shutdown(How),
    Close,
}

/// The flags of a `send`; a bare one has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SendFlags {
    pub(crate) dontwait: bool,
    pub(crate) more: bool,
    pub(crate) oob: bool,
}

/// How many bytes of names and values may wait on one socket, in all its calls together.
const MAX_HELD_TEXT_BYTES: usize = 64 << 10;

/// Up to how many bytes bare sends are joined.
const MAX_JOINED_BYTES: usize = 64 << 10;

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
    /// How many frames it came in.
    pub(crate) frames: usize,
    /// What a `recv` with `waitall` has so far.
    pub(crate) collected: Vec<u8>,
}

impl Lanes {
    /// Takes a call in.
    ///
    /// # Errors
    ///
    /// `ENOBUFS` where too many wait already.
    pub(crate) fn push(&mut self, waiting: Waiting<Work>) -> Result<(), Failure> {
        let call = waiting.work.name();
        let held_text: usize = self.gate.iter().map(|waiting| waiting.work.text_bytes()).sum();
        if held_text + waiting.work.text_bytes() > MAX_HELD_TEXT_BYTES {
            let text = format!("names and values of calls that wait on this socket take {MAX_HELD_TEXT_BYTES} bytes already");
            return Err(Failure::new(Name::ENOBUFS, call, text));
        }
        // Bare sends are held back instead, see `has_room`: there is no call that could fail.
        let is_recv = matches!(waiting.work, Work::Recv(_));
        if waiting.id.is_some() && self.len_of(is_recv) >= limits::MAX_CALLS_WAITING {
            let what = if is_recv { "recvs" } else { "calls" };
            let text = format!("{} {what} wait on this socket already", limits::MAX_CALLS_WAITING);
            return Err(Failure::new(Name::ENOBUFS, call, text));
        }
        self.held_bytes += waiting.work.bytes();
        if let Some(waiting) = self.join(waiting) {
            self.gate.push_back(waiting);
        }
        Ok(())
    }

    /// Appends a small bare send to the one before, so that a page that sends many tiny ones costs neither memory nor a system call for each.
    fn join(&mut self, waiting: Waiting<Work>) -> Option<Waiting<Work>> {
        let before = match self.gate.back_mut() {
            Some(Waiting { id: None, work: Work::Write(write), .. }) => Some(write),
            Some(_) => None,
            None => self.writes.back_mut().filter(|write| write.id.is_none()).map(|write| &mut write.work),
        };
        match (before, &waiting) {
            (
                Some(Write::Send { bytes, frames, .. }),
                Waiting { id: None, work: Work::Write(Write::Send { bytes: more, frames: of_more, .. }), .. },
            ) if bytes.len() + more.len() <= MAX_JOINED_BYTES => {
                bytes.extend_from_slice(more);
                *frames += of_more;
                None
            }
            _ => Some(waiting),
        }
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

    /// Whether the socket may take more from the page beside `more_bytes`. It may as long as the page keeps to its window, so that `cancel` and `abort` are heard.
    pub(crate) fn has_room_beside(&self, more_bytes: usize) -> bool {
        self.held_bytes + more_bytes <= limits::SEND_WINDOW_BYTES
    }

    /// How many bytes of `send`s there is room for, within the window.
    pub(crate) fn room_bytes(&self) -> usize {
        limits::SEND_WINDOW_BYTES.saturating_sub(self.held_bytes)
    }

    /// Whether a write that is issued now would be the first: nothing waits that comes before it.
    pub(crate) fn is_clear_to_write(&self) -> bool {
        self.gate.is_empty() && self.writes.is_empty()
    }

    /// Whether a call of this id waits.
    pub(crate) fn has(&self, id: CallId) -> bool {
        self.ids().any(|waiting| waiting == Some(id))
    }

    /// Gives back the memory that nothing waits in.
    pub(crate) fn shrink(&mut self) {
        if self.gate.is_empty() {
            self.gate = VecDeque::new();
        }
        if self.recvs.is_empty() {
            self.recvs = VecDeque::new();
        }
        if self.writes.is_empty() {
            self.writes = VecDeque::new();
        }
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
    pub(crate) fn name(&self) -> &'static str {
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

    /// What it holds besides, in names and values.
    fn text_bytes(&self) -> usize {
        match self {
            Self::Prompt(Prompt::Bind { address: text, .. } | Prompt::Connect { host: text, .. } | Prompt::Resolve { host: text, .. }) => {
                text.len()
            }
            Self::Prompt(Prompt::Setsockopt { value: protocol::OptionValue::Text(text), .. }) => text.len(),
            Self::Prompt(Prompt::Poll(events)) => events.len(),
            _ => 0,
        }
    }

    fn dropped(self, id: Option<CallId>) -> Dropped {
        let (call, bytes) = (self.name(), self.bytes());
        let (sent, frames) = if let Self::Write(Write::Send { sent, frames, .. }) = self { (sent, frames) } else { (0, 1) };
        let collected = if let Self::Recv(recv) = self { recv.collected } else { Vec::new() };
        Dropped { id, call, sent, unsent: bytes - sent, frames, collected }
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
#[path = "lanes_tests.rs"]
mod tests;
