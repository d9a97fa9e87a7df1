//! Small plots of what changes: the last two minutes before an event, drawn as steps, because a sample holds until the next one.

use std::collections::VecDeque;
use std::fmt::Write as _;

use protocol::Info;

use super::fields::{Amount, cwnd};
use crate::markup::escape;
use crate::net::SocketId;
use crate::texts::tcp_info as texts;
use crate::trace::{Fact, Journal, decimal};

/// How far back a plot goes, in milliseconds.
const SPAN_MS: f64 = 120_000.0;

/// The size of a plot in pixels.
const SIZE: (f64, f64) = (132.0, 36.0);

/// The samples of one socket within the time that a plot shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    samples: VecDeque<(f64, Info)>,
}

impl History {
    /// The samples of `socket` in the two minutes up to `event`, or up to now, and the last one before them.
    pub fn of(journal: &Journal, socket: SocketId, event: Option<u64>) -> Self {
        let mut samples = VecDeque::new();
        let mut newest_ms = None;
        let entries = journal.trace().before(u64::MAX).skip_while(|entry| event.is_some_and(|event| entry.number > event));
        for entry in entries.filter(|entry| entry.socket == socket) {
            let Fact::Told { info, .. } = &entry.fact else { continue };
            samples.push_front((entry.time_ms, (**info).clone()));
            if entry.time_ms < *newest_ms.get_or_insert(entry.time_ms) - SPAN_MS {
                break;
            }
        }
        Self { samples }
    }

    /// The newest sample.
    pub fn last(&self) -> Option<&Info> {
        self.samples.back().map(|(_, info)| info)
    }

    /// The newest sample of an open connection: of one that is over the table tells less.
    pub fn last_connected(&self) -> Option<&Info> {
        self.samples.iter().rev().map(|(_, info)| info).find(|info| info.tcp.is_some())
    }
}

/// Bytes that were sent and are not acknowledged: as the system tells, or the send queue without what was not sent yet.
fn in_flight(info: &Info) -> Option<Amount> {
    let tcp = info.tcp.as_ref()?;
    let told = tcp.unacked_bytes.map(u64::from);
    let reckoned = || Some(info.send_queue_bytes?.saturating_sub(tcp.not_sent_bytes?.into()));
    told.or_else(reckoned).map(Amount::Bytes)
}

/// A plot: its name, and what it shows of a sample.
type Plot = (fn() -> &'static str, fn(&Info) -> Option<Amount>);

/// All plots, as markup.
pub fn plots(history: &History) -> String {
    let shown: [Plot; 4] = [
        (texts::plot_rtt, |info| info.tcp.as_ref()?.rtt_us.map(|us| Amount::Us(us.into()))),
        (texts::plot_cwnd, |info| cwnd(info.tcp.as_ref()?)),
        (texts::plot_in_flight, in_flight),
        (texts::plot_rate, |info| info.tcp.as_ref()?.delivery_rate_bytes.map(Amount::Rate)),
    ];
    shown.iter().map(|(name, read)| plot(history, name(), *read)).collect()
}

fn plot(history: &History, name: &str, read: fn(&Info) -> Option<Amount>) -> String {
    let points: Vec<(f64, Amount)> = history.samples.iter().filter_map(|(ms, info)| Some((*ms, read(info)?))).collect();
    let Some((end_ms, now)) = points.last().copied() else {
        let nothing = if history.last_connected().is_some() { texts::unavailable() } else { texts::no_sample() };
        return format!(
            r#"<figure class="plot"><figcaption>{} <b class="absent">{}</b></figcaption></figure>"#,
            escape(name),
            escape(nothing)
        );
    };
    let by_value = |(_, amount): &&(f64, Amount)| amount.value();
    let least = points.iter().min_by_key(by_value).map_or(now, |(_, amount)| *amount);
    let most = points.iter().max_by_key(by_value).map_or(now, |(_, amount)| *amount);
    let begin_ms = points[0].0.max(end_ms - SPAN_MS);
    let seconds = decimal(((end_ms - begin_ms) / 1000.0).ceil().max(1.0), 0);
    let title = texts::plot_name(&name, &now.words(), &least.words(), &most.words(), &seconds);
    format!(
        r#"<figure class="plot"><figcaption>{} <b>{}</b></figcaption><svg viewBox="0 0 {} {}" role="img" aria-label="{}" preserveAspectRatio="none"><path d="{}"/></svg><small aria-hidden="true">{} – {}</small></figure>"#,
        escape(name),
        escape(&now.words()),
        SIZE.0,
        SIZE.1,
        escape(&title),
        line(&points, begin_ms, end_ms, most.value()),
        escape(&least.words()),
        escape(&most.words()),
    )
}

/// From the left edge to the right one, the highest value at the top and 0 at the bottom.
fn line(points: &[(f64, Amount)], begin_ms: f64, end_ms: f64, most: u64) -> String {
    let (width, height) = (SIZE.0, SIZE.1 - 2.0);
    let x = |ms: f64| ((ms - begin_ms) / (end_ms - begin_ms).max(1.0) * width).clamp(0.0, width);
    let y = |value: u64| 1.0 + height - value as f64 / most.max(1) as f64 * height;
    let mut d = String::new();
    for (index, (ms, amount)) in points.iter().enumerate() {
        // Writing into a string cannot fail.
        match index {
            0 => write!(d, "M{:.1} {:.1}", x(*ms), y(amount.value())).ok(),
            _ => write!(d, "H{:.1}V{:.1}", x(*ms), y(amount.value())).ok(),
        };
    }
    write!(d, "H{width:.1}").ok();
    d
}

#[cfg(test)]
#[path = "plots_tests.rs"]
mod tests;
