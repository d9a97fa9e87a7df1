//! The two lanes: what `recv` takes from the descriptor, and what `send`, `shutdown` and `close` give to it.

use std::{
    io,
    task::{Context, Poll},
    time::Instant,
};

use protocol::{CallId, Failure, Name, Return, limits};
use tokio::io::{AsyncWrite, Interest};

use super::{
    End, Task,
    calls::{no_socket, open},
};
use crate::{
    errno,
    kernel::{Descriptor, Received},
    lanes::{Recv, SendFlags, Waiting, Work, Write},
    scratch::Scratch,
    websocket::MAX_HEAD_BYTES,
};

impl<S: AsyncWrite + Unpin> Task<S> {
    /// Tries the oldest `recv`. What it brings goes from the thread's memory to the page, and only what the page does not take is kept.
    pub(super) fn try_recv(&mut self, context: &mut Context<'_>) {
        let Some(waiting) = self.lanes.next_recv() else { return };
        let id = waiting.id;
        let recv = &mut waiting.work;
        let max = usize::try_from(recv.max).unwrap_or(usize::MAX).min(limits::MAX_BINARY_FRAME_BYTES);
        let left = max - recv.collected.len();
        let mut scratch = Scratch::take();
        let buffer = &mut scratch[MAX_HEAD_BYTES..][..left];
        let received = match open(&mut self.descriptor, "recv") {
            Err(failure) => Err(failure),
            Ok(descriptor) => match take(descriptor, &mut self.deferred, recv, buffer) {
                Err(error) if is_not_yet(&error) && !recv.dontwait => return,
                // An error after a part belongs to the next call, as with `send`.
                Err(error) if !recv.collected.is_empty() => {
                    self.deferred = Some(error);
                    Ok(Received::EndOfStream)
                }
                received => received.map_err(|error| errno::failure("recv", &error)),
            },
        };
        self.progress_at = Instant::now();
        if let Ok(Received::Bytes(count)) = received
            && recv.waitall
        {
            recv.collected.extend_from_slice(&buffer[..count]);
            if recv.collected.len() < max {
                return;
            }
        }
        let (collected, peek) = (std::mem::take(&mut recv.collected), recv.peek);
        self.lanes.pop_recv();
        match received {
            // The end of what is collected before it is met again by the next call.
            Ok(Received::Bytes(_) | Received::EndOfStream) if !collected.is_empty() => self.outbox.bytes(collected),
            Ok(Received::Bytes(count)) => {
                if let Err(error) = self.outbox.hand_over(self.page.stream(), context, &mut scratch, count, peek) {
                    // Met again, and told, when the outbox is emptied or the page is read.
                    tracing::debug!(%error, "the page takes nothing any more");
                }
            }
            Ok(Received::EndOfStream) => {
                self.half_closed = true;
                self.outbox.answer(id, Ok(Return::Recv { eof: true }));
            }
            Ok(Received::Nothing) => self.outbox.answer(id, Ok(Return::Recv { eof: false })),
            Err(failure) => self.outbox.answer(id, Err(failure)),
        }
    }
}

impl<S> Task<S> {
    /// Sends `bytes`, which came in this many frames, for the call `id` or for bare sends: at once as far as the kernel takes them and nothing waits that comes before.
    /// What is left waits its turn.
    pub(super) fn send(&mut self, id: Option<CallId>, deadline: Option<Instant>, flags: SendFlags, bytes: &[u8], frames: usize) {
        self.admit();
        let mut sent = 0;
        if self.setup.is_none() && self.lanes.is_clear_to_write() && id.is_none_or(|id| !self.is_waiting(id)) {
            let result = match open(&mut self.descriptor, "send") {
                Err(failure) => Poll::Ready(Err(failure)),
                Ok(descriptor) => send(descriptor, &mut self.deferred, bytes, &mut sent, flags),
            };
            self.outbox.account().sent(sent);
            self.made_progress();
            if let Poll::Ready(result) = result {
                self.answer_send(id, frames, result.map(|()| sent));
                return;
            }
        }
        self.push(Waiting { id, deadline, work: Work::Write(Write::Send { bytes: bytes.into(), sent, flags, frames }) });
    }

