//! The fields of TCP_INFO: their names in `tcp(7)` without the prefix, their units and what they mean.

use std::fmt::Write as _;

use protocol::{Info, TcpInfo};

use crate::markup::escape;
use crate::texts::tcp_info as texts;
use crate::trace::{bytes_in_words, decimal, number_in_words};

/// A quantity in its unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// Microseconds.
    Us(u64),
    /// Bytes.
    Bytes(u64),
    /// Bytes a second.
    Rate(u64),
    /// Segments.
    Segments(u64),
}

impl Amount {
    pub(super) fn words(self) -> String {
        match self {
            Self::Us(us @ 0..1000) => format!("{us} µs"),
            Self::Us(us @ 1000..1_000_000) => format!("{} ms", decimal(us as f64 / 1000.0, 3)),
            Self::Us(us) => format!("{} s", decimal(us as f64 / 1_000_000.0, 3)),
            Self::Bytes(bytes) => bytes_in_words(bytes),
            Self::Rate(bytes) => texts::rate(&number_in_words(bytes)),
            Self::Segments(segments) => texts::segments(segments),
        }
    }

    pub(super) const fn value(self) -> u64 {
        match self {
            Self::Us(value) | Self::Bytes(value) | Self::Rate(value) | Self::Segments(value) => value,
        }
    }
}

struct Field {
    name: &'static str,
    meaning: fn() -> &'static str,
    read: fn(&TcpInfo) -> Option<Amount>,
}

const fn field(name: &'static str, meaning: fn() -> &'static str, read: fn(&TcpInfo) -> Option<Amount>) -> Field {
    Field { name, meaning, read }
}

fn us(value: Option<u32>) -> Option<Amount> {
    value.map(|value| Amount::Us(value.into()))
}

fn bytes(value: Option<u32>) -> Option<Amount> {
    value.map(|value| Amount::Bytes(value.into()))
}

/// In segments, or in bytes where the system has it so.
fn either(in_segments: Option<u32>, in_bytes: Option<u32>) -> Option<Amount> {
    in_segments.map(|value| Amount::Segments(value.into())).or(bytes(in_bytes))
}

pub(super) fn cwnd(tcp: &TcpInfo) -> Option<Amount> {
    either(tcp.cwnd_segments, tcp.cwnd_bytes)
}

type Group = (fn() -> &'static str, &'static [Field]);

const GROUPS: [Group; 4] = [
    (
        texts::times,
        &[
            field("rtt", texts::rtt, |tcp| us(tcp.rtt_us)),
            field("rttvar", texts::rttvar, |tcp| us(tcp.rttvar_us)),
            field("min_rtt", texts::min_rtt, |tcp| us(tcp.min_rtt_us)),
            field("rto", texts::rto, |tcp| us(tcp.rto_us)),
        ],
    ),
    (
        texts::windows,
        &[
            field("cwnd", texts::cwnd, cwnd),
            field("ssthresh", texts::ssthresh, |tcp| either(tcp.ssthresh_segments, tcp.ssthresh_bytes)),
            field("snd_wnd", texts::snd_wnd, |tcp| bytes(tcp.send_window_bytes)),
            field("rcv_wnd", texts::rcv_wnd, |tcp| bytes(tcp.recv_window_bytes)),
            field("rcv_ssthresh", texts::rcv_ssthresh, |tcp| bytes(tcp.recv_window_limit_bytes)),
            field("snd_mss", texts::snd_mss, |tcp| bytes(tcp.send_mss_bytes)),
        ],
    ),
    (
        texts::amounts,
        &[
            field("bytes_sent", texts::bytes_sent, |tcp| tcp.sent_bytes.map(Amount::Bytes)),
            field("bytes_acked", texts::bytes_acked, |tcp| tcp.acked_bytes.map(Amount::Bytes)),
            field("bytes_received", texts::bytes_received, |tcp| tcp.received_bytes.map(Amount::Bytes)),
            field("unacked", texts::unacked, |tcp| either(tcp.unacked_segments, tcp.unacked_bytes)),
            field("notsent_bytes", texts::notsent, |tcp| bytes(tcp.not_sent_bytes)),
            field("total_retrans", texts::retrans, |tcp| either(tcp.retransmits, None)),
            field("bytes_retrans", texts::bytes_retrans, |tcp| tcp.retransmitted_bytes.map(Amount::Bytes)),
        ],
    ),
    (
        texts::pace,
        &[
            field("delivery_rate", texts::delivery_rate, |tcp| tcp.delivery_rate_bytes.map(Amount::Rate)),
            field("busy_time", texts::busy_time, |tcp| tcp.busy_us.map(Amount::Us)),
            field("rwnd_limited", texts::rwnd_limited, |tcp| tcp.rwnd_limited_us.map(Amount::Us)),
            field("sndbuf_limited", texts::sndbuf_limited, |tcp| tcp.sndbuf_limited_us.map(Amount::Us)),
            field("cwnd_limited", texts::cwnd_limited, |tcp| tcp.cwnd_limited_us.map(Amount::Us)),
        ],
    ),
];

/// How many fields there are.
pub fn rows() -> usize {
    GROUPS.iter().map(|(_, fields)| fields.len()).sum()
}

/// The table, its cells empty: they are `data-field` 0 to [`rows`], in the order of [`values`].
pub fn table() -> String {
    let mut html = format!(r#"<table class="fields"><caption class="off-screen">{}</caption>"#, escape(texts::caption()));
    let mut index = 0;
    for (title, fields) in &GROUPS {
        // Writing into a string cannot fail.
        write!(html, r#"<tbody><tr><th colspan="2" scope="rowgroup" class="group">{}</th></tr>"#, escape(title())).ok();
        for field in *fields {
            let meaning = escape((field.meaning)());
            write!(
                html,
                r#"<tr><th scope="row" title="{meaning}">{} <span class="meaning">{meaning}</span></th><td data-field="{index}"></td></tr>"#,
                field.name
            )
            .ok();
            index += 1;
        }
        html.push_str("</tbody>");
    }
    html.push_str("</table>");
    html
}

/// What stands in the table's cells.
pub fn values(info: Option<&Info>) -> Vec<String> {
    let tcp = info.and_then(|info| info.tcp.as_ref());
    let value = |field: &Field| match tcp.and_then(|tcp| (field.read)(tcp)) {
        Some(amount) => amount.words(),
        None if tcp.is_none() => "–".to_owned(),
        None if field.name == "ssthresh" => texts::unset().to_owned(),
        None => texts::unavailable().to_owned(),
    };
    GROUPS.iter().flat_map(|(_, fields)| fields.iter()).map(value).collect()
}
