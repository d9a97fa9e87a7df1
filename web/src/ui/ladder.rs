//! The ladder of the chosen socket: as many rows as are seen, drawn as one picture, and the same rows as a table.

use leptos::ev::MouseEvent;
use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::calls::Switch;
use super::desk::Desk;
use super::empty::StreamHint;
use super::ladder_files::{save_png, save_svg};
use super::window::{Extent, Follow, Window};
use crate::ladder::{Dress, Ends, Ladder, Layout, ROW_PX, Row, Waiting, draw_heads, draw_lit, draw_rows, draw_waiting, table_rows};
use crate::net::SocketId;
use crate::session::now_ms;
use crate::texts::ladder as texts;
use crate::trace::Socket;

/// A call that returned within this time is not shown as one that waits, in milliseconds.
pub(super) const WAITS_MS: f64 = 400.0;

/// No browser lays out an element of more than some 33 million pixels; the newest rows are those that are shown.
const MOST_ROWS: u64 = 500_000;

/// The ladder, and what it was made for.
#[derive(Default)]
pub(super) struct Cache {
    pub(super) made: Option<(Ends, Ladder)>,
    journal: u64,
    generation: u64,
    version: u64,
}

/// What there is to draw, and whether it changed.
#[derive(Clone, Copy, PartialEq)]
pub(super) struct Shape {
    extent: Extent,
    version: u64,
    has_both_ends: bool,
    listens: bool,
    dropped: u64,
}

impl Cache {
    /// Takes what was added to the trace since the last time.
    pub(super) fn read(&mut self, desk: Desk, socket: &Socket) -> Shape {
        let number = desk.journal_number();
        if std::mem::replace(&mut self.journal, number) != number {
            self.made = None;
        }
        let dropped = desk.session(|session| {
            session.journal(|journal| {
                let ends = Ends::of(journal.sockets(), socket);
                let is_same = |(made_for, _): &(Ends, Ladder)| made_for.is_same(&ends);
                match self.made.as_mut().filter(|made| is_same(made)) {
                    Some((made_for, _)) if *made_for == ends => {}
                    Some((made_for, _)) => {
                        *made_for = ends;
                        self.version += 1;
                    }
                    None => {
                        // A connection whose other end turns up is still the same list.
                        self.generation += u64::from(self.made.as_ref().is_none_or(|(made_for, _)| made_for.own.id != socket.id));
                        self.version += 1;
                        let ladder = Ladder::new(&ends, journal);
                        self.made = Some((ends, ladder));
                    }
                }
                if let Some((_, ladder)) = &mut self.made
                    && ladder.read(journal.trace())
                {
                    self.version += 1;
                }
                journal.trace().dropped()
            })
        });
        let made = self.made.as_ref();
        let (first, rows) = made.map_or((0, 0), |(_, ladder)| (ladder.first_row(), ladder.len()));
        Shape {
            extent: Extent { generation: self.generation, first, rows },
            version: self.version,
            has_both_ends: made.is_some_and(|(_, ladder)| ladder.has_both_ends()),
            listens: made.is_some_and(|(ends, _)| ends.listens()),
            dropped,
        }
    }
}

type Kept = StoredValue<Cache, LocalStorage>;

/// The ladder of the chosen socket, or what to do where there is none.
#[component]
pub(super) fn LadderView() -> impl IntoView {
    let desk = Desk::here();
    let as_table = RwSignal::new(false);
    let cache: Kept = StoredValue::new_local(Cache::default());
    let shape = Memo::new(move |_| {
        desk.watch_session(|_| ());
        let socket = desk.subject.get()?;
        cache.try_update_value(|cache| cache.read(desk, &socket))
    });
    let has_bytes = Signal::derive(move || {
        desk.subject.with(|socket| socket.as_ref().is_some_and(|socket| socket.sent_bytes > 0 || socket.received_bytes > 0))
    });
    view! {
        <Head cache shape as_table />
        <StreamHint shape_has_rows=has_bytes />
        <Rows cache shape as_table />
    }
}

