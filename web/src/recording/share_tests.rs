//! What is put into a link comes out of it; what is no link of ours is refused.

use proptest::prelude::*;

use super::*;
use crate::net::SocketId;
use crate::payload::LineEnding;
use crate::recording::any_entry;
use crate::recording::scenario::{Message, Part};
use crate::trace::Fact;

fn scenario(fragment: &str) -> Result<Scenario, String> {
    match read_fragment(fragment)? {
        Some(Shared::Scenario(scenario)) => Ok(scenario),
        other => panic!("{fragment} is {other:?}"),
    }
}

fn closed(entries: u32) -> Trace {
    let mut trace = Trace::default();
    for time in 0..entries {
        trace.push(f64::from(time) * 13.0, SocketId(u64::from(time % 7)), Fact::Closed);
    }
    trace
}

/// Bytes that no compression makes shorter.
fn noise(len: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

#[test]
fn a_scenario_can_be_read_by_people() {
    let client = Part::Client { host: "example.org".to_owned(), port: 80 };
    let messages = vec![Message::Text("GET / HTTP/1.0\n".to_owned(), LineEnding::CrLf), Message::Hex("0d 0a".to_owned())];
    let fragment = "scenario=client&host=example.org&port=80&crlf=GET%20/%20HTTP/1.0%0A&hex=0d%200a";
    let wanted = Scenario { part: client, messages };
    assert_eq!(wanted.fragment().as_deref(), Ok(fragment));
    assert_eq!(scenario(&format!("#{fragment}")), Ok(wanted));
    let server = Part::Server { host: "::".to_owned(), port: 8080, backlog: 5 };
    let messages = vec![Message::Text("Bye.".to_owned(), LineEnding::Lf), Message::Text(String::new(), LineEnding::None)];
    let fragment = "scenario=server&host=:%3A&port=8080&backlog=5&lf=Bye%2E&text=";
    let wanted = Scenario { part: server, messages };
    assert_eq!(wanted.fragment().as_deref(), Ok(fragment));
    assert_eq!(scenario(fragment), Ok(wanted));
    assert!(scenario("scenario=server&backlog=0&host=::&text=a+b=c&port=0").is_ok(), "in any order, and not encoded more than it must be");
}

#[test]
fn bad_scenarios_are_refused() {
    for (fragment, reason) in [
        ("", "names no host"),
        ("client", "names no host"),
        ("client&host=a", "names no port"),
        ("server&host=a&port=1", "names no backlog"),
        ("guest&host=a&port=1", "for a client or for a server"),
        ("%63lient&host=a&port=1", "for a client or for a server"),
        ("client&host=a&port=1&backlog=5", "\"backlog\", which this page does not know"),
        ("client&host=a&port=1&token=0123", "\"token\", which this page does not know"),
        ("client&host=a&port=1&go=now", "\"go\", which this page does not know"),
        ("client&host=a&port=1&host=b", "\"host\" too often"),
        ("client&host=a&port=1&port=1", "\"port\" too often"),
        ("client&host=a&port=65536", "\"port\" is no number that fits"),
        ("client&host=a&port=-1", "\"port\" is no number that fits"),
        ("client&host=a&port=%2B1", "\"port\" is no number that fits"),
        ("client&host=a&port=", "\"port\" is no number that fits"),
        ("server&host=a&port=1&backlog=2147483648", "\"backlog\" is no number that fits"),
        ("client&host=&port=1", "\"host\" is no host"),
        ("client&host=a%20b&port=1", "\"host\" is no host"),
        ("client&host=a%00&port=1", "\"host\" is no host"),
        ("client&host=a&port=1&", "has no \"=\""),
        ("client&host=a&port=1&text", "has no \"=\""),
        ("client&host=a&port=1&text=%", "begins no byte"),
        ("client&host=a&port=1&text=%4", "begins no byte"),
        ("client&host=a&port=1&text=%+4", "begins no byte"),
        ("client&host=a&port=1&text=%ff", "is no text"),
        ("client&host=a&port=1&text=%1B[31m", "cannot be seen"),
        ("client&host=a&port=1&text=%E2%80%AE", "cannot be seen"),
    ] {
        let text = scenario(&format!("scenario={fragment}")).expect_err(fragment);
        assert!(text.contains(reason), "{fragment}: {text}");
    }
    let long = format!("scenario=client&host={}&port=1", "a".repeat(300));
    assert!(scenario(&long).unwrap_err().contains("no host"));
    let many = format!("scenario=client&host=a&port=1{}", "&text=".repeat(101));
    assert!(scenario(&many).unwrap_err().contains("too often"));
    let strange = format!("scenario=client&host=a&port=1&{}\u{202e}=1", "x".repeat(1000));
    let text = scenario(&strange).unwrap_err();
    assert!(text.chars().count() <= 301 && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn what_does_not_fit_is_a_file() {
    let message = |len| Message::Text("a".repeat(len), LineEnding::None);
    let with = |messages| Scenario { part: Part::Client { host: "a".to_owned(), port: 1 }, messages };
    let longest = with(vec![message(MAX_FRAGMENT_BYTES - "scenario=client&host=a&port=1&text=".len())]);
    assert_eq!(scenario(&longest.fragment().unwrap()), Ok(longest));
    assert_eq!(with(vec![message(MAX_FRAGMENT_BYTES)]).fragment(), Err(TooLarge));
    assert_eq!(with(vec![message(0); 101]).fragment(), Err(TooLarge));
    let mut trace = closed(1);
    trace.push(20_000.0, SocketId(1), Fact::Sending { id: None, bytes: noise(8000).into() });
    assert_eq!(session_fragment(Header::default(), &trace), Err(TooLarge), "compressed it is too long");
    assert_eq!(session_fragment(Header::default(), &closed(50_000)), Err(TooLarge), "unpacked it is too long");
    assert_eq!(TooLarge.to_string(), "too large to share as a link: save it as a file");
}

#[test]
fn a_session_of_hundreds_of_calls_fits() {
    let trace = closed(500);
    let fragment = session_fragment(Header::default(), &trace).unwrap();
    let Ok(Some(Shared::Session(recording))) = read_fragment(&fragment) else { panic!("{fragment}") };
    assert!(recording.trace.since(0).eq(trace.since(0)));
}

#[test]
fn bad_sessions_are_refused() {
    let pack = |file: &[u8]| {
        let mut fragment = KEY.to_owned();
        base64::encode(&compress_to_vec(file, 9), Kind::Url, &mut fragment);
        fragment
    };
    let good = session_fragment(Header::default(), &closed(20)).unwrap();
    let bomb = pack(&vec![b' '; 5 << 20]);
    assert!(bomb.len() < MAX_FRAGMENT_BYTES, "it looks harmless");
    for (fragment, reason) in [
        (KEY.to_owned(), "the link is damaged"),
        (format!("{KEY}!"), "the link is damaged"),
        (format!("{KEY}AAAA"), "the link is damaged"),
        (format!("{good}="), "the link is damaged"),
        (good[..good.len() - 4].to_owned(), "the link is damaged"),
        (format!("{good}&token=0123"), "the link is damaged"),
        (bomb, "the link is damaged"),
        (pack(b""), "line 1: the file is empty"),
        (pack(b"\xff"), "line 1: it is no text"),
        (pack(b"{}"), "the link's recording, line 1: this is no recording of TCP Playground"),
        (format!("{KEY}{}", "A".repeat(MAX_FRAGMENT_BYTES)), "longer than 8 KiB"),
    ] {
        let text = read_fragment(&fragment).map(drop).expect_err(&fragment);
        assert!(text.contains(reason), "{fragment}: {text}");
    }
}

#[test]
fn other_fragments_are_none_of_ours() {
    for fragment in ["", "#", "#token=0123", "token=0123&scenario=client", "#Session=AAAA", "#top", &"a".repeat(100_000)] {
        assert!(matches!(read_fragment(fragment), Ok(None)), "{fragment}");
    }
}

fn message() -> impl Strategy<Value = Message> {
    let ending = prop::sample::select(LineEnding::ALL.to_vec());
    prop_oneof![
        ("[ -~\n\tä-ü日🎉]{0,20}", ending).prop_map(|(text, ending)| Message::Text(text, ending)),
        "[0-9a-f ]{0,20}".prop_map(Message::Hex)
    ]
}

proptest! {
    #[test]
    fn scenarios_come_back(host in "[!-~ü]{1,40}", port: u16, backlog in prop::option::of(0..i32::MAX), messages in prop::collection::vec(message(), 0..5)) {
        let part = match backlog {
            Some(backlog) => Part::Server { host, port, backlog },
            None => Part::Client { host, port },
        };
        let wanted = Scenario { part, messages };
        let fragment = wanted.fragment().unwrap();
        prop_assert!(fragment.bytes().all(|byte| byte.is_ascii_graphic()));
        prop_assert_eq!(scenario(&fragment), Ok(wanted));
    }

    #[test]
    fn sessions_come_back(trace in any_entry::trace(), header in any_entry::header()) {
        let header = Header { dropped: trace.dropped(), ..header };
        if let Ok(fragment) = session_fragment(header.clone(), &trace) {
            prop_assert!(fragment.len() <= MAX_FRAGMENT_BYTES);
            let Ok(Some(Shared::Session(recording))) = read_fragment(&fragment) else { panic!("{fragment}") };
            prop_assert_eq!(recording.header, header);
            prop_assert!(recording.trace.since(0).eq(trace.since(0)));
        }
    }

    #[test]
    fn any_fragment_is_an_answer(kind in "(session=|scenario=|scenario=client&|scenario=server&host=a&)?", rest in "[a-z0-9&=%+_-]{0,80}|.{0,60}") {
        read_fragment(&(kind + &rest)).map(drop).ok();
    }
}
