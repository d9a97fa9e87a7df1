//! The view of the bytes of the chosen connection: which direction, taken for what, and what is chosen of it.

use leptos::prelude::*;

use super::bytes_grid::Grid;
use super::bytes_side::Side;
use super::desk::Desk;
use crate::bytes::{Overlay, Protocol, Ruler, Selection};
use crate::net::SocketId;
use crate::texts::bytes as texts;
use crate::trace::{Direction, Kind, Socket, bytes_in_words, number_in_words};

/// Both directions of one connection, and what they are taken for.
pub(super) struct Read {
    /// Whose they are; another recording has other sockets of the same numbers.
    of: (SocketId, u64),
    rulers: [Ruler; 2],
    overlays: Option<[Overlay; 2]>,
}

/// The place of a direction among the two.
fn place(direction: Direction) -> usize {
    usize::from(direction == Direction::Received)
}

impl Read {
    fn new(of: (SocketId, u64)) -> Self {
        Self { of, rulers: [Direction::Sent, Direction::Received].map(|direction| Ruler::new(of.0, direction)), overlays: None }
    }

    pub(super) fn ruler(&self, direction: Direction) -> &Ruler {
        &self.rulers[place(direction)]
    }

    pub(super) fn overlay(&self, direction: Direction) -> Option<&Overlay> {
        self.overlays.as_ref().map(|overlays| &overlays[place(direction)])
    }

    /// Reads on. Returns whether anything changed.
    fn read(&mut self, desk: Desk, socket: &Socket, protocol: Option<Protocol>) -> bool {
        let mut changed = false;
        desk.session(|session| {
            session.journal(|journal| {
                for (ruler, total) in self.rulers.iter_mut().zip([socket.sent_bytes, socket.received_bytes]) {
                    changed |= ruler.read(journal.trace(), total);
                }
            });
        });
        if self.overlays.as_ref().map(|[sent, _]| sent.protocol()) != protocol {
            self.overlays = protocol.map(|protocol| [Overlay::new(protocol), Overlay::new(protocol)]);
            changed = true;
        }
        if let Some([sent, received]) = &mut self.overlays
            && changed
        {
            // Either side may be the one that asks.
            sent.read(&self.rulers[0], None);
            received.read(&self.rulers[1], Some(sent));
            sent.read(&self.rulers[0], Some(received));
        }
        changed
    }
}

/// What the view was made for, and how much of it there is.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Extent {
    version: u64,
    pub(super) first: u64,
    pub(super) end: u64,
    pub(super) fields: usize,
    is_full: bool,
    totals: [u64; 2],
}

/// Turns to the only direction in which there are bytes.
fn begin(desk: Desk, direction: RwSignal<Direction>) {
    let totals = desk.subject.with_untracked(|socket| socket.as_ref().map(|socket| (socket.sent_bytes, socket.received_bytes)));
    match totals {
        Some((0, 1..)) => direction.set(Direction::Received),
        Some((1.., 0)) => direction.set(Direction::Sent),
        _ => {}
    }
}

/// What of the view stays when another is chosen.
#[derive(Clone, Copy)]
pub(super) struct Bench {
    pub(super) direction: RwSignal<Direction>,
    pub(super) protocol: RwSignal<Option<Protocol>>,
    pub(super) selection: RwSignal<Option<Selection>>,
    pub(super) read: StoredValue<Option<Read>, LocalStorage>,
    pub(super) extent: Memo<Option<Extent>>,
    /// What came of the last copying.
    pub(super) said: RwSignal<String>,
}

impl Bench {
    /// The bench of this page, to be made once.
    pub(super) fn open(desk: Desk) -> Self {
        let (direction, protocol) = (RwSignal::new(Direction::Sent), RwSignal::new(None));
        let selection = RwSignal::new(None);
        let read = StoredValue::new_local(None);
        let version = StoredValue::new(0);
        let extent = Memo::new(move |_| {
            desk.watch_session(|_| ());
            let socket = desk.subject.get().filter(|socket| socket.kind != Kind::Listener)?;
            let (of, protocol, direction) = ((socket.id, desk.journal_number()), protocol.get(), direction.get());
            read.try_update_value(|slot: &mut Option<Read>| {
                let is_new = slot.as_ref().is_none_or(|read| read.of != of);
                let read = if is_new { slot.insert(Read::new(of)) } else { slot.as_mut()? };
                if read.read(desk, &socket, protocol) || is_new {
                    version.update_value(|version| *version += 1);
                }
                let (ruler, overlay) = (read.ruler(direction), read.overlay(direction));
                Some(Extent {
                    version: version.get_value(),
                    first: ruler.first(),
                    end: ruler.end(),
                    fields: overlay.map_or(0, Overlay::len),
                    is_full: overlay.is_some_and(Overlay::is_full),
                    totals: [Direction::Sent, Direction::Received].map(|direction| read.ruler(direction).end()),
                })
            })?
        });
        Effect::new(move |before: Option<Option<SocketId>>| {
            let now = desk.selected.get();
            if before.is_some_and(|before| before != now) {
                selection.set(None);
                begin(desk, direction);
            }
            now
        });
        Self { direction, protocol, selection, read, extent, said: RwSignal::new(String::new()) }
    }

    /// The bench of this page.
    pub(super) fn here() -> Self {
        expect_context()
    }

