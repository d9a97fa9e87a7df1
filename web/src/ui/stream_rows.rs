//! One row of the stream. Direction is an arrow, a word and a colour.

use leptos::prelude::*;

use crate::texts::stream as text;
use crate::trace::{Direction, Outcome, Row, RowKind, Span, SpanKind, bytes_in_words, control_name, seconds_in_words};

/// A row.
#[component]
pub(super) fn StreamRow(row: Row) -> impl IntoView {
    let when = times(&row);
    match row.kind {
        RowKind::Head { direction, call, bytes, outcome } => view! {
            <div class="row head" data-direction=class_of(direction)>
                <span class="arrow" aria-hidden="true">{arrow(direction)}</span>
                <b>{match direction { Direction::Sent => text::sent(), Direction::Received => text::received() }}</b>
                <span>{bytes_in_words(bytes)}</span>
                <code>{call}</code>
                <Ended outcome direction=Some(direction) />
                {when}
            </div>
        }
        .into_any(),
        RowKind::Text(direction, spans) => view! {
            <div class="row text" data-direction=class_of(direction)><span><Spans spans /></span></div>
        }
        .into_any(),
        RowKind::Hex { direction, offset, hex, text } => view! {
            <div class="row hex" data-direction=class_of(direction)>
                <span class="offset">{offset}</span>
                <span class="bytes">{hex}</span>
                <span class="ascii">{text}</span>
            </div>
        }
        .into_any(),
        RowKind::Call { call, outcome } => view! {
            <div class="row act">
                <span class="arrow" aria-hidden="true">"·"</span>
                <code>{call}</code>
                <Ended outcome direction=None />
                {when}
            </div>
        }
        .into_any(),
        RowKind::End => view! {
            <div class="row end" data-direction="received">
                <span class="arrow" aria-hidden="true">"←"</span>
                <code>"b''"</code>
                <span>{text::end()}</span>
                {when}
            </div>
        }
        .into_any(),
        RowKind::Gone(text) => view! {
            <div class="row lost">
                <span class="arrow" aria-hidden="true">"×"</span>
                <span>"relay: " {text}</span>
                {when}
            </div>
        }
        .into_any(),
    }
}

/// Changes when what the row says changes, so that it is drawn again.
pub(super) fn settled(row: &Row) -> u8 {
    match &row.kind {
        RowKind::Head { outcome, .. } | RowKind::Call { outcome, .. } => match outcome {
            Outcome::Waiting => 0,
            Outcome::Returned(_) => 1,
            Outcome::Cancelled => 2,
            Outcome::Failed(_) => 3,
        },
        _ => 4,
    }
}

fn arrow(direction: Direction) -> &'static str {
    match direction {
        Direction::Sent => "→",
        Direction::Received => "←",
    }
}

fn class_of(direction: Direction) -> &'static str {
    match direction {
        Direction::Sent => "sent",
        Direction::Received => "received",
    }
}

fn times(row: &Row) -> impl IntoView + use<> {
    let at = format!("{:.3} s", row.time_ms / 1000.0);
    let delta = row.delta_ms.map(|delta| format!("+{}", seconds_in_words(delta)));
    view! {
        <span class="when">
            <span class="delta">{delta}</span>
            <span class="at">{at}</span>
        </span>
    }
}

#[component]
fn Ended(outcome: Outcome, direction: Option<Direction>) -> impl IntoView {
    match outcome {
        Outcome::Waiting => view! { <span class="outcome">{text::waiting()}</span> }.into_any(),
        Outcome::Cancelled => view! { <span class="outcome">{text::cancelled()}</span> }.into_any(),
        Outcome::Failed(name) => view! { <strong class="outcome failed">{name}</strong> }.into_any(),
        Outcome::Returned(text) if text.is_empty() && direction.is_none() => {
            view! { <span class="outcome">{text::done()}</span> }.into_any()
        }
        Outcome::Returned(text) => view! { <span class="outcome">{text}</span> }.into_any(),
    }
}

/// Bytes as people read them, with marks for what cannot be seen.
#[component]
pub(super) fn Spans(spans: Vec<Span>) -> impl IntoView {
    spans
        .into_iter()
        .map(|span| match span.kind {
            SpanKind::Plain => view! { {span.text} }.into_any(),
            SpanKind::Control => span
                .text
                .chars()
                .map(|c| view! { <span class="control" data-name=control_name(c)>{c.to_string()}</span> })
                .collect_view()
                .into_any(),
            SpanKind::Escape => view! { <span class="escape">{span.text}</span> }.into_any(),
        })
        .collect_view()
}
