//! The buffers as markup: bars that are drawn to scale, with exact numbers beside them.

use std::fmt::Write as _;

use super::meaning;
use super::seen::{End, Seen};
use crate::markup::{escape, prose};
use crate::texts::buffers as texts;
use crate::trace::{bytes_in_words, number_in_words};

/// More places than this are drawn as a bar.
const MAX_PLACES: u32 = 40;

/// The buffers of `own` and, where both ends are in the page, of the `other` one.
pub fn markup(own: &End, other: Option<&End>) -> String {
    let mut html = String::new();
    if own.socket.listener.is_some() {
        sentence(&mut html, &meaning::of_listener(own));
        listener(&mut html, own);
        return html;
    }
    for text in meaning::of_connection(own, other) {
        sentence(&mut html, &text);
    }
    if own.socket.was_connected {
        lane(&mut html, "sent", texts::sending(), own, other, true);
        lane(&mut html, "received", texts::receiving(), own, other, false);
    }
    html
}

fn sentence(html: &mut String, text: &str) {
    // Writing into a string cannot fail, here and below.
    write!(html, r#"<p class="meaning">{}</p>"#, prose(text)).ok();
}

/// One direction: from the program that sends to the program that receives.
fn lane(html: &mut String, tone: &str, name: &str, own: &End, other: Option<&End>, is_ours: bool) {
    let (from, to) = if is_ours { (Some(own), other) } else { (other, Some(own)) };
    write!(html, r#"<section class="lane" data-tone="{tone}" aria-label="{name}"><h3>{name}</h3><dl>"#, name = escape(name)).ok();
    let (program, queue) = if is_ours { (texts::we_sent(), texts::send_queue()) } else { (texts::they_sent(), texts::their_send_queue()) };
    match from {
        Some(from) => {
            number(html, program, from.socket.sent_bytes);
            send_queue(html, queue, &from.seen);
        }
        None => absent(html, queue, texts::unseen()),
    }
    if is_ours {
        their_window(html, &own.seen);
    }
    let (program, queue) = if is_ours { (texts::they_took(), texts::their_recv_queue()) } else { (texts::we_took(), texts::recv_queue()) };
    match to {
        Some(to) => {
            recv_queue(html, queue, &to.seen);
            number(html, program, to.socket.received_bytes);
        }
        None => absent(html, queue, texts::unseen_beyond()),
    }
    html.push_str("</dl></section>");
}

fn number(html: &mut String, name: &str, bytes: u64) {
    write!(html, r#"<div class="stage total"><dt>{}</dt> <dd>{}</dd></div>"#, escape(name), bytes_in_words(bytes)).ok();
}

fn absent(html: &mut String, name: &str, why: &str) {
    write!(html, r#"<div class="stage"><dt>{}</dt> <dd class="absent">{}</dd></div>"#, escape(name), escape(why)).ok();
}

/// A stage with a bar; where the system does not tell, it says so.
fn stage(html: &mut String, name: &str, seen: &Seen, bytes: Option<u64>, scale: u64, note: &str) {
    let Some(bytes) = bytes else {
        return absent(html, name, if seen.info.is_some() { texts::unavailable() } else { texts::not_asked() });
    };
    write!(
        html,
        r#"<div class="stage"><dt>{}</dt> <dd>{} <small>{}</small>{}</dd></div>"#,
        escape(name),
        bytes_in_words(bytes),
        escape(note),
        bar(bytes, scale)
    )
    .ok();
}

fn bar(part: u64, whole: u64) -> String {
    // A picture of half a pixel's precision needs no more than this.
    let filled = if whole == 0 { 0.0 } else { (part as f64 / whole as f64 * 100.0).clamp(0.0, 100.0) };
    format!(
        r#"<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="room" width="100" height="8"/><rect class="filled" width="{filled:.1}" height="8"/></svg>"#
    )
}

fn send_queue(html: &mut String, name: &str, seen: &Seen) {
    let unsent = seen.info.as_ref().and_then(|info| info.tcp.as_ref()?.not_sent_bytes).filter(|bytes| *bytes > 0);
    let of = match seen.send_buffer {
        Some(size) => texts::of_sndbuf(&number_in_words(size)),
        None => texts::most_so_far(&number_in_words(seen.most_to_send)),
    };
    let note = match unsent {
        Some(unsent) => format!("{} {of}", texts::not_sent(&number_in_words(unsent.into()))),
        None => of,
    };
    stage(html, name, seen, seen.to_send(), seen.send_buffer.unwrap_or_default().max(seen.most_to_send), &note);
}

fn their_window(html: &mut String, seen: &Seen) {
    let window = seen.their_window();
    let note = if seen.is_closed(window) { texts::closed() } else { texts::free() };
    stage(html, texts::their_window(), seen, window, seen.widest_window, note);
}

fn recv_queue(html: &mut String, name: &str, seen: &Seen) {
    let queued = seen.to_recv();
    let (scale, note) = match (queued, seen.our_window()) {
        (Some(queued), Some(window)) => {
            let note = if seen.is_closed(Some(window)) { texts::no_room().to_owned() } else { texts::room(&number_in_words(window)) };
            (queued.saturating_add(window), note)
        }
        _ => (seen.recv_buffer.unwrap_or_default().max(seen.most_to_recv), texts::most_so_far(&number_in_words(seen.most_to_recv))),
    };
    let note = match seen.recv_buffer {
        Some(size) => format!("{note} {}", texts::of_rcvbuf(&number_in_words(size))),
        None => note,
    };
    stage(html, name, seen, queued, scale, &note);
}

/// The accept queue: a place for each connection that may wait, and the one that Linux admits beyond the backlog.
fn listener(html: &mut String, own: &End) {
    write!(html, r#"<section class="lane" data-tone="received" aria-label="{0}"><h3>{0}</h3><dl>"#, escape(texts::accept_queue())).ok();
    let seen = &own.seen;
    match seen.info.as_ref().map(|info| info.accept_queue) {
        Some(Some(queue)) => {
            let waiting = texts::of_backlog(&number_in_words(queue.waiting.into()), &number_in_words(queue.backlog.into()));
            write!(html, r#"<div class="stage"><dt>{}</dt> <dd>{}"#, escape(texts::in_queue()), escape(&waiting)).ok();
            places(html, queue.waiting, queue.backlog);
            html.push_str("</dd></div>");
        }
        _ => stage(html, texts::in_queue(), seen, None, 0, ""),
    }
    number_of(html, texts::accepted(), own.socket.accepted);
    html.push_str("</dl></section>");
    write!(html, r#"<p class="remark">{}</p>"#, prose(texts::one_more())).ok();
}

fn number_of(html: &mut String, name: &str, count: u64) {
    write!(html, r#"<div class="stage total"><dt>{}</dt> <dd>{}</dd></div>"#, escape(name), number_in_words(count)).ok();
}

fn places(html: &mut String, waiting: u32, backlog: u32) {
    if backlog >= MAX_PLACES {
        html.push_str(&bar(waiting.into(), u64::from(backlog) + 1));
        return;
    }
    html.push_str(r#"<div class="places" aria-hidden="true">"#);
    for place in 0..=backlog.max(waiting.min(MAX_PLACES).saturating_sub(1)) {
        let taken = if place < waiting { " taken" } else { "" };
        let beyond = if place >= backlog { " beyond" } else { "" };
        write!(html, r#"<span class="place{taken}{beyond}"></span>"#).ok();
    }
    html.push_str("</div>");
}

#[cfg(test)]
#[path = "markup_tests.rs"]
mod tests;
