//! One event as one sentence, for whoever watches a projector or listens to the page.

use protocol::{Call, CallId, Name, Operation, Return};

use super::row::{as_returned, as_written};
use super::{Entry, Fact, Kind, Role, Sockets, Trace, bytes_in_words, explain};
use crate::net::SocketId;
use crate::texts::captions as text;

/// What `entry` says, with the call that it answers looked up in the `trace`, and the socket among `sockets`.
pub fn caption(entry: &Entry, trace: &Trace, sockets: &Sockets) -> String {
    let who = || match sockets.get(entry.socket).map(|socket| socket.kind) {
        Some(Kind::Client) => text::client(),
        Some(Kind::Listener) => text::listener(),
        Some(Kind::Accepted(_)) => text::accepted(),
        None => text::a_socket(),
    };
    let called = |id: Option<CallId>| id.and_then(|id| call_before(trace, entry, id));
    let name = |id: Option<CallId>, otherwise: &str| called(id).map_or_else(|| otherwise.to_owned(), |call| as_written(&call.operation));
    match &entry.fact {
        Fact::Made(Role::Client) => text::made_client().to_owned(),
        Fact::Made(Role::Server) => text::made_server().to_owned(),
        // An accept is its listener's, wherever the connection will be.
        Fact::Called(Call { operation: operation @ Operation::Accept { .. }, .. }) => {
            text::calls(&text::listener(), &as_written(operation))
        }
        Fact::Called(call) => text::calls(&who(), &as_written(&call.operation)),
        Fact::Line { place, .. } => text::line(&place.line, &place.file),
        Fact::Sending { bytes, .. } => text::sends(&who(), &bytes_in_words(bytes.len() as u64)),
        Fact::Received { id, bytes } => text::received(&name(Some(*id), "recv()"), &bytes_in_words(bytes.len() as u64)),
        Fact::Returned { value: Return::Recv { eof: true }, .. } => text::received_end().to_owned(),
        Fact::Returned { id, value } => match as_returned(value) {
            value if value.is_empty() => text::returned(&name(*id, "send()")),
            value => text::returned_with(&name(*id, "send()"), &value),
        },
        Fact::Failed { id, failure } if failure.name == Name::ECANCELED => text::cancelled(&name(*id, &failure.call)),
        Fact::Failed { id, failure } => {
            let explained = explain(failure, called(*id).map(|call| &call.operation));
            text::failed(&name(*id, &failure.call), &explained.title, &explained.cause)
        }
        Fact::Told { info, .. } => info.state.map_or_else(|| text::told().to_owned(), |state| text::told_state(&state)),
        Fact::Ended { text, .. } => text::ended(text),
        Fact::Lost { .. } => text::lost().to_owned(),
        Fact::Closed => text::closed().to_owned(),
    }
}

/// The call `id` of the entry's socket, which was made before it.
fn call_before<'a>(trace: &'a Trace, entry: &Entry, id: CallId) -> Option<&'a Call> {
    let of = |socket: SocketId| {
        move |earlier: &'a Entry| match &earlier.fact {
            Fact::Called(call) if earlier.socket == socket && call.id == id => Some(call),
            _ => None,
        }
    };
    trace.before(entry.number).find_map(of(entry.socket))
}

#[cfg(test)]
mod tests {
    use protocol::Failure;

    use super::*;
    use crate::trace::Journal;

    fn captions(facts: Vec<Fact>) -> Vec<String> {
        let mut journal = Journal::default();
        for fact in facts {
            journal.record(0.0, SocketId(1), fact);
        }
        let (trace, sockets) = (journal.trace(), journal.sockets());
        trace.since(0).map(|entry| caption(entry, trace, sockets)).collect()
    }

    #[test]
    fn an_event_is_a_sentence() {
        let call = |id, operation| Fact::Called(Call { id: CallId(id), operation });
        let connect = Operation::Connect { host: "localhost".to_owned(), port: 9, timeout_ms: None };
        let refused = Failure::new(Name::ECONNREFUSED, "connect", "text").at("127.0.0.1:9");
        let said = captions(vec![
            call(1, Operation::Socket { family: protocol::Family::Inet }),
            Fact::Made(Role::Client),
            call(2, connect),
            Fact::Failed { id: Some(CallId(2)), failure: refused },
            call(3, Operation::Recv { max: 10, flags: vec![], timeout_ms: None }),
            Fact::Received { id: CallId(3), bytes: b"x".as_slice().into() },
            Fact::Closed,
        ]);
        assert_eq!(said[1], "A client is made.");
        assert_eq!(said[2], "The client calls connect(\"localhost\", 9)");
        assert_eq!(
            said[3],
            "connect(\"localhost\", 9) failed with ECONNREFUSED. Nobody is listening on 127.0.0.1:9. The machine answered at once with RST."
        );
        assert_eq!(said[5], "recv(10) returned 1 byte");
        assert_eq!(said[6], "The descriptor is closed.");
    }
}