    /// Reads the bytes of the direction that is shown, and what they are taken for.
    pub(super) fn with<T>(self, look: impl FnOnce(&Ruler, Option<&Overlay>) -> T) -> Option<T> {
        self.extent.track();
        let direction = self.direction.get();
        self.read.with_value(|read| read.as_ref().map(|read| look(read.ruler(direction), read.overlay(direction))))
    }

    /// What is chosen, as far as it is there.
    pub(super) fn chosen(self) -> Option<Selection> {
        let selection = self.selection.get()?;
        self.with(|ruler, _| selection.within(ruler)).flatten()
    }

    fn turn(self, direction: Direction) {
        if self.direction.get_untracked() != direction {
            self.selection.set(None);
            self.direction.set(direction);
        }
    }

    /// Turns to what was sent or received at that event; the offset at which it began.
    pub(super) fn turn_to(self, event: u64) -> Option<u64> {
        self.extent.track();
        let found = self.read.with_value(|read| {
            let read = read.as_ref()?;
            let begin = |direction| Some((direction, read.ruler(direction).piece_of(event)?.start));
            begin(Direction::Sent).or_else(|| begin(Direction::Received))
        });
        let (direction, start) = found?;
        self.turn(direction);
        Some(start)
    }
}

/// The view.
#[component]
pub(super) fn BytesView() -> impl IntoView {
    let (desk, bench) = (Desk::here(), Bench::here());
    begin(desk, bench.direction);
    let is_listener = Memo::new(move |_| desk.subject.with(|socket| socket.as_ref().is_some_and(|socket| socket.kind == Kind::Listener)));
    let has_bytes = Memo::new(move |_| bench.extent.get().is_some_and(|extent| extent.first < extent.end));
    let hint = move || match (is_listener.get(), bench.direction.get()) {
        (true, _) => texts::a_listener(),
        (false, Direction::Sent) => texts::nothing_sent(),
        (false, Direction::Received) => texts::nothing_received(),
    };
    let note = Memo::new(move |_| {
        let extent = bench.extent.get()?;
        let is_waiting = bench
            .with(|ruler, _| ruler.end().checked_sub(1).and_then(|last| ruler.piece_at(last)).is_some_and(|piece| piece.taken.is_none()));
        let mut notes = vec![];
        if extent.first > 0 {
            notes.push(texts::let_go(&bytes_in_words(extent.first)));
        }
        if is_waiting == Some(true) {
            notes.push(texts::not_taken().to_owned());
        }
        if extent.is_full {
            notes.push(texts::full(&number_in_words(extent.fields as u64)));
        }
        Some(notes.join(" ")).filter(|note| !note.is_empty())
    });
    view! {
        <div class="view-head" hidden=move || bench.extent.with(Option::is_none)>
            <DirectionChoice bench />
            <OverlayChoice bench />
        </div>
        <p class="note" hidden=move || note.with(Option::is_none)>{move || note.get()}</p>
        <Show when=move || !has_bytes.get()>
            <Show when=move || desk.selected.get().is_some() fallback=super::empty::Invitation>
                <p class="stream-hint">{hint}</p>
            </Show>
        </Show>
        <Show when=move || has_bytes.get()>
            <div class="bytes">
                <Grid />
                <Side />
            </div>
        </Show>
    }
}

#[component]
fn DirectionChoice(bench: Bench) -> impl IntoView {
    let option = move |direction: Direction, arrow: &'static str, class: &'static str, label: &'static str| {
        let total = move || bench.extent.get().map(|extent| bytes_in_words(extent.totals[place(direction)]));
        view! {
            <label>
                <input
                    type="radio"
                    name="bytes-direction"
                    prop:checked=move || bench.direction.get() == direction
                    on:change=move |_| bench.turn(direction)
                />
                <span class=class><span aria-hidden="true">{arrow}" "</span>{label}</span>
                <span class="count" aria-hidden="true">{total}</span>
            </label>
        }
    };
    view! {
        <div role="radiogroup" aria-label=texts::direction() class="choice directions">
            {option(Direction::Sent, "→", "sent", texts::sent())} {option(Direction::Received, "←", "received", texts::received())}
        </div>
    }
}

#[component]
fn OverlayChoice(bench: Bench) -> impl IntoView {
    let label = |name: &str| match name {
        "http" => texts::overlay_http(),
        "resp" => texts::overlay_resp(),
        "smtp" => texts::overlay_smtp(),
        "u16be" => texts::overlay_u16be(),
        "u16le" => texts::overlay_u16le(),
        "u32be" => texts::overlay_u32be(),
        _ => texts::overlay_u32le(),
    };
    let choose = move |event| {
        let chosen = event_target_value(&event);
        bench.protocol.set(Protocol::ALL.into_iter().find(|(name, _)| *name == chosen).map(|(_, protocol)| protocol));
    };
    let options = Protocol::ALL.map(|(name, protocol)| {
        view! { <option value=name selected=move || bench.protocol.get() == Some(protocol)>{label(name)}</option> }
    });
    view! {
        <label class="inline overlay">
            <span>{texts::overlay()}</span>
            <select on:change=choose>
                <option value="" selected=move || bench.protocol.with(Option::is_none)>{texts::overlay_none()}</option>
                {options.into_iter().collect_view()}
            </select>
        </label>
    }
}
