//! Plots and the table: their numbers, their times, and what is not told.

use protocol::{CallId, TcpInfo};

use super::*;
use crate::tcp_info::{rows, table, values};

const ONE: SocketId = SocketId(1);

fn told(journal: &mut Journal, time_ms: f64, rtt_us: u32, not_sent: u32) -> u64 {
    let tcp = TcpInfo { rtt_us: Some(rtt_us), cwnd_segments: Some(10), not_sent_bytes: Some(not_sent), ..TcpInfo::default() };
    let info = Info { send_queue_bytes: Some(1000), tcp: Some(tcp), ..Info::default() };
    journal.record(time_ms, ONE, Fact::Told { id: CallId(1), info: Box::new(info) });
    journal.trace().next_number() - 1
}

#[test]
fn plots_name_their_numbers_as_of_an_event() {
    let mut journal = Journal::default();
    told(&mut journal, 0.0, 50, 400);
    let at = told(&mut journal, 10_000.0, 1500, 400);
    told(&mut journal, 20_000.0, 70, 1000);
    let drawn = plots(&History::of(&journal, ONE, None));
    assert!(drawn.contains("Round trip: 70 µs now; 50 µs to 1.500 ms in the last 20 s"), "{drawn}");
    assert!(drawn.contains("Congestion window: 10 segments now"), "{drawn}");
    assert!(drawn.contains("Bytes in flight: 0 bytes now; 0 bytes to 600 bytes"), "{drawn}");
    assert!(drawn.contains("Delivery rate <b class=\"absent\">not available on this system"), "{drawn}");
    let then = plots(&History::of(&journal, ONE, Some(at)));
    assert!(then.contains("Round trip: 1.500 ms now; 50 µs to 1.500 ms in the last 10 s"), "{then}");
}

#[test]
fn a_line_goes_in_steps_from_edge_to_edge() {
    let mut journal = Journal::default();
    told(&mut journal, 0.0, 100, 0);
    let single = plots(&History::of(&journal, ONE, None));
    assert!(single.contains(r#"<path d="M0.0 1.0H132.0"/>"#) && single.contains("in the last 1 s"), "{single}");
    told(&mut journal, 60_000.0, 50, 0);
    told(&mut journal, 120_000.0, 100, 0);
    let drawn = plots(&History::of(&journal, ONE, None));
    assert!(drawn.contains(r#"<path d="M0.0 1.0H66.0V18.0H132.0V1.0H132.0"/>"#), "{drawn}");
}

#[test]
fn two_minutes_are_kept_and_what_held_before_them() {
    let mut journal = Journal::default();
    for second in 0..1000_u32 {
        told(&mut journal, f64::from(second) * 1000.0, second, 0);
    }
    let history = History::of(&journal, ONE, None);
    assert_eq!(history.samples.len(), 122);
    assert_eq!(history.last().and_then(|info| info.tcp.as_ref()?.rtt_us), Some(999));
}

#[test]
fn the_table_has_a_cell_for_each_value() {
    let tcp = TcpInfo { rtt_us: Some(45), busy_us: Some(2_500_000), delivery_rate_bytes: Some(1_000_000), ..TcpInfo::default() };
    let values = values(Some(&Info { tcp: Some(tcp), ..Info::default() }));
    assert_eq!((values.len(), table().matches("data-field=").count()), (rows(), rows()));
    for value in ["45 µs", "2.500 s", "1,000,000 bytes/s", "not available on this system", "not set yet"] {
        assert!(values.iter().any(|found| found == value), "{value}: {values:?}");
    }
    assert!(super::super::values(None).iter().all(|value| value == "–"));
}
