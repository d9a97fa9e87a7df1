//! Any entry that a trace can hold, for property tests.

use std::net::SocketAddr;

use proptest::prelude::*;
use protocol::{
    AcceptQueue, Call, CallId, EndCause, Failure, Family, Hello, Holder, How, Info, ListenerId, Name, Operation, OptionValue, PollEvent,
    RecvFlag, Return, Rule, SendFlag, SocketOption, TcpInfo, TcpState,
};

use crate::net::SocketId;
use crate::recording::{Header, Moment};
use crate::trace::{Bounds, Fact, Place, Role, Trace};

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[ -~]{0,12}", 1 => any::<String>()]
}

fn address() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        any::<([u8; 4], u16)>().prop_map(SocketAddr::from),
        any::<([u16; 8], u16)>().prop_map(SocketAddr::from),
        Just("[fe80::1%3]:80".parse().unwrap()),
    ]
}

fn value() -> impl Strategy<Value = OptionValue> {
    prop_oneof![
        any::<bool>().prop_map(OptionValue::Switch),
        any::<i64>().prop_map(OptionValue::Number),
        text().prop_map(OptionValue::Text),
        Just(OptionValue::Off),
    ]
}

fn option() -> impl Strategy<Value = SocketOption> {
    prop::sample::select(SocketOption::ALL)
}

fn events() -> impl Strategy<Value = Vec<PollEvent>> {
    prop::collection::vec(prop::sample::select(vec![PollEvent::In, PollEvent::Out, PollEvent::Err, PollEvent::Hup]), 0..3)
}

fn family() -> impl Strategy<Value = Family> {
    prop::sample::select(vec![Family::Inet, Family::Inet6])
}

/// Any call that the wire has.
pub(super) fn operation() -> impl Strategy<Value = Operation> {
    let limit = || any::<Option<u64>>();
    let send_flags = prop::collection::vec(prop::sample::select(vec![SendFlag::Dontwait, SendFlag::More, SendFlag::Oob]), 0..3);
    let recv_flags =
        prop::collection::vec(prop::sample::select(vec![RecvFlag::Peek, RecvFlag::Dontwait, RecvFlag::Waitall, RecvFlag::Oob]), 0..3);
    let setting_up = prop_oneof![
        family().prop_map(|family| Operation::Socket { family }),
        (text(), any::<u64>()).prop_map(|(address, port)| Operation::Bind { address, port }),
        any::<i32>().prop_map(|backlog| Operation::Listen { backlog }),
        (any::<u64>(), limit()).prop_map(|(id, timeout_ms)| Operation::Accept { listener: ListenerId(id), timeout_ms }),
        (text(), any::<u64>(), limit()).prop_map(|(host, port, timeout_ms)| Operation::Connect { host, port, timeout_ms }),
        (text(), prop::option::of(family()), limit()).prop_map(|(host, family, timeout_ms)| Operation::Resolve {
            host,
            family,
            timeout_ms
        }),
    ];
    let moving = prop_oneof![
        (send_flags, limit()).prop_map(|(flags, timeout_ms)| Operation::Send { flags, timeout_ms }),
        (any::<u64>(), recv_flags, limit()).prop_map(|(max, flags, timeout_ms)| Operation::Recv { max, flags, timeout_ms }),
        prop::sample::select(vec![How::Read, How::Write, How::Both]).prop_map(|how| Operation::Shutdown { how }),
        prop::sample::select(vec![Operation::Close, Operation::Abort, Operation::Getsockname, Operation::Getpeername]),
    ];
    let others = prop_oneof![
        (option(), value()).prop_map(|(option, value)| Operation::Setsockopt { option, value }),
        option().prop_map(|option| Operation::Getsockopt { option }),
        (events(), limit()).prop_map(|(events, timeout_ms)| Operation::Poll { events, timeout_ms }),
        (limit(), prop::option::of(address()), prop::option::of(address())).prop_map(|(interval_ms, local, peer)| Operation::Info {
            interval_ms,
            local,
            peer
        }),
        any::<u64>().prop_map(|id| Operation::Cancel { target: CallId(id) }),
    ];
    prop_oneof![setting_up, moving, others]
}

fn info() -> impl Strategy<Value = Box<Info>> {
    let tcp = any::<(Option<u32>, Option<u64>, Option<u32>)>().prop_map(|(rtt_us, sent_bytes, cwnd_segments)| TcpInfo {
        rtt_us,
        sent_bytes,
        cwnd_segments,
        ..TcpInfo::default()
    });
    let queue = any::<(u32, u32)>().prop_map(|(waiting, backlog)| AcceptQueue { waiting, backlog });
    let state = prop::option::of(prop::sample::select(TcpState::ALL));
    (state, any::<[Option<u64>; 3]>(), prop::option::of(queue), prop::option::of(tcp)).prop_map(|(state, numbers, accept_queue, tcp)| {
        let [recv_queue_bytes, send_queue_bytes, ends_in_ms] = numbers;
        Box::new(Info { state, recv_queue_bytes, send_queue_bytes, accept_queue, ends_in_ms, tcp })
    })
}

