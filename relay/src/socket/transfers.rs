//! The two lanes: what `recv` takes from the descriptor, and what `send`, `shutdown` and `close` give to it.

use std::{io, task::Poll, time::Instant};

use protocol::{CallId, Name, Return, limits};
use tokio::io::Interest;

use super::{
    End, Task,
    calls::{no_socket, open},
};
use crate::{
    errno,
    kernel::{Descriptor, Received},
    lanes::{Recv, SendFlags, Write},
};

impl<S> Task<S> {
    /// Tries the oldest `recv`.
    pub(super) fn try_recv(&mut self) {
        let Some(waiting) = self.lanes.next_recv() else { return };
        let recv = &mut waiting.work;
        let left = recv.max.min(limits::MAX_BINARY_FRAME_BYTES as u64).saturating_sub(recv.collected.len() as u64);
        let received = match open(&mut self.descriptor, "recv") {
            Err(failure) => Err(failure),
            Ok(descriptor) => match take(descriptor, &mut self.deferred, recv, left) {
                Err(error) if is_not_yet(&error) && !recv.dontwait => return,
                // An error after a part belongs to the next call, as with `send`.
                Err(error) if !recv.collected.is_empty() => {
                    self.deferred = Some(error);
                    Ok(Received::Bytes(Vec::new()))
                }
                received => received.map_err(|error| errno::failure("recv", &error)),
            },
        };
        let received = match received {
            Ok(Received::Bytes(bytes)) if recv.waitall => {
                let is_more = !bytes.is_empty();
                recv.collected.extend(bytes);
                if is_more && (recv.collected.len() as u64) < recv.max.min(limits::MAX_BINARY_FRAME_BYTES as u64) {
                    self.made_progress();
                    return;
                }
                Ok(Received::Bytes(std::mem::take(&mut recv.collected)))
            }
            // The end is met again by the next call.
            Ok(Received::EndOfStream) if !recv.collected.is_empty() => Ok(Received::Bytes(std::mem::take(&mut recv.collected))),
            received => received,
        };
        let id = waiting.id;
        self.lanes.pop_recv();
        self.made_progress();
        match received {
            Ok(Received::Bytes(bytes)) => self.outbox.bytes(bytes),
            Ok(Received::EndOfStream) => {
                self.half_closed = true;
                self.outbox.answer(id, Ok(Return::Recv { eof: true }));
            }
            Ok(Received::Nothing) => self.outbox.answer(id, Ok(Return::Recv { eof: false })),
            Err(failure) => self.outbox.answer(id, Err(failure)),
        }
    }

    /// Tries the oldest `send`, `shutdown` or `close`. The last ends the socket.
    pub(super) fn try_write(&mut self) -> Option<End> {
        let write = self.lanes.next_write()?;
        let id = write.id;
        let result = match &mut write.work {
            Write::Close => return self.close(id),
            Write::Shutdown(how) => open(&mut self.descriptor, "shutdown").and_then(|descriptor| {
                descriptor.shutdown(*how).map(|()| Return::Shutdown).map_err(|error| errno::failure("shutdown", &error))
            }),
            Write::Send { bytes, sent, flags, frames } => match open(&mut self.descriptor, "send") {
                Err(failure) => Err(failure),
                Ok(descriptor) => match send(descriptor, &mut self.deferred, bytes, sent, *flags) {
                    Poll::Pending => {
                        self.made_progress();
                        return None;
                    }
                    Poll::Ready(result) => {
                        if let Err(error) = &result {
                            // Each of the frames that were joined has its answer.
                            (1..*frames).for_each(|_| self.outbox.answer(id, Err(errno::failure("send", error))));
                        }
                        result.map(|()| Return::Send { sent: *sent as u64 }).map_err(|error| errno::failure("send", &error))
                    }
                },
            },
        };
        self.half_closed |= matches!(result, Ok(Return::Shutdown));
        self.lanes.pop_write();
        self.made_progress();
        self.outbox.answer(id, result);
        None
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
fn take(descriptor: &Descriptor, deferred: &mut Option<io::Error>, recv: &Recv, max: u64) -> io::Result<Received> {
    let received = if recv.dontwait || deferred.is_some() {
        // Asked of the kernel, not of what the runtime has heard of it: the bytes may be there without its knowing yet.
        descriptor.recv(max, recv)
    } else {
        descriptor.when(Interest::READABLE, |descriptor| descriptor.recv(max, recv))
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
) -> Poll<io::Result<()>> {
    if let Some(error) = deferred.take() {
        return Poll::Ready(Err(error));
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
            Err(error) => return Poll::Ready(Err(error)),
        }
    }
}

/// The call would block, or a signal came first: it goes on when the socket is ready.
fn is_not_yet(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}
