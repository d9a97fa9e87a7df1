//! The view of one socket's stream: as many rows as are seen, whatever there are, and following that never steals the scroll.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::desk::Desk;
use super::download::save_received;
use super::empty::StreamHint;
use super::stream_rows::StreamRow;
use super::window::{Extent, Follow, Window};
use crate::net::SocketId;
use crate::texts::{composer, page, stream as texts};
use crate::trace::{Filter, Only, Row, Show as ShowAs, Socket, Stream, bytes_in_words, number_in_words};

/// The height of a row in CSS pixels; the style sheet says the same.
const ROW_PX: f64 = 22.0;

/// No browser lays out an element of more than some 33 million pixels; the newest rows are those that are shown.
const MOST_ROWS: u64 = 1_000_000;

/// What the rows were made for; other rows are needed when it changes.
#[derive(Clone, Copy, PartialEq)]
struct Subject {
    journal: u64,
    socket: SocketId,
    listens: bool,
    show: ShowAs,
    columns: usize,
}

/// How many rows there are, and whether they changed.
#[derive(Clone, Copy, PartialEq)]
struct Shape {
    generation: u64,
    version: u64,
    first: u64,
    rows: u64,
    has_bytes: bool,
    dropped: u64,
}

#[derive(Default)]
struct Cache {
    stream: Option<(Subject, Stream)>,
    generation: u64,
    version: u64,
}

impl Cache {
    fn read(&mut self, desk: Desk, subject: Subject, socket: &Socket, filter: &Filter) -> Shape {
        if self.stream.as_ref().is_none_or(|(made_for, _)| *made_for != subject) {
            self.stream = Some((subject, Stream::new(socket, subject.show, subject.columns)));
            self.generation += 1;
        }
        if self.stream.as_mut().is_some_and(|(_, stream)| stream.filter(filter)) {
            self.generation += 1;
        }
        let dropped = desk.session(|session| {
            session.journal(|journal| {
                let trace = journal.trace();
                if let Some((_, stream)) = &mut self.stream
                    && stream.read(trace)
                {
                    self.version += 1;
                }
                trace.dropped()
            })
        });
        let (first, rows, has_bytes) =
            self.stream.as_ref().map_or((0, 0, false), |(_, stream)| (stream.first_row(), stream.len(), stream.has_bytes()));
        Shape { generation: self.generation, version: self.version, first, rows, has_bytes, dropped }
    }

    fn row_at(&self, event: u64) -> Option<(u64, u64)> {
        self.stream.as_ref().and_then(|(_, stream)| stream.row_at(event))
    }

    fn rows(&self, from: u64, to: u64) -> Vec<Row> {
        self.stream.as_ref().map(|(_, stream)| (from..to).filter_map(|index| stream.row(index)).collect()).unwrap_or_default()
    }
}

/// The stream of the chosen socket, or what to do where there is none.
#[component]
pub(super) fn StreamView() -> impl IntoView {
    let desk = Desk::here();
    let show = RwSignal::new(ShowAs::Text);
    let filter = RwSignal::new(Filter::default());
    let columns = RwSignal::new(96);
    let cache = StoredValue::new_local(Cache::default());
    let shape = Memo::new(move |_| {
        desk.watch_session(|_| ());
        let socket = desk.subject.get()?;
        let subject = Subject {
            journal: desk.journal_number(),
            socket: socket.id,
            listens: socket.listener.is_some(),
            show: show.get(),
            columns: columns.get(),
        };
        filter.with(|filter| cache.try_update_value(|cache| cache.read(desk, subject, &socket, filter)))
    });
    view! {
        <div class="view-head">
            <ShowChoice show />
            <FilterFields filter />
            <Totals />
        </div>
        <p class="stream-hint" hidden=move || filter.with(Filter::is_empty) || shape.with(|shape| shape.as_ref().is_none_or(|shape| shape.rows > 0))>
            {texts::nothing_fits()}
        </p>
        <StreamHint shape_has_rows=Signal::derive(move || shape.get().is_some_and(|shape| shape.has_bytes)) />
        <Rows cache shape columns />
    }
}

#[component]
fn ShowChoice(show: RwSignal<ShowAs>) -> impl IntoView {
    let option = move |kind: ShowAs, label: &'static str| {
        view! {
            <label>
                <input type="radio" name="show-as" prop:checked=move || show.get() == kind on:change=move |_| show.set(kind) />
                <span>{label}</span>
            </label>
        }
    };
    view! {
        <div role="radiogroup" aria-label=texts::show_as() class="choice">
            {option(ShowAs::Text, composer::text())} {option(ShowAs::Hex, composer::hex())}
        </div>
    }
}

#[component]
fn FilterFields(filter: RwSignal<Filter>) -> impl IntoView {
    let choose = move |event| {
        let only = match event_target_value(&event).as_str() {
            "sent" => Some(Only::Sent),
            "received" => Some(Only::Received),
            "calls" => Some(Only::Calls),
            _ => None,
        };
        filter.update(|filter| filter.only = only);
    };
    view! {
        <div class="filter">
            <input
                type="search"
                aria-label=texts::filter()
                placeholder=texts::filter()
                autocomplete="off"
                spellcheck="false"
                prop:value=move || filter.with(|filter| filter.text.clone())
                on:input=move |event| filter.update(|filter| filter.text = event_target_value(&event))
            />
            <select aria-label=texts::rows() on:change=choose>
                <option value="">{texts::rows_all()}</option>
                <option value="sent">{texts::rows_sent()}</option>
                <option value="received">{texts::rows_received()}</option>
                <option value="calls">{texts::rows_calls()}</option>
            </select>
        </div>
    }
}

