//! Messages on the wire: written as documented, and every one survives it.

use proptest::prelude::*;

use super::*;
use crate::{AcceptQueue, Holder, Name, Rule, SocketOption, TcpInfo, TcpState};

fn round_trip(message: &Message, text: &str) {
    assert_eq!(serde_json::to_string(message).unwrap(), text);
    assert_eq!(&serde_json::from_str::<Message>(text).unwrap(), message);
}

#[test]
fn answers_are_written_as_documented() {
    let local = "127.0.0.1:51022".parse().unwrap();
    let peer = "[::1]:80".parse().unwrap();
    round_trip(
        &Message::Answer(Answer::new(Some(CallId(2)), Ok(Return::Connect { local, peer }))),
        r#"{"id":2,"return":"connect","local":"127.0.0.1:51022","peer":"[::1]:80"}"#,
    );
    round_trip(&Message::Answer(Answer::new(None, Ok(Return::Send { sent: 3 }))), r#"{"return":"send","sent":3}"#);
    round_trip(&Message::Answer(Answer::new(Some(CallId(5)), Ok(Return::Recv { eof: true }))), r#"{"id":5,"return":"recv","eof":true}"#);
    round_trip(
        &Message::Answer(Answer::new(
            Some(CallId(2)),
            Err(Failure::new(Name::ECONNREFUSED, "connect", "Connection refused").at("127.0.0.1:9")),
        )),
        r#"{"id":2,"error":"ECONNREFUSED","call":"connect","address":"127.0.0.1:9","text":"Connection refused"}"#,
    );
    round_trip(
        &Message::Answer(Answer::new(Some(CallId(2)), Err(Failure::forbidden(Rule::OwnPort, "connect", "no")))),
        r#"{"id":2,"error":"FORBIDDEN","call":"connect","rule":"own-port","text":"no"}"#,
    );
}

#[test]
fn events_are_written_as_documented() {
    round_trip(
        &Message::Event(Event::Ended { cause: EndCause::Protocol, text: "no".to_owned() }),
        r#"{"event":"ended","cause":"protocol","text":"no"}"#,
    );
}

fn any_address() -> impl Strategy<Value = SocketAddr> {
    // As text has it: without a flow label.
    any::<(IpAddr, u16)>().prop_map(|(ip, port)| SocketAddr::new(ip, port))
}

fn any_failure() -> impl Strategy<Value = Failure> {
    let holder =
        (proptest::sample::select(TcpState::ALL), any::<Option<u64>>()).prop_map(|(state, ends_in_ms)| Holder { state, ends_in_ms });
    let texts = (any::<String>(), any::<Option<String>>(), any::<String>());
    (proptest::sample::select(Name::ALL), texts, proptest::option::of(proptest::sample::select(Rule::ALL)), proptest::option::of(holder))
        .prop_map(|(name, (call, address, text), rule, holder)| Failure { name, call, address, rule, holder, text })
}

fn any_value() -> impl Strategy<Value = OptionValue> {
    prop_oneof![
        any::<bool>().prop_map(OptionValue::Switch),
        any::<i64>().prop_map(OptionValue::Number),
        proptest::sample::select(SocketOption::ALL).prop_map(|option| OptionValue::Text(option.to_string())),
        Just(OptionValue::Off),
    ]
}

fn any_info() -> impl Strategy<Value = Box<Info>> {
    let queue = any::<(u32, u32)>().prop_map(|(waiting, backlog)| AcceptQueue { waiting, backlog });
    let tcp = any::<(u32, Option<u32>, u64)>().prop_map(|(rtt_us, ssthresh_segments, received_bytes)| TcpInfo {
        rtt_us: Some(rtt_us),
        ssthresh_segments,
        received_bytes: Some(received_bytes),
        ..TcpInfo::default()
    });
    let state = proptest::option::of(proptest::sample::select(TcpState::ALL));
    (state, any::<(Option<u64>, Option<u64>)>(), proptest::option::of(queue), proptest::option::of(tcp)).prop_map(
        |(state, (recv_queue_bytes, send_queue_bytes), accept_queue, tcp)| {
            Box::new(Info { state, recv_queue_bytes, send_queue_bytes, accept_queue, tcp, ..Info::default() })
        },
    )
}

fn any_return() -> impl Strategy<Value = Return> {
    let both = || (any_address(), any_address());
    prop_oneof![
        proptest::sample::select(vec![Return::Socket, Return::Shutdown, Return::Close, Return::Abort]),
        any_address().prop_map(|local| Return::Bind { local }),
        (any::<u64>(), any_address(), any::<Option<u32>>()).prop_map(|(listener, local, backlog)| Return::Listen {
            listener: ListenerId(listener),
            local,
            backlog
        }),
        both().prop_map(|(local, peer)| Return::Accept { local, peer }),
        both().prop_map(|(local, peer)| Return::Connect { local, peer }),
        any::<u64>().prop_map(|sent| Return::Send { sent }),
        any::<bool>().prop_map(|eof| Return::Recv { eof }),
        any_address().prop_map(|local| Return::Getsockname { local }),
        any_address().prop_map(|peer| Return::Getpeername { peer }),
        any_value().prop_map(|value| Return::Setsockopt { value }),
        any_value().prop_map(|value| Return::Getsockopt { value }),
        proptest::sample::subsequence(vec![PollEvent::In, PollEvent::Out, PollEvent::Err, PollEvent::Hup], 0..=4)
            .prop_map(|events| Return::Poll { events }),
        any::<Vec<IpAddr>>().prop_map(|addresses| Return::Resolve { addresses }),
        any_info().prop_map(|info| Return::Info { info }),
        any::<bool>().prop_map(|cancelled| Return::Cancel { cancelled }),
    ]
}

fn any_message() -> impl Strategy<Value = Message> {
    let causes = vec![
        EndCause::Token,
        EndCause::Protocol,
        EndCause::Text,
        EndCause::Size,
        EndCause::Silence,
        EndCause::HalfClosed,
        EndCause::Limit,
        EndCause::Shutdown,
    ];
    let id = || any::<Option<u64>>().prop_map(|id| id.map(CallId));
    prop_oneof![
        (id(), any_return()).prop_map(|(id, value)| Message::Answer(Answer::new(id, Ok(value)))),
        (id(), any_failure()).prop_map(|(id, failure)| Message::Answer(Answer::new(id, Err(failure)))),
        any::<(String, String, String)>().prop_map(|(version, system, reach)| Message::Event(Event::Hello(Hello {
            version,
            system,
            reach
        }))),
        (any::<u64>(), any_info()).prop_map(|(id, info)| Message::Event(Event::Info { id: CallId(id), info })),
        (proptest::sample::select(causes), any::<String>()).prop_map(|(cause, text)| Message::Event(Event::Ended { cause, text })),
    ]
}

proptest! {
    #[test]
    fn every_message_survives_the_wire(message in any_message()) {
        let text = serde_json::to_string(&message).unwrap();
        prop_assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message, "{}", text);
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(serde_json::from_str::<Message>(&text).is_err());
    }
}
