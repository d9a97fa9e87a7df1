//! The trace over a reload of the page: its newest part, in what this tab keeps. The sockets are gone with the document that held them.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

use web_sys::Storage;

use super::clock;
use super::recorder::Recorder;
use crate::net;
use crate::recording::{Header, Reader, Recording, Writer};
use crate::trace::{Bounds, Fact, Journal, Trace};

/// Where the kept pieces are listed, and what comes before the number of each.
const LIST: &str = "tcp-playground.trace";

/// What keeps: in a table, as it is not in the first file of the page.
pub(crate) struct Parts {
    start: fn(&Recorder, bool) -> Option<Keeping>,
    keep: fn(&mut Keeping, &Rc<RefCell<Journal>>),
}

impl Parts {
    /// All of it.
    pub(crate) const ALL: Self = Self { start: Keeping::start, keep: Keeping::keep };
}

/// The keeping of this page, as soon as what does it is here.
#[derive(Default)]
pub(super) struct Kept(Option<(&'static Parts, Keeping)>);

impl Kept {
    /// Begins to keep; first brings back what was kept before the reload, where nothing happened in the page yet. Nothing where the browser keeps nothing.
    pub(super) fn begin(&mut self, parts: &'static Parts, recorder: &Recorder) {
        let brings_back = recorder.journal().borrow().trace().next_number() == 0;
        self.0 = (parts.start)(recorder, brings_back).map(|keeping| (parts, keeping));
    }

    /// Keeps what happened since the last time.
    pub(super) fn keep(&mut self, recorder: &Recorder) {
        if let Some((parts, keeping)) = &mut self.0 {
            (parts.keep)(keeping, recorder.journal());
        }
    }
}

/// Whether something was kept before a reload.
pub(crate) fn is_kept() -> bool {
    storage().is_some_and(|storage| storage.get_item(LIST).is_ok_and(|list| list.is_some()))
}

fn storage() -> Option<Storage> {
    web_sys::window()?.session_storage().ok().flatten()
}

/// How long a piece grows before the next is begun: each time something happened, the last one is written again.
const PIECE_BYTES: usize = 128 << 10;

/// How much is kept. Browsers give a tab about 5 million characters.
const KEPT_BYTES: usize = 4 << 20;

struct Piece {
    index: u64,
    first_entry: u64,
    text: String,
}

/// The pieces that are kept, the oldest first. All but the last are whole.
pub(crate) struct Keeping {
    storage: Storage,
    pieces: VecDeque<Piece>,
    writer: Writer,
    next_index: u64,
}

impl Keeping {
    fn start(recorder: &Recorder, brings_back: bool) -> Option<Self> {
        let storage = storage()?;
        if brings_back && let Some(recording) = read(&storage) {
            bring_back(recorder, recording);
        }
        forget(&storage);
        let mut keeping = Self { storage, pieces: VecDeque::new(), writer: Writer::resume(0), next_index: 0 };
        keeping.writer = Writer::resume(recorder.journal().borrow().trace().dropped());
        Some(keeping)
    }

    /// Keeps what happened since the last time.
    fn keep(&mut self, journal: &Rc<RefCell<Journal>>) {
        let journal = journal.borrow();
        let trace = journal.trace();
        if self.writer.next_number() == trace.next_number() {
            return;
        }
        loop {
            self.begin_piece();
            let Some(piece) = self.pieces.back_mut() else { return };
            match self.writer.write(trace, &mut piece.text, PIECE_BYTES) {
                Ok(is_more) => {
                    self.store();
                    if !is_more {
                        return;
                    }
                }
                Err(_gap) => {
                    // What was not kept in time is not kept at all, and what came before it would have a gap.
                    self.pieces.clear();
                    self.writer = Writer::resume(trace.dropped());
                }
            }
        }
    }

    fn begin_piece(&mut self) {
        if self.pieces.back().is_none_or(|piece| piece.text.len() >= PIECE_BYTES) {
            self.pieces.push_back(Piece { index: self.next_index, first_entry: self.writer.next_number(), text: String::new() });
            self.next_index += 1;
        }
        while self.pieces.len() > 1 && self.pieces.iter().map(|piece| piece.text.len()).sum::<usize>() > KEPT_BYTES {
            self.let_go_of_oldest();
        }
    }

    fn let_go_of_oldest(&mut self) {
        if let Some(oldest) = self.pieces.pop_front() {
            self.storage.remove_item(&format!("{LIST}.{}", oldest.index)).ok();
        }
    }

    /// Writes the last piece. Where the browser has no more room, older ones go.
    fn store(&mut self) {
        while let Some(last) = self.pieces.back() {
            let stored = self.storage.set_item(&format!("{LIST}.{}", last.index), &last.text);
            if stored.and_then(|()| self.storage.set_item(LIST, &self.list())).is_ok() || self.pieces.len() == 1 {
                return;
            }
            self.let_go_of_oldest();
        }
    }

    fn list(&self) -> String {
        let (first, last) = (self.pieces.front(), self.pieces.back());
        let mut list = format!("{} {}\n", first.map_or(0, |piece| piece.index), last.map_or(0, |piece| piece.index));
        let dropped = first.map_or(0, |piece| piece.first_entry);
        let header = Header { opened: clock::opened(), relay: None, dropped };
        // A trace that holds nothing yet: the header alone is written.
        let written = Writer::new(header).write(&Trace::starting_at(Bounds::default(), dropped), &mut list, usize::MAX);
        debug_assert_eq!(written, Ok(false), "the header is of that trace");
        list
    }
}

fn read(storage: &Storage) -> Option<Recording> {
    let list = storage.get_item(LIST).ok().flatten()?;
    let (range, header) = list.split_once('\n')?;
    let (first, last) = range.split_once(' ')?;
    let mut reader = Reader::new(Bounds::default());
    reader.feed(header.as_bytes()).ok()?;
    for index in first.parse::<u64>().ok()?..=last.parse::<u64>().ok()? {
        let piece = storage.get_item(&format!("{LIST}.{index}")).ok().flatten()?;
        reader.feed(piece.as_bytes()).ok()?;
    }
    reader.finish().ok()
}

/// Takes everything that was kept out of the storage.
fn forget(storage: &Storage) {
    let keys = (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
    let kept: Vec<String> = keys.filter(|key| key.starts_with(LIST)).collect();
    for key in kept {
        storage.remove_item(&key).ok();
    }
}

fn bring_back(recorder: &Recorder, recording: Recording) {
    let last_ms = recording.trace.before(u64::MAX).next().map_or(0.0, |entry| entry.time_ms);
    let last_socket = recording.trace.since(0).map(|entry| entry.socket.0).max().unwrap_or(0);
    clock::go_on_from(recording.header.opened, last_ms);
    net::count_on_from(last_socket);
    let journal = Journal::of(recording.trace);
    // A document that goes is to its sockets what the death of a process is: the relay closed them.
    let open: Vec<_> = journal.sockets().tree().filter(|socket| !socket.gone).map(|socket| socket.id).collect();
    *recorder.journal().borrow_mut() = journal;
    for socket in open {
        recorder.record(socket, Fact::Closed);
    }
}
