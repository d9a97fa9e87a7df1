//! What the view of a path shows, as markup and words: the figure, the state that it has got to, the list of its steps.

use std::fmt::Write as _;

use protocol::TcpState;

use super::figure::{HEIGHT, Mark, Marks, WIDTH};
use super::step::{Cause, Place, Segment, Step};
use super::walk::Path;
use crate::markup::{escape, prose};
use crate::texts::path as texts;
use crate::trace::decimal;

/// The figure with the path as it was after `event`.
pub fn drawing(path: &Path, event: Option<u64>) -> String {
    let mut marks = Marks::default();
    let done = &path.steps()[..path.done_at(event)];
    for step in done {
        let mark = if step.is_said_at(event) { Mark::Said } else { Mark::Inferred };
        marks.go(step.place_at(event).states(), mark);
    }
    if let Some(last) = done.last() {
        marks.stand(last.place_at(event).states());
    }
    let name = match done.last() {
        Some(last) => texts::figure_name(&last.place_at(event).name(), &known(last, event)),
        None => texts::figure_name_empty().to_owned(),
    };
    let mut svg = format!(
        r#"<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" aria-label="{}" class="figure">"#,
        escape(&name)
    );
    marks.draw(&mut svg);
    svg.push_str("</svg>");
    svg
}

/// What the figure's lines mean.
pub fn legend() -> String {
    let sample = |class: &str, text: &str| {
        format!(
            r#"<span class="sample"><svg viewBox="0 0 26 12" width="26" height="12" aria-hidden="true" class="figure"><g class="state {class}"><rect x="1" y="1" width="24" height="10" rx="3"/></g></svg>{}</span>"#,
            escape(text)
        )
    };
    let (said, inferred, now) = (texts::legend_said(), texts::legend_inferred(), texts::legend_now());
    sample("said", said) + &sample("inferred", inferred) + &sample("said now", now)
}

/// What is said of the state that the path has got to.
#[derive(Clone, Debug, PartialEq)]
pub struct Now {
    /// Its name, and how it is known.
    pub head: String,
    /// What it means, and what ends it: markup.
    pub meaning: String,
    /// The event of the last step, and what is said on the button that looks at it.
    pub last: (u64, String),
    /// Whether there is no connection, or none any more.
    pub is_over: bool,
}

/// What is said of the state that the path had got to after `event`.
pub fn now(path: &Path, event: Option<u64>) -> Option<Now> {
    let done = path.done_at(event);
    let last = path.steps().get(done.checked_sub(1)?)?;
    let place = last.place_at(event);
    let head = format!(
        r#"<b class="state-name">{}</b> <span class="known {}">{}</span>"#,
        place.name(),
        known_class(last, event),
        escape(&known(last, event))
    );
    let (is, ends) = meaning(place, path.may_connect_at(event));
    let meaning = format!("<p>{}</p><p>{}</p>", prose(is), prose(&texts::ends(&ends)));
    // The call that made it, where the last step is the network's doing.
    let caller = path.steps()[..done].iter().rev().find(|step| step.cause.call().is_some()).unwrap_or(last);
    // That the other end finished is no doing of any call here.
    let is_theirs = last.cause.call().is_none() && place == Place::At(TcpState::CLOSE_WAIT);
    let look = if is_theirs { (last.event, texts::look_here().to_owned()) } else { (caller.event, texts::look_at(&cause(&caller.cause))) };
    Some(Now { head, meaning, last: look, is_over: place == Place::At(TcpState::CLOSED) })
}

