//! What a script printed: bounded, and honest about what it dropped.

use std::collections::VecDeque;

/// How much is kept, in bytes of UTF-8.
const KEPT_BYTES: usize = 1 << 20;

/// How long a chunk grows before the next begins.
const CHUNK_BYTES: usize = 16 << 10;

/// Where a chunk comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// `sys.stdout`.
    Stdout,
    /// `sys.stderr`, tracebacks among it.
    Stderr,
    /// What somebody entered.
    Input,
    /// The page itself.
    System,
}

/// Some text of one stream; a line may go on in the next chunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// One more than that of the chunk before, whatever was dropped.
    pub number: u64,
    /// Where it comes from.
    pub stream: Stream,
    /// The text.
    pub text: String,
}

/// The newest part of everything that was printed.
#[derive(Debug, Default)]
pub struct Output {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    next: u64,
    /// Chunks below this number were seen and grow no more.
    sealed: u64,
}

impl Output {
    /// Appends `text`; the oldest goes where there is too much.
    pub fn push(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        self.bytes += text.len();
        match self.chunks.back_mut() {
            Some(last) if last.number >= self.sealed && last.stream == stream && last.text.len() + text.len() <= CHUNK_BYTES => {
                last.text.push_str(text);
            }
            _ => {
                self.chunks.push_back(Chunk { number: self.next, stream, text: text.to_owned() });
                self.next += 1;
            }
        }
        while self.bytes > KEPT_BYTES && self.chunks.len() > 1 {
            self.bytes -= self.chunks.pop_front().map_or(0, |oldest| oldest.text.len());
        }
    }

    /// Lets no chunk grow that is here now: whoever shows them need not look at them again.
    pub fn seal(&mut self) {
        self.sealed = self.next;
    }

    /// The chunks from `number` on, as far as they are kept.
    pub fn since(&self, number: u64) -> impl Iterator<Item = &Chunk> {
        self.chunks.iter().filter(move |chunk| chunk.number >= number)
    }

    /// The number of the oldest chunk that is kept; so also how many were dropped.
    pub fn first_number(&self) -> u64 {
        self.chunks.front().map_or(self.next, |chunk| chunk.number)
    }

    /// The number that the next chunk will have.
    pub fn next_number(&self) -> u64 {
        self.next
    }

    /// Drops everything; the numbers go on.
    pub fn clear(&mut self) {
        self.chunks.clear();
        self.bytes = 0;
        self.sealed = self.next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_at_once_is_one_chunk() {
        let mut output = Output::default();
        output.push(Stream::Stdout, "a");
        output.push(Stream::Stdout, "b\n");
        output.push(Stream::Stderr, "c");
        output.seal();
        output.push(Stream::Stderr, "d");
        output.push(Stream::Stderr, "");
        let chunks: Vec<_> = output.since(0).map(|chunk| (chunk.number, chunk.stream, chunk.text.as_str())).collect();
        assert_eq!(chunks, [(0, Stream::Stdout, "ab\n"), (1, Stream::Stderr, "c"), (2, Stream::Stderr, "d")]);
        assert_eq!(output.since(2).count(), 1);
    }

    #[test]
    fn a_flood_drops_the_oldest() {
        let mut output = Output::default();
        let line = "x".repeat(999) + "\n";
        for _ in 0..5000 {
            output.push(Stream::Stdout, &line);
        }
        let kept: usize = output.since(0).map(|chunk| chunk.text.len()).sum();
        assert!(kept <= KEPT_BYTES && kept > KEPT_BYTES / 2, "{kept}");
        assert!(output.first_number() > 0 && output.next_number() > output.first_number());
        output.clear();
        assert_eq!((output.since(0).count(), output.first_number()), (0, output.next_number()));
    }
}
