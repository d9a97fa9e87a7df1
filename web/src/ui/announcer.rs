//! What a screen reader says about the chosen socket: summaries, at most once a second. The log itself is silent, or it would never stop.

use std::time::Duration;

use leptos::prelude::*;

use super::desk::Desk;
use crate::texts::page;
use crate::trace::{Socket, bytes_in_words};

/// A polite region that cannot be seen.
#[component]
pub(super) fn Announcer() -> impl IntoView {
    let desk = Desk::here();
    let said = RwSignal::new(String::new());
    let before: StoredValue<Option<Socket>> = StoredValue::new(None);
    let speak = move || {
        let now = desk.socket.get_untracked();
        let words = before.with_value(|before| match (before, &now) {
            (Some(before), Some(now)) if before.id == now.id => changes(before, now),
            (_, Some(now)) => now.name(),
            (_, None) => String::new(),
        });
        if !words.is_empty() && before.with_value(|before| *before != now) {
            said.set(words);
        }
        before.set_value(now);
    };
    if let Ok(interval) = set_interval_with_handle(speak, Duration::from_secs(1)) {
        on_cleanup(move || interval.clear());
    }
    view! { <div class="off-screen" aria-live="polite">{move || said.get()}</div> }
}

fn changes(before: &Socket, now: &Socket) -> String {
    let mut words = vec![];
    if now.sent_bytes > before.sent_bytes {
        words.push(page::said_sent(&bytes_in_words(now.sent_bytes - before.sent_bytes)));
    }
    if now.received_bytes > before.received_bytes {
        words.push(page::said_received(&bytes_in_words(now.received_bytes - before.received_bytes)));
    }
    if now.accepted > before.accepted {
        words.push(page::said_accepted(&(now.accepted - before.accepted)));
    }
    if now.ended && !before.ended {
        words.push(page::said_end().to_owned());
    }
    if now.state != before.state {
        words.push(format!("{}.", now.state));
    }
    words.join(" ")
}