#[component]
fn Totals() -> impl IntoView {
    let desk = Desk::here();
    let totals = Memo::new(move |_| {
        desk.subject.with(|socket| {
            socket.as_ref().filter(|socket| socket.listener.is_none()).map(|socket| (socket.id, socket.sent_bytes, socket.received_bytes))
        })
    });
    move || {
        totals.get().map(|(id, sent, received)| {
            view! {
                <p class="sums">
                    <span class="sent">{texts::sent_sum(&bytes_in_words(sent))}</span>
                    <span class="received">{texts::received_sum(&bytes_in_words(received))}</span>
                </p>
                <button
                    type="button"
                    class="quiet"
                    hidden={received == 0}
                    on:click=move |_| save_received(desk, id, received)
                >
                    {texts::save_received()}
                </button>
            }
        })
    }
}

#[component]
fn Rows(cache: StoredValue<Cache, LocalStorage>, shape: Memo<Option<Shape>>, columns: RwSignal<usize>) -> impl IntoView {
    let desk = Desk::here();
    let (list, probe) = (NodeRef::<Div>::new(), NodeRef::<Div>::new());
    let window = Window::new(ROW_PX, list);
    let skipped = move |shape: &Shape| shape.rows.saturating_sub(MOST_ROWS);
    let shown_rows = Memo::new(move |_| shape.with(|shape| shape.as_ref().map_or(0, |shape| shape.rows.min(MOST_ROWS))));
    let extent = Memo::new(move |_| shape.get().map(|shape| Extent { generation: shape.generation, first: shape.first, rows: shape.rows }));
    let range = Memo::new(move |_| window.range(shown_rows.get()));
    let visible = Memo::new(move |_| {
        let (from, to) = range.get();
        shape.with(|shape| {
            let Some(shape) = shape else { return vec![] };
            let skip = skipped(shape);
            let rows = cache.with_value(|cache| cache.rows(from + skip, to + skip));
            rows.into_iter().map(|row| (shape.generation, row)).collect::<Vec<_>>()
        })
    });
    window.follow(extent);
    let looked_at = Memo::new(move |_| {
        let event = desk.event.get()?;
        let skip = shape.with(|shape| shape.as_ref().map(skipped))?;
        let (row, event) = cache.with_value(|cache| cache.row_at(event))?;
        Some((row.saturating_sub(skip), event))
    });
    window.keep_in_view(Memo::new(move |_| looked_at.get().map(|(row, _)| row)));
    let is_later = move |event: u64| desk.event.with(|looked_at| looked_at.is_some_and(|looked_at| event > looked_at));
    let is_at = move |event: u64| looked_at.with(|looked_at| looked_at.is_some_and(|(_, at)| event == at));
    // The arrow's gutter and the padding take some of the width.
    Effect::new(move |_| {
        let width = window.width_px.get() - 44.0;
        let character_px = probe.get().map_or(0.0, |probe| probe.get_bounding_client_rect().width() / 10.0);
        if character_px > 0.0 && width > 0.0 {
            columns.set((width / character_px) as usize);
        }
    });
    let dropped = move || shape.with(|shape| shape.as_ref().map_or((0, 0), |shape| (shape.dropped, skipped(shape))));
    view! {
        <p class="note" hidden=move || dropped() == (0, 0)>{move || dropped_in_words(dropped())}</p>
        <div class="log" role="log" aria-label=page::tab_stream() aria-live="off" tabindex="0" node_ref=list on:scroll=move |_| window.scrolled() on:click=move |event| look_at(desk, &event) hidden=move || desk.selected.get().is_none()>
            <div class="probe" node_ref=probe aria-hidden="true">"0000000000"</div>
            <div class="all" style:height=move || format!("{}px", shown_rows.get() as f64 * ROW_PX)>
                <div class="seen" style:transform=move || format!("translateY({}px)", range.get().0 as f64 * ROW_PX)>
                    <For
                        each=move || visible.get()
                        key=|(generation, row)| (*generation, row.number, super::stream_rows::settled(row))
                        children=move |(_, row)| {
                            let event = row.event;
                            view! {
                                <div class="event" data-event=event class:later=move || is_later(event) class:at=move || is_at(event)>
                                    <StreamRow row />
                                </div>
                            }
                        }
                    />
                </div>
            </div>
        </div>
        <Follow extent window />
    }
}

fn dropped_in_words((entries, rows): (u64, u64)) -> String {
    let mut words = vec![];
    if entries > 0 {
        words.push(texts::dropped_events(&number_in_words(entries)));
    }
    if rows > 0 {
        words.push(texts::dropped_rows(&number_in_words(rows)));
    }
    words.join(" ")
}

/// A row that is clicked is looked at; one in which somebody marks text is not.
fn look_at(desk: Desk, event: &leptos::ev::MouseEvent) {
    let marks = window().get_selection().ok().flatten().is_some_and(|selection| !selection.is_collapsed());
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()).filter(|_| !marks);
    let row = target.and_then(|target| target.closest("[data-event]").ok().flatten());
    if let Some(number) = row.and_then(|row| row.get_attribute("data-event")).and_then(|number| number.parse().ok()) {
        desk.point_at(number);
    }
}