#[component]
fn Head(cache: Kept, shape: Memo<Option<Shape>>, as_table: RwSignal<bool>) -> impl IntoView {
    let desk = Desk::here();
    let note = move || {
        shape.with(|shape| match shape.as_ref() {
            Some(shape) if shape.listens => "",
            Some(shape) if shape.has_both_ends => texts::both_ends(),
            Some(_) => texts::only_this_end(),
            None => "",
        })
    };
    let save = move |how: fn(&Ends, &Ladder, Option<u64>)| {
        cache.with_value(|cache| {
            if let Some((ends, ladder)) = &cache.made {
                how(ends, ladder, desk.event.get_untracked());
            }
        });
    };
    view! {
        <div class="view-head" hidden=move || shape.with(Option::is_none)>
            <Switch
                label=texts::as_table()
                on=as_table.into()
                misfit=Signal::stored(None)
                on_click=Callback::new(move |()| as_table.update(|as_table| *as_table = !*as_table))
            />
            <p class="ends">{note}</p>
            <span class="saves">
                <button type="button" class="quiet" on:click=move |_| save(save_svg)>{texts::save_svg()}</button>
                <button type="button" class="quiet" on:click=move |_| save(save_png)>{texts::save_png()}</button>
            </span>
        </div>
    }
}

#[component]
fn Rows(cache: Kept, shape: Memo<Option<Shape>>, as_table: RwSignal<bool>) -> impl IntoView {
    let desk = Desk::here();
    let list = NodeRef::<Div>::new();
    let window = Window::new(f64::from(ROW_PX), list);
    let clock = RwSignal::new(now_ms());
    let tick = move || {
        if cache.with_value(|cache| cache.made.as_ref().is_some_and(|(_, ladder)| !ladder.waiting().is_empty())) {
            clock.set(now_ms());
        }
    };
    if let Ok(interval) = set_interval_with_handle(tick, std::time::Duration::from_millis(500)) {
        on_cleanup(move || interval.clear());
    }
    let waiting = Memo::new(move |_| {
        shape.track();
        waiting(desk, cache, clock.get())
    });
    // The calls that wait stand below the last row, as long as they do.
    let extent = Memo::new(move |_| {
        let shape = shape.get()?;
        let rows = shape.extent.rows.min(MOST_ROWS) + waiting.with(Vec::len) as u64;
        Some(Extent { rows, ..shape.extent })
    });
    let skipped = move || shape.with(|shape| shape.as_ref().map_or(0, |shape| shape.extent.rows.saturating_sub(MOST_ROWS)));
    let rows = move || extent.with(|extent| extent.as_ref().map_or(0, |extent| extent.rows));
    // Some rows at a time, so that not every row that scrolls by draws all of them again.
    let range = Memo::new(move |_| {
        let (from, to) = window.range(rows());
        (from / 16 * 16, to.div_ceil(16) * 16)
    });
    let layout = Memo::new(move |_| {
        let both = shape.with(|shape| shape.as_ref().is_some_and(|shape| shape.has_both_ends));
        Layout::new(window.width_px.get() as u32, both)
    });
    let heads = Memo::new(move |_| {
        shape.track();
        cache.with_value(|cache| cache.made.as_ref().map(|(ends, _)| heads(ends, layout.get(), as_table.get())).unwrap_or_default())
    });
    let drawn = Memo::new(move |_| {
        shape.track();
        let (from, to) = range.get();
        let (skip, layout, event, as_table) = (skipped(), layout.get(), desk.event.get(), as_table.get());
        let seen = if as_table { (from, to) } else { window.in_view(rows()) };
        cache.with_value(|cache| {
            let Some((ends, ladder)) = &cache.made else { return String::new() };
            let picture = if as_table {
                String::new()
            } else {
                let lit = draw_lit(lit_rows(desk, ladder, from + skip, to + skip).into_iter(), layout);
                in_svg(&(lit + &draw_rows(ladder, layout, event, from + skip, to + skip, Dress::Page)), layout, to - from)
            };
            let table = table_rows(ladder, ends, event, seen.0 + skip, seen.1 + skip);
            let (class, count) = (if as_table { "table" } else { "table off-screen" }, ladder.len() + 1);
            format!(
                "{picture}<div role=\"table\" class=\"{class}\" aria-label=\"{}\" aria-rowcount=\"{count}\">{table}</div>",
                texts::table()
            )
        })
    });
    let live = Memo::new(move |_| {
        waiting.with(|waiting| in_svg(&draw_waiting(waiting, layout.get(), clock.get()), layout.get(), waiting.len() as u64))
    });
    window.follow(extent);
    window.keep_in_view(Memo::new(move |_| {
        let event = desk.event.get()?;
        shape.track();
        let row = cache.with_value(|cache| cache.made.as_ref().and_then(|(_, ladder)| ladder.row_at(event)))?;
        Some(row.saturating_sub(skipped()))
    }));
    let dropped = move || shape.with(|shape| shape.as_ref().map_or(0, |shape| shape.dropped));
    let px = |rows: u64| format!("{}px", rows * ROW_PX.unsigned_abs() as u64);
    view! {
        <p class="note" hidden=move || dropped() == 0>{move || texts::dropped(dropped())}</p>
        <div class="ladder" class:past=move || desk.event.get().is_some() hidden=move || shape.with(Option::is_none)>
            <div class="heads" inner_html=heads></div>
            <div class="rungs" role="group" aria-label=texts::label() tabindex="0" node_ref=list on:scroll=move |_| window.scrolled() on:click=move |event| on_click(desk, cache, &event)>
                <div class="all" style:height=move || px(rows())>
                    <div class="seen" style:transform=move || format!("translateY({})", px(range.get().0)) inner_html=drawn></div>
                    <div class="live" style:transform=move || format!("translateY({})", px(rows() - waiting.with(Vec::len) as u64)) hidden=move || as_table.get() inner_html=live></div>
                </div>
            </div>
        </div>
        <Follow extent window />
    }
}

