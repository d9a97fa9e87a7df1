//! Tests of the replay.

use proptest::prelude::*;

use super::*;
use crate::net::SocketId;
use crate::trace::{Bounds, Fact};

fn replay(times_ms: &[f64]) -> Replay {
    let mut trace = Trace::starting_at(Bounds::default(), 10);
    for time in times_ms {
        trace.push(*time, SocketId(1), Fact::Closed);
    }
    Replay::new(&trace)
}

const TIMES_MS: &[f64] = &[500.0, 500.0, 600.0, 10_600.0, 10_700.0];

#[test]
fn it_begins_with_nothing_and_waits() {
    let replay = replay(TIMES_MS);
    for now in [0.0, 5.0, 1e9] {
        assert_eq!((replay.shown(now), replay.is_playing(now), replay.next_in_ms(now)), (0, false, None));
    }
    assert_eq!((replay.duration_ms(), replay.len()), (10_200.0, 5));
}

#[test]
fn it_plays_as_it_happened() {
    let mut replay = replay(TIMES_MS);
    replay.play(1000.0);
    for (now, shown) in [(1000.0, 2), (1099.0, 2), (1100.0, 3), (11_099.0, 3), (11_100.0, 4), (11_200.0, 5), (1e9, 5)] {
        assert_eq!(replay.shown(now), shown, "at {now}");
        assert_eq!(replay.is_playing(now), shown < 5);
    }
    assert_eq!(replay.next_in_ms(1020.0), Some(80.0));
    assert_eq!(replay.next_number(1100.0), 13);
    assert_eq!(replay.shown(0.0), 2, "a clock that goes back does not take the replay with it");
}

#[test]
fn it_plays_at_other_speeds_from_where_it_is() {
    let mut replay = replay(TIMES_MS);
    replay.play(0.0);
    replay.set_speed(Speed::Times(4.0), 100.0);
    assert_eq!(replay.position_ms(100.0), 100.0);
    assert_eq!((replay.shown(2599.0), replay.shown(2600.0)), (3, 4));
    assert_eq!(replay.next_in_ms(600.0), Some(2000.0));
    replay.set_speed(Speed::Times(1000.0), 100.0);
    assert_eq!(replay.position_ms(101.0), 116.0, "sixteen times is the most");
    replay.set_speed(Speed::Times(f64::NAN), 101.0);
    assert_eq!(replay.position_ms(102.0), 117.0);
    replay.set_speed(Speed::AtOnce, 102.0);
    assert_eq!((replay.shown(102.0), replay.is_playing(102.0), replay.next_in_ms(102.0)), (5, false, None));
}

#[test]
fn it_stops_and_plays_on() {
    let mut replay = replay(TIMES_MS);
    replay.play(0.0);
    replay.pause(150.0);
    assert_eq!((replay.shown(1e6), replay.position_ms(1e6), replay.is_playing(1e6)), (3, 150.0, false));
    replay.play(1e6);
    assert_eq!((replay.shown(1e6 + 9949.0), replay.shown(1e6 + 9950.0)), (3, 4));
    replay.pause(2e6);
    replay.play(3e6);
    assert_eq!(replay.shown(3e6), 2, "after its end it plays from the beginning");
}

#[test]
fn steps_tell_entries_of_one_time_apart() {
    let mut replay = replay(TIMES_MS);
    for shown in [1, 2, 3, 4, 5, 5] {
        replay.step_forward(0.0);
        assert_eq!(replay.shown(1e6), shown);
    }
    for shown in [4, 3, 2, 1, 0, 0] {
        replay.step_back(0.0);
        assert_eq!(replay.shown(1e6), shown);
    }
    replay.play(0.0);
    replay.step_back(150.0);
    assert_eq!((replay.shown(1e6), replay.is_playing(1e6)), (2, false), "a step pauses");
}