fn returned() -> impl Strategy<Value = Return> {
    let addresses = prop_oneof![
        address().prop_map(|local| Return::Bind { local }),
        (any::<u64>(), address(), any::<Option<u32>>()).prop_map(|(id, local, backlog)| Return::Listen {
            listener: ListenerId(id),
            local,
            backlog
        }),
        (address(), address()).prop_map(|(local, peer)| Return::Accept { local, peer }),
        (address(), address()).prop_map(|(local, peer)| Return::Connect { local, peer }),
        address().prop_map(|local| Return::Getsockname { local }),
        address().prop_map(|peer| Return::Getpeername { peer }),
        prop::collection::vec(address().prop_map(|address| address.ip()), 0..3).prop_map(|addresses| Return::Resolve { addresses }),
    ];
    let others = prop_oneof![
        any::<u64>().prop_map(|sent| Return::Send { sent }),
        any::<bool>().prop_map(|eof| Return::Recv { eof }),
        prop::sample::select(vec![Return::Socket, Return::Shutdown, Return::Close, Return::Abort]),
        value().prop_map(|value| Return::Setsockopt { value }),
        value().prop_map(|value| Return::Getsockopt { value }),
        events().prop_map(|events| Return::Poll { events }),
        info().prop_map(|info| Return::Info { info }),
        any::<bool>().prop_map(|cancelled| Return::Cancel { cancelled }),
    ];
    prop_oneof![addresses, others]
}

fn failure() -> impl Strategy<Value = Failure> {
    let holder = (prop::sample::select(TcpState::ALL), any::<Option<u64>>()).prop_map(|(state, ends_in_ms)| Holder { state, ends_in_ms });
    (
        prop::sample::select(Name::ALL),
        text(),
        prop::option::of(text()),
        prop::option::of(prop::sample::select(Rule::ALL)),
        prop::option::of(holder),
        text(),
    )
        .prop_map(|(name, call, address, rule, holder, text)| Failure { name, call, address, rule, holder, text })
}

fn fact() -> impl Strategy<Value = Fact> {
    let id = || any::<u64>().prop_map(CallId);
    let bytes = || prop_oneof![prop::collection::vec(any::<u8>(), 0..40), text().prop_map(String::into_bytes)];
    let causes = vec![EndCause::Token, EndCause::HalfClosed, EndCause::Limit, EndCause::Shutdown];
    prop_oneof![
        prop::sample::select(vec![Fact::Made(Role::Client), Fact::Made(Role::Server), Fact::Closed]),
        (id(), operation()).prop_map(|(id, operation)| Fact::Called(Call { id, operation })),
        (id(), text(), any::<u32>()).prop_map(|(id, file, line)| Fact::Line { id, place: Place { file: file.into(), line } }),
        (prop::option::of(id()), bytes()).prop_map(|(id, bytes)| Fact::Sending { id, bytes: bytes.into() }),
        (prop::option::of(id()), returned()).prop_map(|(id, value)| Fact::Returned { id, value }),
        (id(), bytes()).prop_map(|(id, bytes)| Fact::Received { id, bytes: bytes.into() }),
        (prop::option::of(id()), failure()).prop_map(|(id, failure)| Fact::Failed { id, failure }),
        (id(), info()).prop_map(|(id, info)| Fact::Told { id, info }),
        (prop::sample::select(causes), text()).prop_map(|(cause, text)| Fact::Ended { cause, text }),
        text().prop_map(|text| Fact::Lost { text }),
    ]
}

/// Any trace, its times in whole microseconds.
pub(super) fn trace() -> impl Strategy<Value = Trace> {
    let entries = prop::collection::vec((0..10_000_000_u32, 0..1_u64 << 53, fact()), 0..20);
    (0..1_u64 << 50, entries).prop_map(|(first, entries)| {
        let mut trace = Trace::starting_at(Bounds::default(), first);
        let mut micros = 0;
        for (after, socket, fact) in entries {
            micros += u64::from(after);
            trace.push(micros as f64 / 1000.0, SocketId(socket), fact);
        }
        trace
    })
}

/// Any header of a recording whose first entry is the first of all.
pub(super) fn header() -> impl Strategy<Value = Header> {
    let hello = (text(), text(), text()).prop_map(|(version, system, reach)| Hello { version, system, reach });
    (0..250_000_000_000_000_u64, prop::option::of(hello)).prop_map(|(ms, relay)| Header {
        opened: Moment::from_unix_ms(ms as f64),
        relay,
        dropped: 0,
    })
}
