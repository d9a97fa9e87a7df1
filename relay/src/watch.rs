//! A duplicate of a descriptor (`dup(2)`), on which all `poll`s of its socket wait. It is asked of changes alone: what can be had, `poll(2)` says.
//!
//! On the descriptor itself they would take away the readiness that a `send` or a `recv` waits for.

use std::{
    io,
    task::{Context, Poll},
};

use protocol::PollEvent;
use socket2::SockRef;
use tokio::{io::Interest, net::TcpStream};

/// Dropping it closes the duplicate.
pub(crate) struct Watch {
    stream: TcpStream,
    /// Something has changed since everything was asked.
    changed: bool,
    /// The runtime takes the end of a direction for a readiness that never ends, and may be wrong: one that was shut down listens again.
    is_stale: bool,
}

/// The directions in which changes are waited for. A hang-up counts as both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Directions {
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

impl Directions {
    /// Those that matter to one more, who waits for `wanted`.
    pub(crate) fn and(self, wanted: &[PollEvent]) -> Self {
        let reads = wanted.contains(&PollEvent::In);
        // Errors and hang-ups are always waited for.
        let writes = wanted.contains(&PollEvent::Out) || !reads;
        Self { reads: self.reads || reads, writes: self.writes || writes }
    }
}

impl Watch {
    pub(crate) fn new(socket: &SockRef<'_>) -> io::Result<Self> {
        Ok(Self { stream: TcpStream::from_std(socket.try_clone()?.into())?, changed: false, is_stale: false })
    }

    /// Ready while there is something to ask: since the last [`asked`](Self::asked) something has changed.
    pub(crate) fn poll_change(&mut self, directions: Directions, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        for (matters, interest) in [(directions.reads, Interest::READABLE), (directions.writes, Interest::WRITABLE)] {
            if matters && let Poll::Ready(ready) = self.poll_ready(interest, context) {
                ready?;
                // Forgotten before anything is asked, so that what changes from now on is a change again.
                let forgotten = self.stream.try_io(interest, || Err::<(), _>(io::ErrorKind::WouldBlock.into()));
                debug_assert!(forgotten.is_err());
                self.changed = true;
                self.is_stale |= self.poll_ready(interest, context).is_ready();
            }
        }
        if self.changed { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn poll_ready(&self, interest: Interest, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if interest == Interest::READABLE { self.stream.poll_read_ready(context) } else { self.stream.poll_write_ready(context) }
    }

    /// Everything was asked, and there was nothing. Whether this one is still of use: where not, another tells of the changes to come.
    pub(crate) fn asked(&mut self) -> bool {
        self.changed = false;
        !self.is_stale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_and_hang_ups_are_waited_for_by_everybody() {
        let of = |polls: &[&[PollEvent]]| polls.iter().fold(Directions::default(), |directions, wanted| directions.and(wanted));
        let both = Directions { reads: true, writes: true };
        assert_eq!(of(&[&[PollEvent::In]]), Directions { reads: true, writes: false });
        assert_eq!(of(&[&[PollEvent::Out]]), Directions { reads: false, writes: true });
        assert_eq!(of(&[&[]]), of(&[&[PollEvent::Out], &[PollEvent::Hup]]));
        assert_eq!(of(&[&[PollEvent::In], &[]]), both);
        assert_eq!(of(&[&[PollEvent::In, PollEvent::Out]]), both);
    }
}