#[test]
fn it_goes_where_it_is_told() {
    let mut replay = replay(TIMES_MS);
    for (time, shown) in [(0.0, 0), (499.9, 0), (500.0, 2), (9000.0, 3), (10_600.0, 4), (1e9, 5), (f64::NAN, 0)] {
        replay.seek_to_time(time, 0.0);
        assert_eq!(replay.shown(0.0), shown, "time {time}");
    }
    for (number, shown) in [(0, 0), (9, 0), (10, 1), (11, 2), (14, 5), (15, 5), (1 << 53, 5)] {
        replay.seek_to_number(number, 0.0);
        assert_eq!(replay.shown(0.0), shown, "number {number}");
    }
    for (position, shown) in [(-1.0, 2), (0.0, 2), (100.0, 3), (10_200.0, 5), (f64::INFINITY, 5), (f64::NAN, 2)] {
        replay.seek_to_position(position, 0.0);
        assert_eq!(replay.shown(0.0), shown, "position {position}");
    }
    replay.play(0.0);
    replay.seek_to_time(10_500.0, 10.0);
    assert_eq!((replay.shown(109.0), replay.shown(110.0)), (3, 4), "it plays on from there");
}

#[test]
fn pauses_are_cut() {
    let mut replay = replay(TIMES_MS);
    replay.seek_to_time(600.0, 0.0);
    replay.set_cuts_pauses(true, 0.0);
    assert_eq!((replay.duration_ms(), replay.shown(0.0), replay.position_ms(0.0)), (2200.0, 3, 100.0));
    replay.play(0.0);
    assert_eq!((replay.shown(1999.0), replay.shown(2000.0)), (3, 4));
    replay.seek_to_time(9000.0, 0.0);
    assert_eq!(replay.position_ms(0.0), 2100.0, "the end of the pause");
    assert_eq!(replay.shown(0.0), 4, "which is where the next entry stands");
    replay.seek_to_time(1600.0, 0.0);
    assert_eq!((replay.position_ms(0.0), replay.shown(0.0)), (1100.0, 3));
    replay.set_cuts_pauses(false, 0.0);
    assert_eq!((replay.position_ms(0.0), replay.shown(0.0)), (1100.0, 3), "what is shown stays");
}

#[test]
fn an_empty_recording_is_over_at_once() {
    let mut replay = replay(&[]);
    replay.play(0.0);
    replay.step_forward(1.0);
    replay.seek_to_number(3, 2.0);
    replay.set_cuts_pauses(true, 3.0);
    assert_eq!((replay.shown(4.0), replay.duration_ms(), replay.is_playing(4.0)), (0, 0.0, false));
}

#[derive(Clone, Debug)]
enum Act {
    Play,
    Pause,
    Speed(f64),
    AtOnce,
    Cut(bool),
    Forward,
    Back,
    Position(f64),
    Time(f64),
    Number(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        Just(Act::Play),
        Just(Act::Pause),
        any::<f64>().prop_map(Act::Speed),
        Just(Act::AtOnce),
        any::<bool>().prop_map(Act::Cut),
        Just(Act::Forward),
        Just(Act::Back),
        any::<f64>().prop_map(Act::Position),
        (0.0..30_000.0).prop_map(Act::Time),
        any::<u64>().prop_map(Act::Number),
    ]
}

proptest! {
    /// Whatever a person does: what is shown stays within the recording, and never falls while time passes.
    #[test]
    fn time_only_adds(gaps in prop::collection::vec(0.0..5000.0, 0..20), acts in prop::collection::vec((act(), 0.0..1000.0), 0..30)) {
        let mut time = 0.0;
        let times: Vec<f64> = gaps.iter().map(|gap: &f64| { time += gap; time }).collect();
        let (mut replay, mut now) = (replay(&times), 0.0);
        for (act, wait) in acts {
            match act {
                Act::Play => replay.play(now),
                Act::Pause => replay.pause(now),
                Act::Speed(times) => replay.set_speed(Speed::Times(times), now),
                Act::AtOnce => replay.set_speed(Speed::AtOnce, now),
                Act::Cut(cuts) => {
                    let before = replay.shown(now);
                    replay.set_cuts_pauses(cuts, now);
                    prop_assert!(replay.shown(now) >= before);
                }
                Act::Forward => replay.step_forward(now),
                Act::Back => replay.step_back(now),
                Act::Position(position) => replay.seek_to_position(position, now),
                Act::Time(time) => replay.seek_to_time(time, now),
                Act::Number(number) => replay.seek_to_number(number, now),
            }
            let (before, position) = (replay.shown(now), replay.position_ms(now));
            now += wait;
            prop_assert!(before <= replay.shown(now) && replay.shown(now) <= replay.len());
            prop_assert!(position <= replay.position_ms(now) && replay.position_ms(now) <= replay.duration_ms());
            prop_assert!(replay.next_in_ms(now).is_none_or(|ms| ms >= 0.0));
        }
    }
}
