//! Recordings: saving what happened, opening what was saved, playing it again, putting it into a link. None of it touches a socket.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::{Session, clock, now_ms};
use crate::recording::{
    Header, Reader, Recording, Replay, Scenario, Shared, Speed, TooLarge, Writer, pcapng, read_fragment, session_fragment,
};
use crate::trace::{Bounds, Journal};

/// How much of a file is read, or written, before the page may draw.
const PIECE_BYTES: usize = 1 << 20;

/// A recording that the views show.
#[derive(Clone)]
pub(crate) struct Opened {
    /// What it tells.
    pub(crate) journal: Rc<RefCell<Journal>>,
    /// Where its replay stands.
    pub(crate) replay: Rc<RefCell<Replay>>,
    /// What it says of itself: which relay it tells of, and when its page was opened.
    header: Header,
    /// What it is called.
    pub(crate) name: String,
    /// Tells it apart from the page's own journal, which is 0, and from every other that was opened: sockets have the same numbers in several.
    pub(crate) number: u64,
}

impl Session {
    fn header(&self, dropped: u64) -> Header {
        if let Some(opened) = self.0.opened.get_untracked() {
            return Header { dropped, ..opened.header };
        }
        let relay = match self.0.relay_status.get_untracked() {
            super::RelayStatus::Up(hello) => Some(hello),
            _ => None,
        };
        Header { opened: clock::opened(), relay, dropped }
    }

    /// Everything that the page shows, as a recording, in parts of a file.
    pub(crate) fn recording(&self) -> Array {
        let parts = Array::new();
        self.journal(|journal| {
            let trace = journal.trace();
            let mut writer = Writer::new(self.header(trace.dropped()));
            loop {
                let mut text = String::new();
                let written = writer.write(trace, &mut text, PIECE_BYTES);
                parts.push(&Uint8Array::from(text.as_bytes()));
                // The trace does not change in here, so there is no gap.
                if written != Ok(true) {
                    return;
                }
            }
        });
        parts
    }

    /// The conversations that the page shows, for Wireshark, in parts of a file.
    pub(crate) fn packets(&self) -> Array {
        let parts = Array::new();
        self.journal(|journal| {
            for block in pcapng(self.header(0).opened, journal.trace()) {
                parts.push(&Uint8Array::from(&block[..]));
            }
        });
        parts
    }

    /// The fragment of a link that holds everything that the page shows.
    pub(crate) fn link(&self) -> Result<String, TooLarge> {
        self.journal(|journal| session_fragment(self.header(journal.trace().dropped()), journal.trace()))
    }

    /// Opens a file, piece by piece, so that the page stays alive. `failed` hears what is wrong with it.
    pub(crate) fn open_file(&self, file: web_sys::File, failed: impl FnOnce(String) + 'static) {
        let session = self.clone();
        spawn_local(async move {
            match read(&file).await {
                Ok(recording) => session.show(recording, file.name()),
                Err(text) => failed(text),
            }
        });
    }

    /// Takes what the address brought: a recording is shown, a scenario is returned.
    ///
    /// # Errors
    ///
    /// What is wrong with the link.
    pub(crate) fn open_link(&self) -> Result<Option<Scenario>, String> {
        let hash = window().location().hash().unwrap_or_default();
        match read_fragment(&hash)? {
            Some(Shared::Session(recording)) => {
                self.show(recording, String::new());
                Ok(None)
            }
            Some(Shared::Scenario(scenario)) => Ok(Some(scenario)),
            None => Ok(None),
        }
    }

    fn show(&self, recording: Recording, name: String) {
        let replay = Replay::new(&recording.trace);
        let journal = Journal::of(recording.trace);
        let first = journal.sockets().tree().next().map(|socket| socket.id);
        let opened = Opened {
            journal: Rc::new(RefCell::new(journal)),
            replay: Rc::new(RefCell::new(replay)),
            header: recording.header,
            name,
            number: self.0.opened_so_far.get() + 1,
        };
        self.0.opened_so_far.set(opened.number);
        self.0.event.set(None);
        self.0.opened.set(Some(opened));
        self.0.selected.set(first);
        self.0.revision.update(|revision| *revision += 1);
    }

    /// Goes back to what happens in this page.
    pub(crate) fn close_recording(&self) {
        self.0.selected.set(None);
        self.0.event.set(None);
        self.0.opened.set(None);
        self.0.revision.update(|revision| *revision += 1);
    }

    /// Plays the recording from the event that is looked at, from the beginning where that is the last one; or stops it there.
    pub(crate) fn play_or_pause(&self) {
        let Some(opened) = self.0.opened.get_untracked() else { return };
        let mut replay = opened.replay.borrow_mut();
        if replay.is_playing(now_ms()) {
            replay.pause(now_ms());
        } else {
            match self.0.event.get_untracked() {
                Some(event) => replay.seek_to_number(event + 1, now_ms()),
                None => replay.seek_to_position(0.0, now_ms()),
            }
            replay.play(now_ms());
            drop(replay);
            self.play_on(opened);
        }
        self.0.revision.update(|revision| *revision += 1);
    }

    /// How fast it is played, and whether long pauses are cut.
    pub(crate) fn set_pace(&self, speed: Speed, cuts_pauses: bool) {
        if let Some(opened) = self.0.opened.get_untracked() {
            let mut replay = opened.replay.borrow_mut();
            replay.set_speed(speed, now_ms());
            replay.set_cuts_pauses(cuts_pauses, now_ms());
        }
    }

    /// Whether the recording plays.
    pub(crate) fn is_playing(&self) -> bool {
        self.0.opened.get_untracked().is_some_and(|opened| opened.replay.borrow().is_playing(now_ms()))
    }

    fn play_on(&self, opened: Opened) {
        let session = self.clone();
        request_animation_frame(move || {
            let is_shown =
                session.0.opened.with_untracked(|shown| shown.as_ref().is_some_and(|shown| Rc::ptr_eq(&shown.replay, &opened.replay)));
            if !is_shown {
                return;
            }
            let (next, goes_on) = {
                let replay = opened.replay.borrow();
                (replay.next_number(now_ms()), replay.is_playing(now_ms()))
            };
            let is_end = next >= opened.journal.borrow().trace().next_number();
            let event = next.checked_sub(1).filter(|_| !is_end);
            if session.0.event.get_untracked() != event || !goes_on {
                session.0.event.set(event);
                session.0.revision.update(|revision| *revision += 1);
            }
            if goes_on {
                session.play_on(opened);
            } else {
                opened.replay.borrow_mut().pause(now_ms());
            }
        });
    }
}

async fn read(file: &web_sys::File) -> Result<Recording, String> {
    let unreadable = |_| crate::texts::recordings::unreadable().to_owned();
    let mut reader = Reader::new(Bounds::default());
    let (mut start, size) = (0.0, file.size());
    while start < size {
        let end = size.min(start + PIECE_BYTES as f64);
        let piece = file.slice_with_f64_and_f64(start, end).map_err(unreadable)?;
        let piece = JsFuture::from(piece.array_buffer()).await.map_err(unreadable)?;
        reader.feed(&Uint8Array::new(&piece).to_vec()).map_err(|mistake| mistake.to_string())?;
        start = end;
    }
    reader.finish().map_err(|mistake| mistake.to_string())
}
