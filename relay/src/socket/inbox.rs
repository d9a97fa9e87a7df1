//! What comes from the page: frames into calls and bytes, as many as one read brought.

use std::{
    ops::Range,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use protocol::{BadCall, Call, CallId, EndCause, Failure, Name, Operation, RecvFlag, SendFlag, decode_call, limits};
use tokio::io::AsyncRead;

use super::{End, Task};
use crate::{
    lanes::{Prompt, Recv, SendFlags, Waiting, Work, Write},
    scratch::Scratch,
    websocket::{Front, Masked, Read, Told, Violation},
};

/// The call that a binary frame is of.
pub(super) enum Announced {
    Send {
        id: CallId,
        deadline: Option<Instant>,
        flags: SendFlags,
    },
    /// The call failed already; its bytes are dropped.
    Refused,
}

/// Bare sends that follow each other in a buffer, side by side, to be sent as one.
#[derive(Default)]
struct Pack {
    range: Range<usize>,
    frames: usize,
}

impl Pack {
    /// Moves the bytes of the frame that begins at `frame` up to those before.
    fn add(&mut self, buffer: &mut [u8], frame: usize, masked: &Masked) {
        if self.frames == 0 {
            self.range = frame..frame;
        }
        self.range.end = masked.unmask_to(buffer, frame, self.range.end).end;
        self.frames += 1;
    }
}

impl<S: AsyncRead + Unpin> Task<S> {
    /// Takes what the page sent, where there is room for it. Ready with why the socket ends, if it does.
    pub(super) fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<Option<End>> {
        if !self.reads_page() {
            return Poll::Pending;
        }
        let mut scratch = Scratch::take();
        let mut apart;
        let buffer = match ready!(self.page.poll_read(context, &mut scratch, self.lanes.room_bytes())) {
            Ok(Read::InBuffer(count)) => &mut scratch[..count],
            Ok(Read::Apart(bytes)) => {
                apart = bytes;
                &mut apart[..]
            }
            Err(error) => {
                tracing::debug!(%error, "the page is gone");
                return Poll::Ready(Some(End::PageGone));
            }
        };
        self.heard_at = Instant::now();
        self.pinged = false;
        Poll::Ready(match self.take_frames(buffer) {
            Ok(used) => {
                self.page.keep(&buffer[used..]);
                None
            }
            Err(end) => Some(end),
        })
    }
}

impl<S> Task<S> {
    /// Whether the page is read: there is room for more of it, and for the bytes of the frame that has begun. That of a page that keeps to its window always fits.
    pub(super) fn reads_page(&self) -> bool {
        self.has_room_beside(0) && !self.page.outgrows(self.lanes.room_bytes())
    }

    /// Whether the page may go on, beside this many bytes of bare sends that are not carried out yet.
    fn has_room_beside(&self, bytes: usize) -> bool {
        !self.stopping && self.outbox.has_room() && self.lanes.has_room_beside(bytes)
    }

    /// Carries out the frames in `buffer`, as far as they are whole and there is room for them. Returns how many bytes are used up.
    fn take_frames(&mut self, buffer: &mut [u8]) -> Result<usize, End> {
        let mut pack = Pack::default();
        let mut used = 0;
        let result = loop {
            if used == buffer.len() || !self.has_room_beside(pack.range.len()) {
                break Ok(used);
            }
            let (len, told) = match self.page.decode(&mut buffer[used..]) {
                Ok(Front::Frame { len, told }) => (len, told),
                Ok(Front::Part { .. }) => break Ok(used),
                Err(violation) => break Err(broken(violation)),
            };
            let frame = used;
            used += len;
            match told {
                Told::Binary(masked) if self.announced.is_none() && masked.len() > 0 => pack.add(buffer, frame, &masked),
                told => {
                    self.send_pack(&mut pack, buffer);
                    if let Some(end) = self.on_frame(told, &mut buffer[frame..used]) {
                        break Err(end);
                    }
                    // What does not wait is done before the next is looked at: it never counts as a call that waits.
                    self.admit();
                }
            }
        };
        self.send_pack(&mut pack, buffer);
        result
    }

    fn send_pack(&mut self, pack: &mut Pack, buffer: &[u8]) {
        let Pack { range, frames } = std::mem::take(pack);
        if frames > 0 {
            self.send(None, None, SendFlags::default(), &buffer[range], frames);
        }
    }

    /// Takes a frame. Returns why the socket ends, if it does.
    fn on_frame(&mut self, told: Told, frame: &mut [u8]) -> Option<End> {
        match told {
            Told::Text(payload) => match payload.text(frame) {
                Ok(text) => self.on_text(text),
                Err(violation) => Some(broken(violation)),
            },
            Told::Binary(masked) => self.on_bytes(masked.unmask(frame)),
            Told::Assembled(bytes) => self.on_bytes(&bytes),
            Told::Ping(payload) => {
                self.outbox.pong(&frame[payload]);
                None
            }
            Told::Pong | Told::Fragment => None,
            Told::Close(code) => Some(End::PageClosed(code)),
        }
    }

    fn on_text(&mut self, text: &str) -> Option<End> {
        if self.announced.is_some() {
            return Some(End::Ended(EndCause::Protocol, "a send call is followed by the binary frame that it sends".to_owned()));
        }
        match decode_call(text) {
            Ok(call) => self.on_call(call),
            Err(BadCall::Frame { text }) => Some(End::Ended(EndCause::Protocol, text)),
            Err(BadCall::Arguments { id, call, known, text }) => {
                if call == "send" {
                    self.announced = Some(Announced::Refused);
                }
                let name = if known { Name::EINVAL } else { Name::ENOSYS };
                self.outbox.answer(Some(id), Err(Failure::new(name, &call, text)));
                None
            }
        }
    }

    fn on_call(&mut self, Call { id, operation }: Call) -> Option<End> {
        let deadline =
            |timeout_ms: Option<u64>| timeout_ms.map(|timeout| Instant::now() + Duration::from_millis(timeout.min(limits::MAX_TIMEOUT_MS)));
        let (work, deadline) = match operation {
            Operation::Abort => return Some(self.abort(id)),
            Operation::Cancel { target } => {
                self.cancel(id, target);
                return None;
            }
            Operation::Send { flags, timeout_ms } => {
                let has = |flag| flags.contains(&flag);
                let flags = SendFlags { dontwait: has(SendFlag::Dontwait), more: has(SendFlag::More), oob: has(SendFlag::Oob) };
                self.announced = Some(Announced::Send { id, deadline: deadline(timeout_ms), flags });
                return None;
            }
            Operation::Socket { family } => (Work::Prompt(Prompt::Socket(family)), None),
            Operation::Bind { address, port } => (Work::Prompt(Prompt::Bind { address, port }), None),
            Operation::Listen { backlog } => (Work::Prompt(Prompt::Listen { backlog }), None),
            Operation::Accept { listener, timeout_ms } => (Work::Prompt(Prompt::Accept(listener)), deadline(timeout_ms)),
            Operation::Connect { host, port, timeout_ms } => (Work::Prompt(Prompt::Connect { host, port }), deadline(timeout_ms)),
            Operation::Recv { max, flags, timeout_ms } => {
                let has = |flag| flags.contains(&flag);
                // Who only looks, or does not wait, collects nothing.
                let (peek, oob) = (has(RecvFlag::Peek), has(RecvFlag::Oob));
                // No kernel waits for urgent data.
                let dontwait = has(RecvFlag::Dontwait) || oob;
                let waitall = has(RecvFlag::Waitall) && !peek && !dontwait;
                let recv = Recv { max, peek, dontwait, waitall, oob, collected: Vec::new() };
                (Work::Recv(recv), deadline(timeout_ms))
            }
            Operation::Shutdown { how } => (Work::Write(Write::Shutdown(how)), None),
            Operation::Close => (Work::Write(Write::Close), None),
            Operation::Getsockname => (Work::Prompt(Prompt::Getsockname), None),
            Operation::Getpeername => (Work::Prompt(Prompt::Getpeername), None),
            Operation::Setsockopt { option, value } => (Work::Prompt(Prompt::Setsockopt { option, value }), None),
            Operation::Getsockopt { option } => (Work::Prompt(Prompt::Getsockopt(option)), None),
            Operation::Poll { events, timeout_ms } => (Work::Prompt(Prompt::Poll(events)), deadline(timeout_ms)),
            Operation::Resolve { host, family, timeout_ms } => (Work::Prompt(Prompt::Resolve { host, family }), deadline(timeout_ms)),
            Operation::Info { interval_ms, local: None, peer: None } => (Work::Prompt(Prompt::Info { interval_ms }), None),
            Operation::Info { interval_ms: None, local: Some(local), peer: Some(peer) } => {
                (Work::Prompt(Prompt::InfoOf { local, peer }), None)
            }
            Operation::Info { .. } => {
                let text = "a closed connection has both its addresses, and is told of once";
                self.outbox.answer(Some(id), Err(Failure::new(Name::EINVAL, "info", text)));
                return None;
            }
        };
        self.push(Waiting { id: Some(id), deadline, work });
        None
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Option<End> {
        if bytes.is_empty() && self.announced.is_none() {
            let text = "a bare send holds at least one byte; the end of a stream is shutdown".to_owned();
            return Some(End::Ended(EndCause::Protocol, text));
        }
        let (id, deadline, flags) = match self.announced.take() {
            Some(Announced::Refused) => return None,
            Some(Announced::Send { id, deadline, flags }) => (Some(id), deadline, flags),
            None => (None, None, SendFlags::default()),
        };
        self.send(id, deadline, flags, bytes, 1);
        None
    }

    pub(super) fn push(&mut self, waiting: Waiting<Work>) {
        let id = waiting.id;
        if let Err(failure) = self.take_in(waiting) {
            self.outbox.answer(id, Err(failure));
        }
    }

    fn take_in(&mut self, waiting: Waiting<Work>) -> Result<(), Failure> {
        if waiting.id.is_some_and(|id| self.is_waiting(id)) {
            return Err(Failure::new(Name::EINVAL, waiting.work.name(), "a call of the same id waits already"));
        }
        self.lanes.push(waiting)
    }

    /// Whether a call of this id waits: in the lanes, beside them, or as what shuts their gate.
    pub(super) fn is_waiting(&self, id: CallId) -> bool {
        self.lanes.has(id) || self.sides.iter().any(|side| side.is(id)) || self.setup.as_ref().is_some_and(|setup| setup.id == Some(id))
    }
}

fn broken(violation: Violation) -> End {
    End::Ended(violation.cause(), violation.to_string())
}