/// The calls that wait for some time now, and whether they can be cancelled; none in a recording, where it is over.
fn waiting(desk: Desk, cache: Kept, now_ms: f64) -> Vec<(Waiting, bool)> {
    if desk.session(|session| session.opened().with(Option::is_some)) {
        return vec![];
    }
    cache.with_value(|cache| {
        let Some((ends, ladder)) = &cache.made else { return vec![] };
        let waits = ladder.waiting().into_iter().filter(|waiting| now_ms - waiting.since_ms >= WAITS_MS);
        let runs = |waiting: &Waiting| {
            let Some(id) = id_of(ends, waiting.side.index()) else { return false };
            desk.session(|session| session.running(id).iter().any(|running| running.call == waiting.name))
        };
        waits.map(|waiting| (waiting.clone(), runs(&waiting))).collect()
    })
}

/// Which rows from `from` to before `to`, counted from `from`, tell of calls that the line made which somebody put the cursor into.
fn lit_rows(desk: Desk, ladder: &Ladder, from: u64, to: u64) -> Vec<u64> {
    let Some((file, line)) = desk.line.get() else { return vec![] };
    desk.session(|session| {
        session.journal(|journal| {
            let is_its = |row: &Row| journal.trace().place(row.first).is_some_and(|place| *place.file == file && place.line == line);
            (from..to).filter(|index| ladder.row(*index).is_some_and(is_its)).map(|index| index - from).collect()
        })
    })
}

fn id_of(ends: &Ends, side: usize) -> Option<SocketId> {
    if side == 0 { Some(ends.own.id) } else { ends.other.as_ref().map(|other| other.id) }
}

fn in_svg(markup: &str, layout: Layout, rows: u64) -> String {
    if markup.is_empty() {
        return String::new();
    }
    format!("<svg aria-hidden=\"true\" width=\"{}\" height=\"{}\">{markup}</svg>", layout.width, rows * ROW_PX.unsigned_abs() as u64)
}

fn heads(ends: &Ends, layout: Layout, as_table: bool) -> String {
    if as_table {
        let names = [texts::time(), texts::socket(), texts::event(), texts::bytes()].map(|name| format!("<span>{name}</span>"));
        return format!("<div class=\"table-row\" aria-hidden=\"true\">{}</div>", names.concat());
    }
    in_svg(&draw_heads(ends, layout, Dress::Page), layout, 1)
}

/// One listener for everything in the list: what was clicked says what it is for.
fn on_click(desk: Desk, cache: Kept, event: &MouseEvent) {
    let Some(target) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
    let named = |name: &str| target.closest(&format!("[{name}]")).ok().flatten().and_then(|found| found.get_attribute(name));
    if let Some(socket) = named("data-choose").and_then(|socket| socket.parse().ok()) {
        desk.selected.set(Some(SocketId(socket)));
    } else if let Some(call) = named("data-cancel") {
        let side = named("data-side").and_then(|side| side.parse().ok()).unwrap_or(0);
        if let Some(id) = cache.with_value(|cache| cache.made.as_ref().and_then(|(ends, _)| id_of(ends, side))) {
            desk.session(|session| session.cancel(id, &call));
        }
    } else if let Some(number) = named("data-event").and_then(|number| number.parse().ok()) {
        desk.point_at(number);
    }
}
