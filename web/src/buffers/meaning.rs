//! What the picture of the buffers means now, in a sentence or two.

use super::seen::End;
use crate::texts::buffers as texts;
use crate::trace::{State, bytes_in_words};

/// The sentences, which may hold marks for code.
pub(super) fn of_connection(own: &End, other: Option<&End>) -> Vec<String> {
    let socket = &own.socket;
    if !socket.was_connected {
        return vec![texts::unconnected().to_owned()];
    }
    if socket.gone {
        return vec![texts::gone().to_owned()];
    }
    let sentences: Vec<String> = sending(own, other).into_iter().chain(receiving(own)).collect();
    match own.seen.info {
        Some(_) if sentences.is_empty() => vec![texts::empty().to_owned()],
        Some(_) => sentences,
        None => vec![texts::unasked().to_owned()],
    }
}

fn sending(own: &End, other: Option<&End>) -> Option<String> {
    let seen = &own.seen;
    let Some(queued) = seen.to_send().filter(|bytes| *bytes > 0) else {
        let unread = other.and_then(|other| other.seen.to_recv()).filter(|bytes| *bytes > 0)?;
        return Some(texts::unread_there(&bytes_in_words(unread)));
    };
    let waits = own.socket.waits_in("send");
    let bytes = bytes_in_words(queued);
    let nobody_receives = other.is_some_and(|other| !other.socket.waits_in("recv"));
    Some(match (seen.is_closed(seen.their_window()), waits) {
        (true, true) if nobody_receives => texts::send_waits_nobody_receives().to_owned(),
        (true, true) => texts::send_waits().to_owned(),
        (true, false) => texts::held_back(&bytes),
        (false, true) => texts::send_waits_for_room().to_owned(),
        (false, false) => texts::under_way(&bytes),
    })
}

fn receiving(own: &End) -> Option<String> {
    let seen = &own.seen;
    let queued = seen.to_recv().filter(|bytes| *bytes > 0)?;
    let bytes = bytes_in_words(queued);
    Some(match (seen.is_closed(seen.our_window()), own.socket.state) {
        (true, State::Established | State::FinWait) => texts::window_closed(&bytes),
        _ => texts::unread(&bytes),
    })
}

/// What it means for a listener.
pub(super) fn of_listener(own: &End) -> String {
    let Some(queue) = own.seen.info.as_ref().and_then(|info| info.accept_queue) else {
        return texts::unasked().to_owned();
    };
    match queue.waiting {
        _ if own.socket.gone => texts::gone().to_owned(),
        0 if own.accepts => texts::accept_waits().to_owned(),
        0 => texts::nobody_waits().to_owned(),
        waiting if waiting > queue.backlog => texts::queue_full().to_owned(),
        waiting => texts::waiting(waiting.into()),
    }
}
