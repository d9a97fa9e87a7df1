//! Calls on the wire: every one survives it, and nothing else gets through.

use proptest::prelude::*;

use super::*;

fn any_option() -> impl Strategy<Value = SocketOption> {
    proptest::sample::select(SocketOption::ALL)
}

fn any_value() -> impl Strategy<Value = OptionValue> {
    prop_oneof![
        any::<bool>().prop_map(OptionValue::Switch),
        any::<i64>().prop_map(OptionValue::Number),
        any::<String>().prop_map(OptionValue::Text),
        Just(OptionValue::Off),
    ]
}

/// An address as text has it: without a flow label.
fn plain(address: SocketAddr) -> SocketAddr {
    match address {
        SocketAddr::V6(v6) => SocketAddr::new((*v6.ip()).into(), v6.port()),
        v4 => v4,
    }
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let timeout = || proptest::option::of(any::<u64>());
    prop_oneof![
        prop_oneof![Just(Family::Inet), Just(Family::Inet6)].prop_map(|family| Operation::Socket { family }),
        (any::<String>(), any::<u64>()).prop_map(|(address, port)| Operation::Bind { address, port }),
        any::<i32>().prop_map(|backlog| Operation::Listen { backlog }),
        (any::<u64>(), timeout()).prop_map(|(listener, timeout_ms)| Operation::Accept { listener: ListenerId(listener), timeout_ms }),
        (any::<String>(), any::<u64>(), timeout()).prop_map(|(host, port, timeout_ms)| Operation::Connect { host, port, timeout_ms }),
        (proptest::sample::subsequence(vec![SendFlag::Dontwait, SendFlag::More, SendFlag::Oob], 0..=3), timeout())
            .prop_map(|(flags, timeout_ms)| Operation::Send { flags, timeout_ms }),
        (
            any::<u64>(),
            proptest::sample::subsequence(vec![RecvFlag::Peek, RecvFlag::Dontwait, RecvFlag::Waitall, RecvFlag::Oob], 0..=4),
            timeout()
        )
            .prop_map(|(max, flags, timeout_ms)| Operation::Recv { max, flags, timeout_ms }),
        prop_oneof![Just(How::Read), Just(How::Write), Just(How::Both)].prop_map(|how| Operation::Shutdown { how }),
        Just(Operation::Close),
        Just(Operation::Abort),
        Just(Operation::Getsockname),
        Just(Operation::Getpeername),
        any::<u64>().prop_map(|target| Operation::Cancel { target: CallId(target) }),
        (any_option(), any_value()).prop_map(|(option, value)| Operation::Setsockopt { option, value }),
        any_option().prop_map(|option| Operation::Getsockopt { option }),
        (proptest::sample::subsequence(vec![PollEvent::In, PollEvent::Out, PollEvent::Err, PollEvent::Hup], 0..=4), timeout())
            .prop_map(|(events, timeout_ms)| Operation::Poll { events, timeout_ms }),
        (any::<String>(), proptest::option::of(Just(Family::Inet6)), timeout()).prop_map(|(host, family, timeout_ms)| Operation::Resolve {
            host,
            family,
            timeout_ms
        }),
        (timeout(), proptest::option::of(any::<SocketAddr>()), proptest::option::of(any::<SocketAddr>()))
            .prop_map(|(interval_ms, local, peer)| Operation::Info { interval_ms, local: local.map(plain), peer: peer.map(plain) }),
    ]
}

proptest! {
    #[test]
    fn every_call_survives_the_wire(id: u64, operation in any_operation()) {
        let call = Call { id: CallId(id), operation };
        let text = serde_json::to_string(&call).unwrap();
        prop_assert_eq!(decode_call(&text), Ok(call.clone()));
        prop_assert!(Operation::NAMES.contains(&call.operation.name()));
    }

    #[test]
    fn no_text_panics(text: String) {
        prop_assert!(decode_call(&text).is_err());
    }

    #[test]
    fn no_text_like_a_call_panics(text in r#"\{"id":(1|-1|"x"),"call":("recv"|"nope"|3)(,"max":(4|-4|"4"|1e99))?\}"#) {
        let good = text.starts_with(r#"{"id":1,"call":"recv","max":4}"#);
        prop_assert_eq!(decode_call(&text).is_ok(), good);
    }
}

#[test]
fn a_wrong_argument_is_an_error_of_the_call() {
    let Err(BadCall::Arguments { id, call, known: true, text }) = decode_call(r#"{"id":7,"call":"connect","host":"localhost","port":-1}"#)
    else {
        panic!("a negative port is no error of the frame");
    };
    assert_eq!((id, call.as_str()), (CallId(7), "connect"));
    assert!(text.contains("-1"), "{text}");
}

#[test]
fn a_misspelt_argument_is_not_ignored() {
    let Err(BadCall::Arguments { known: true, text, .. }) = decode_call(r#"{"id":7,"call":"recv","max":1,"timeout":5}"#) else {
        panic!("a wrong field must not be ignored");
    };
    assert!(text.contains("`timeout`") && text.contains("`timeout_ms`"), "{text}");
}

#[test]
fn an_unknown_call_is_told_apart() {
    let answer = decode_call(r#"{"id":7,"call":"ioctl"}"#);
    assert!(matches!(answer, Err(BadCall::Arguments { id: CallId(7), known: false, .. })), "{answer:?}");
}

#[test]
fn what_is_no_call_breaks_the_protocol() {
    for text in ["", "nc", "[]", "3", "{}", r#"{"call":"close"}"#, r#"{"id":1}"#, r#"{"id":1.5,"call":"close"}"#, "{\"id\":1,"] {
        assert!(matches!(decode_call(text), Err(BadCall::Frame { .. })), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_in_few_words() {
    let long = "ä".repeat(8000);
    let name = "ä".repeat(limits::MAX_CALL_NAME_CHARS) + "…";
    let Err(BadCall::Arguments { call, known: false, text, .. }) = decode_call(&format!(r#"{{"id":7,"call":"{long}"}}"#)) else {
        panic!("there is no such call");
    };
    assert_eq!(call, name);
    assert!(text.contains(&name) && text.contains("`socket`"), "{text}");
    for arguments in [format!(r#""max":"{long}""#), format!(r#""max":1,"{long}":2"#), format!(r#""max":1,"flags":["{long}"]"#)] {
        let Err(BadCall::Arguments { call, text, .. }) = decode_call(&format!(r#"{{"id":7,"call":"recv",{arguments}}}"#)) else {
            panic!("{arguments} is wrong");
        };
        assert!(call == "recv" && text.chars().count() <= limits::MAX_REPEATED_CHARS + 1 && text.contains('ä'), "{text}");
    }
    let Err(BadCall::Frame { text }) = decode_call(&format!("\"{long}\"")) else { panic!("it is no object") };
    assert!(text.chars().count() <= limits::MAX_REPEATED_CHARS + 1, "{text}");
}
