//! Several `recv`s that wait, answered by one call of the kernel. It brings what as many calls of `recv(2)` would have brought one after the other, and is cut where they would have ended.

use std::{
    io::IoSliceMut,
    ops::{Deref, Range},
    task::Context,
    time::Instant,
};

use protocol::limits;
use tokio::io::{AsyncWrite, Interest};

use super::{Task, transfers::is_not_yet};
use crate::{
    errno,
    scratch::{FRAMES, PAYLOAD_BYTES, Scratch},
    websocket::{self, MAX_HEAD_BYTES, Opcode},
};

/// How many bytes are received at a time at first, and of a page that did not take all of what came before: what it does not take is kept. While it takes everything
/// it is twice as much each time.
pub(super) const LEAST_BYTES: usize = limits::MAX_BINARY_FRAME_BYTES;

impl<S: AsyncWrite + Unpin> Task<S> {
    /// Tries the oldest `recv`s, where there are several that one call may answer; whether there are.
    pub(super) fn try_several_recvs(&mut self, context: &mut Context<'_>) -> bool {
        let maxes = self.lanes.plain_recvs(self.receive_bytes).take(FRAMES);
        let pieces = pieces(maxes);
        let Some(descriptor) = self.descriptor.as_ref().filter(|_| pieces.len() > 1 && self.deferred.is_none()) else { return false };
        let mut scratch = Scratch::take();
        let received = descriptor.when(Interest::READABLE, |descriptor| descriptor.recv_several(&mut buffers(&mut scratch, &pieces)));
        if received.as_ref().is_err_and(is_not_yet) {
            return true;
        }
        self.progress_at = Instant::now();
        match received {
            Ok(0) => {
                let recv = self.lanes.pop_recv();
                self.answer_end(recv.and_then(|recv| recv.id));
            }
            Ok(count) => {
                let mut frames = None;
                for (piece, count) in filled(&pieces, count) {
                    self.lanes.pop_recv();
                    self.outbox.account().received(count, false);
                    frames = Some(framed(&mut scratch, piece.start, count, frames));
                }
                self.hand_over(context, &scratch[frames.unwrap_or_default()]);
                self.receive_bytes = if self.outbox.is_empty() { (2 * self.receive_bytes).min(PAYLOAD_BYTES) } else { LEAST_BYTES };
            }
            Err(error) => {
                let recv = self.lanes.pop_recv();
                self.outbox.answer(recv.and_then(|recv| recv.id), Err(errno::failure("recv", &error)));
            }
        }
        true
    }
}

/// The head of a frame of bytes.
struct Head([u8; MAX_HEAD_BYTES], usize);

impl Head {
    fn of(payload: usize) -> Self {
        let mut room = [0; MAX_HEAD_BYTES];
        let start = websocket::write_head(&mut room, Opcode::Binary, payload);
        Self(room, start)
    }
}

impl Deref for Head {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0[self.1..]
    }
}

/// Where in the buffer each of them is received: behind the one before it, with room for the head that it has if it is filled.
fn pieces(maxes: impl Iterator<Item = usize>) -> Vec<Range<usize>> {
    let mut end = 0;
    let piece = |max| {
        let start = end + if end == 0 { MAX_HEAD_BYTES } else { Head::of(max).len() };
        end = start + max;
        start..end
    };
    maxes.map(piece).collect()
}

fn buffers<'a>(scratch: &'a mut [u8], pieces: &[Range<usize>]) -> Vec<IoSliceMut<'a>> {
    let mut at = 0;
    let mut rest = scratch;
    let buffer = |piece: &Range<usize>| {
        let (_, behind) = std::mem::take(&mut rest).split_at_mut(piece.start - at);
        let (buffer, behind) = behind.split_at_mut(piece.len());
        (rest, at) = (behind, piece.end);
        IoSliceMut::new(buffer)
    };
    pieces.iter().map(buffer).collect()
}

/// The pieces that `count` bytes fill, and how much there is in each.
fn filled(pieces: &[Range<usize>], mut count: usize) -> impl Iterator<Item = (&Range<usize>, usize)> {
    pieces.iter().map_while(move |piece| {
        let in_it = count.min(piece.len());
        count -= in_it;
        (in_it > 0).then_some((piece, in_it))
    })
}

/// Makes a frame of the `count` bytes at `start`, right behind the `frames` before it; returns where they all are.
fn framed(scratch: &mut [u8], start: usize, count: usize, frames: Option<Range<usize>>) -> Range<usize> {
    let head = Head::of(count);
    let frames = frames.unwrap_or(start - head.len()..start - head.len());
    let payload = frames.end + head.len();
    scratch[frames.end..payload].copy_from_slice(&head);
    if payload != start {
        // One that is not filled may have a shorter head.
        scratch.copy_within(start..start + count, payload);
    }
    frames.start..payload + count
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page gets where `recvs` ask for so many bytes each, and the kernel has `bytes`.
    fn frames_of(recvs: &[usize], bytes: &[u8]) -> Vec<u8> {
        let mut scratch = vec![0xee; recvs.iter().sum::<usize>() + recvs.len() * MAX_HEAD_BYTES];
        let pieces = pieces(recvs.iter().copied());
        let mut left = bytes;
        for buffer in &mut buffers(&mut scratch, &pieces) {
            let (now, later) = left.split_at(left.len().min(buffer.len()));
            buffer[..now.len()].copy_from_slice(now);
            left = later;
        }
        let mut frames = None;
        for (piece, count) in filled(&pieces, bytes.len()) {
            frames = Some(framed(&mut scratch, piece.start, count, frames));
        }
        scratch[frames.unwrap_or_default()].to_vec()
    }

    #[test]
    fn what_one_call_brings_is_cut_where_several_would_have_ended() {
        let bytes: Vec<u8> = (0..200_000_u32).map(|index| (index % 251) as u8).collect();
        for recvs in [&[1, 1, 1][..], &[5, 125, 126, 127], &[65_535, 65_536, 10], &[100_000, 70_000, 30_000], &[200_000, 1]] {
            for count in [1, 2, 5, 6, 130, 131, 132, 256, 257, 65_535, 65_536, 131_070, 131_071, 131_072, 170_001, 199_999, 200_000] {
                let bytes = &bytes[..count.min(recvs.iter().sum())];
                let (mut expected, mut left) = (vec![], bytes);
                for max in recvs {
                    let (now, later) = left.split_at(left.len().min(*max));
                    if !now.is_empty() {
                        websocket::push(&mut expected, Opcode::Binary, now);
                    }
                    left = later;
                }
                assert!(frames_of(recvs, bytes) == expected, "{recvs:?} of {} bytes", bytes.len());
            }
        }
    }
}