/// The steps as a list, those that come after `event` marked as later.
pub fn list(path: &Path, event: Option<u64>) -> String {
    let done = path.done_at(event);
    let mut items = String::new();
    for (index, step) in path.steps().iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| path.steps().get(before));
        let is_later = index >= done;
        let class = match (is_later, index + 1 == done) {
            (true, _) => "later",
            (_, true) => "now",
            _ => "done",
        };
        let how = words(before, step);
        let at = format!("{} s", decimal(step.time_us as f64 / 1_000_000.0, 3));
        // Writing into a string cannot fail.
        write!(
            items,
            r#"<li class="{class}"{}><button type="button" data-event="{}" title="{}"><span class="state-name {}">{}</span> <span class="how">{}</span> <span class="known">{}</span> <span class="at">{at}</span></button></li>"#,
            if class == "now" { r#" aria-current="step""# } else { "" },
            step.event,
            escape(texts::look_here()),
            known_class(step, event),
            step.place_at(event).name(),
            escape(&how),
            escape(&known(step, event)),
        )
        .ok();
    }
    items
}

fn known_class(step: &Step, event: Option<u64>) -> &'static str {
    if step.is_said_at(event) { "said" } else { "inferred" }
}

fn known(step: &Step, event: Option<u64>) -> String {
    if step.is_said_at(event) { texts::said() } else { texts::inferred() }.to_owned()
}

/// What led there: the call, and what crossed the network.
fn words(before: Option<&Step>, step: &Step) -> String {
    let from = before.and_then(|before| before.place_at(None).states().last().copied());
    let to = step.place_at(None).states().first().copied();
    let segment = from.zip(to).and_then(|(from, to)| Segment::between(from, to)).map(segment);
    match (cause(&step.cause), segment) {
        (cause, Some(segment)) if cause.is_empty() => segment.to_owned(),
        (cause, Some(segment)) => format!("{cause}: {segment}"),
        (cause, None) => cause,
    }
}

fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Called(call) => texts::called(call),
        Cause::Returned(call) => texts::returned(call),
        Cause::Failed(call, name) => texts::failed(call, name),
        Cause::End => texts::recv_end().to_owned(),
        Cause::Kernel | Cause::OnTheWay => String::new(),
        Cause::Dropped => texts::dropped().to_owned(),
        Cause::Forgotten => texts::forgotten().to_owned(),
    }
}

fn segment(segment: Segment) -> &'static str {
    match segment {
        Segment::Listens => texts::listens(),
        Segment::SynSent => texts::syn_sent(),
        Segment::SynArrived => texts::syn_arrived(),
        Segment::SynAckArrived => texts::syn_ack_arrived(),
        Segment::SynAcked => texts::syn_acked(),
        Segment::FinSent => texts::fin_sent(),
        Segment::FinArrived => texts::fin_arrived(),
        Segment::FinAcked => texts::fin_acked(),
        Segment::FinArrivedAcked => texts::fin_arrived_acked(),
        Segment::TimeOver => texts::time_over(),
        Segment::Deleted => texts::deleted(),
        Segment::Broken => texts::broken(),
    }
}

/// What a state means and what ends it. CLOSED is the beginning, or the end.
fn meaning(place: Place, is_first: bool) -> (&'static str, &'static str) {
    let state = match place {
        Place::FinWait => return (texts::fin_wait(), texts::fin_wait_ends()),
        Place::At(state) => state,
    };
    match state {
        TcpState::CLOSED if is_first => (texts::closed_first(), texts::closed_first_ends()),
        TcpState::CLOSED => (texts::closed(), texts::closed_ends()),
        TcpState::LISTEN => (texts::listen(), texts::listen_ends()),
        TcpState::SYN_SENT => (texts::syn_sent_state(), texts::syn_sent_ends()),
        TcpState::SYN_RECEIVED => (texts::syn_received(), texts::syn_received_ends()),
        TcpState::ESTABLISHED => (texts::established(), texts::established_ends()),
        TcpState::FIN_WAIT_1 => (texts::fin_wait_1(), texts::fin_wait_1_ends()),
        TcpState::FIN_WAIT_2 => (texts::fin_wait_2(), texts::fin_wait_2_ends()),
        TcpState::CLOSING => (texts::closing(), texts::closing_ends()),
        TcpState::TIME_WAIT => (texts::time_wait(), texts::time_wait_ends()),
        TcpState::CLOSE_WAIT => (texts::close_wait(), texts::close_wait_ends()),
        TcpState::LAST_ACK => (texts::last_ack(), texts::last_ack_ends()),
    }
}