    /// Tries the oldest `send`, `shutdown` or `close`. The last ends the socket.
    pub(super) fn try_write(&mut self) -> Option<End> {
        let write = self.lanes.next_write()?;
        let id = write.id;
        match &mut write.work {
            Write::Close => return self.close(id),
            Write::Shutdown(how) => {
                let result = open(&mut self.descriptor, "shutdown").and_then(|descriptor| {
                    descriptor.shutdown(*how).map(|()| Return::Shutdown).map_err(|error| errno::failure("shutdown", &error))
                });
                self.half_closed |= result.is_ok();
                self.lanes.pop_write();
                self.outbox.answer(id, result);
            }
            Write::Send { bytes, sent, flags, frames } => {
                let before = *sent;
                let result = match open(&mut self.descriptor, "send") {
                    Err(failure) => Poll::Ready(Err(failure)),
                    Ok(descriptor) => send(descriptor, &mut self.deferred, bytes, sent, *flags),
                };
                self.outbox.account().sent(*sent - before);
                if let Poll::Ready(result) = result {
                    let (frames, result) = (*frames, result.map(|()| *sent));
                    self.lanes.pop_write();
                    self.answer_send(id, frames, result);
                }
            }
        }
        self.made_progress();
        None
    }

    /// Answers the call `id`, or this many bare sends: together where they succeeded, and each where they failed.
    fn answer_send(&mut self, id: Option<CallId>, frames: usize, result: Result<usize, Failure>) {
        match result {
            Ok(sent) if id.is_none() && self.lanes.next_recv().is_some() => self.outbox.hold(sent),
            Ok(sent) => self.outbox.answer(id, Ok(Return::Send { sent: sent as u64 })),
            Err(failure) => self.outbox.fail(id, frames, failure),
        }
    }

    /// Counts the time in which a half-closed connection makes no progress from now on.
    fn made_progress(&mut self) {
        self.progress_at = Instant::now();
    }

    fn close(&mut self, id: Option<CallId>) -> Option<End> {
        self.lanes.pop_write();
        let result = self.descriptor.take().map(|_closed| Return::Close).ok_or_else(|| no_socket("close"));
        let is_closed = result.is_ok();
        if is_closed {
            self.fail_all_waiting();
        }
        self.outbox.answer(id, result);
        is_closed.then_some(End::Closed)
    }
}

/// One `recv(2)`. What arrived before an error comes first, as in the kernel; then the error that a `send` met in its place.
fn take(descriptor: &Descriptor, deferred: &mut Option<io::Error>, recv: &Recv, buffer: &mut [u8]) -> io::Result<Received> {
    let received = if recv.dontwait || deferred.is_some() {
        // Asked of the kernel, not of what the runtime has heard of it: the bytes may be there without its knowing yet.
        descriptor.recv(buffer, recv)
    } else {
        descriptor.when(Interest::READABLE, |descriptor| descriptor.recv(buffer, recv))
    };
    match received {
        Ok(Received::Bytes(_) | Received::Nothing) => received,
        // A broken pipe is an error of writing alone.
        _ if deferred.as_ref().is_none_or(|error| errno::name(error) == Name::EPIPE) => received,
        _ => deferred.take().map_or(received, Err),
    }
}

/// Sends until everything is gone (Ready), or the kernel takes no more (Pending), counting in `sent`.
///
/// An error after a part was sent belongs to the next call: the kernel keeps it while a `send(2)` returns that part, and so does `deferred`.
fn send(
    descriptor: &Descriptor,
    deferred: &mut Option<io::Error>,
    bytes: &[u8],
    sent: &mut usize,
    flags: SendFlags,
) -> Poll<Result<(), Failure>> {
    let failed = |error: &io::Error| Poll::Ready(Err(errno::failure("send", error)));
    if let Some(error) = deferred.take() {
        return failed(&error);
    }
    loop {
        let rest = &bytes[*sent..];
        let send = |descriptor: &Descriptor| descriptor.send(rest, flags);
        let result = if flags.dontwait { send(descriptor) } else { descriptor.when(Interest::WRITABLE, send) };
        match result {
            Ok(count) => {
                *sent += count;
                if flags.dontwait || *sent == bytes.len() {
                    return Poll::Ready(Ok(()));
                }
            }
            Err(error) if is_not_yet(&error) && !flags.dontwait => return Poll::Pending,
            Err(error) if *sent > 0 => {
                *deferred = Some(error);
                return Poll::Ready(Ok(()));
            }
            Err(error) => return failed(&error),
        }
    }
}

/// The call would block, or a signal came first: it goes on when the socket is ready.
fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
