//! Paths through the states: what is inferred, what the kernel said, and both together, now and at earlier events.

use protocol::{Failure, Family, Info, ListenerId, Name};

use super::*;
use crate::path::{drawing, list, now};

const ONE: SocketId = SocketId(1);

#[derive(Default)]
struct Told {
    journal: Journal,
    calls: u64,
}

impl Told {
    fn fact(&mut self, fact: Fact) -> u64 {
        self.journal.record(1000.0, ONE, fact);
        self.journal.trace().next_number() - 1
    }

    fn call(&mut self, operation: Operation) -> CallId {
        self.calls += 1;
        let id = CallId(self.calls);
        self.fact(Fact::Called(Call { id, operation }));
        id
    }

    fn returns(&mut self, operation: Operation, value: Return) -> u64 {
        let id = self.call(operation);
        self.fact(Fact::Returned { id: Some(id), value })
    }

    fn says(&mut self, state: TcpState) -> u64 {
        self.tells(CallId(99), Info { state: Some(state), ..Info::default() })
    }

    fn table_says(&mut self, state: TcpState) -> u64 {
        self.tells(Fact::TABLE, Info { state: Some(state), ..Info::default() })
    }

    fn tells(&mut self, id: CallId, info: Info) -> u64 {
        self.fact(Fact::Told { id, info: Box::new(info) })
    }

    fn connected() -> Self {
        let mut told = Self::default();
        told.returns(Operation::Socket { family: Family::Inet }, Return::Socket);
        let (local, peer) = ("127.0.0.1:1024".parse().unwrap(), "127.0.0.1:80".parse().unwrap());
        told.returns(connect(), Return::Connect { local, peer });
        told
    }

    fn shuts_down(&mut self) -> u64 {
        self.returns(Operation::Shutdown { how: How::Write }, Return::Shutdown)
    }

    fn ends(&mut self) -> u64 {
        self.returns(Operation::Recv { max: 1, flags: vec![], timeout_ms: None }, Return::Recv { eof: true })
    }

    fn path(&self) -> Path {
        let mut path = Path::new(ONE, &self.journal);
        path.read(&self.journal);
        path
    }

    /// The names of the steps, `!` behind those that the kernel said.
    fn names(&self) -> String {
        self.names_at(None)
    }

    fn names_at(&self, event: Option<u64>) -> String {
        let path = self.path();
        let done = path.done_at(event);
        let name = |step: &Step| format!("{}{}", step.place_at(event).name(), if step.is_said_at(event) { "!" } else { "" });
        path.steps()[..done].iter().map(name).collect::<Vec<_>>().join(" ")
    }
}

fn connect() -> Operation {
    Operation::Connect { host: "127.0.0.1".to_owned(), port: 80, timeout_ms: None }
}

#[test]
fn calls_alone_tell_a_path_that_is_inferred() {
    let mut told = Told::connected();
    told.shuts_down();
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT");
    told.ends();
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT TIME_WAIT");
    told.returns(Operation::Close, Return::Close);
    told.fact(Fact::Closed);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT TIME_WAIT", "the connection goes on without its descriptor");
}

#[test]
fn the_kernel_confirms_what_was_inferred_and_tells_more() {
    let mut told = Told::connected();
    told.says(TcpState::ESTABLISHED);
    let before = told.shuts_down();
    told.says(TcpState::FIN_WAIT_2);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2!");
    assert_eq!(told.names_at(Some(before)), "CLOSED SYN_SENT ESTABLISHED! FIN_WAIT", "which of the two it was is known later");
    told.ends();
    told.returns(Operation::Close, Return::Close);
    told.table_says(TcpState::TIME_WAIT);
    told.table_says(TcpState::CLOSED);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED! FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT! CLOSED!");
}

#[test]
fn the_kernel_may_be_ahead_of_the_calls() {
    let mut told = Told::connected();
    told.says(TcpState::CLOSE_WAIT);
    told.ends();
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT!");
    told.shuts_down();
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT! LAST_ACK");
    told.says(TcpState::CLOSED);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT! LAST_ACK CLOSED!");
}

#[test]
fn what_was_passed_between_two_samples_is_filled_in() {
    let mut told = Told::connected();
    told.says(TcpState::ESTABLISHED);
    told.table_says(TcpState::TIME_WAIT);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED! FIN_WAIT_1 TIME_WAIT!");
    let mut told = Told::connected();
    told.table_says(TcpState::LAST_ACK);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK!");
}

#[test]
fn a_socket_that_is_finished_is_the_tables() {
    let mut told = Told::connected();
    told.shuts_down();
    told.says(TcpState::FIN_WAIT_2);
    told.says(TcpState::CLOSED);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT");
    told.table_says(TcpState::TIME_WAIT);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT_1 FIN_WAIT_2! TIME_WAIT!");
}

#[test]
fn close_sends_fin_or_where_bytes_are_unread_rst() {
    let mut told = Told::connected();
    told.returns(Operation::Close, Return::Close);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED FIN_WAIT");
    let mut told = Told::connected();
    told.tells(CallId(9), Info { state: Some(TcpState::ESTABLISHED), recv_queue_bytes: Some(3), ..Info::default() });
    told.returns(Operation::Close, Return::Close);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED! CLOSED");
    let mut told = Told::connected();
    told.tells(CallId(9), Info { state: Some(TcpState::ESTABLISHED), recv_queue_bytes: Some(3), ..Info::default() });
    let id = told.call(Operation::Recv { max: 9, flags: vec![], timeout_ms: None });
    told.fact(Fact::Received { id, bytes: b"abc".as_slice().into() });
    told.returns(Operation::Close, Return::Close);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED! FIN_WAIT", "the three bytes were received since");
    let mut told = Told::connected();
    told.returns(Operation::Abort, Return::Abort);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED CLOSED");
    let mut told = Told::connected();
    told.ends();
    told.fact(Fact::Closed);
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED CLOSE_WAIT LAST_ACK", "a descriptor that was dropped");
}

#[test]
fn a_connection_that_is_refused_or_breaks() {
    let mut told = Told::default();
    told.returns(Operation::Socket { family: Family::Inet }, Return::Socket);
    told.says(TcpState::CLOSED);
    let id = told.call(connect());
    told.says(TcpState::CLOSED);
    assert_eq!(told.names(), "CLOSED! SYN_SENT", "the name is looked up before the kernel is asked to connect");
    told.says(TcpState::SYN_SENT);
    told.fact(Fact::Failed { id: Some(id), failure: Failure::new(Name::ECONNREFUSED, "connect", "refused") });
    assert_eq!(told.names(), "CLOSED! SYN_SENT! CLOSED");
    assert!(now(&told.path(), None).unwrap().meaning.contains("with <code>connect</code>"), "it may try again");
    told.returns(Operation::Close, Return::Close);
    assert!(now(&told.path(), None).unwrap().meaning.contains("no connection any more"));
    let mut told = Told::connected();
    let id = told.call(Operation::Recv { max: 1, flags: vec![], timeout_ms: None });
    told.fact(Fact::Failed { id: Some(id), failure: Failure::new(Name::ECONNRESET, "recv", "reset") });
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED CLOSED");
}

#[test]
fn a_listener_and_what_it_accepts() {
    let mut told = Told::default();
    told.returns(Operation::Socket { family: Family::Inet }, Return::Socket);
    let local = "127.0.0.1:80".parse().unwrap();
    told.returns(Operation::Listen { backlog: 1 }, Return::Listen { listener: ListenerId(1), local, backlog: None });
    told.says(TcpState::LISTEN);
    told.returns(Operation::Close, Return::Close);
    assert_eq!(told.names(), "CLOSED LISTEN! CLOSED");
    let mut told = Told::default();
    let peer = "127.0.0.1:1024".parse().unwrap();
    told.returns(Operation::Accept { listener: ListenerId(1), timeout_ms: None }, Return::Accept { local, peer });
    assert_eq!(told.names(), "LISTEN SYN_RECEIVED ESTABLISHED");
}

#[test]
fn a_relay_that_is_lost_moves_nothing() {
    let mut told = Told::connected();
    told.fact(Fact::Lost { text: "gone".to_owned() });
    assert_eq!(told.names(), "CLOSED SYN_SENT ESTABLISHED");
}

#[test]
fn the_time_that_is_left_counts_from_what_the_kernel_said() {
    let mut told = Told::connected();
    let before = told.shuts_down();
    assert_eq!(told.path().ends_at_ms(None), None);
    told.tells(Fact::TABLE, Info { state: Some(TcpState::TIME_WAIT), ends_in_ms: Some(60_000), ..Info::default() });
    assert_eq!(told.path().ends_at_ms(None), Some(61_000.0));
    assert_eq!(told.path().ends_at_ms(Some(before)), None);
    told.table_says(TcpState::CLOSED);
    assert_eq!(told.path().ends_at_ms(None), None);
}

#[test]
fn the_drawing_tells_said_from_inferred_and_now_from_before() {
    let mut told = Told::connected();
    told.says(TcpState::ESTABLISHED);
    let before = told.shuts_down();
    told.says(TcpState::FIN_WAIT_2);
    let path = told.path();
    let box_of = |svg: &str, class: &str, name: &str| svg.contains(&format!(r#"<g class="state{class}"><rect"#)) && svg.contains(name);
    let svg = drawing(&path, None);
    for (class, name) in [(" said now", "FIN_WAIT_2"), (" inferred", "SYN_SENT"), (" said", "ESTABLISHED")] {
        assert!(box_of(&svg, class, name), "{class} {svg}");
    }
    assert!(svg.contains("Now: FIN_WAIT_2, said by the kernel"), "{svg}");
    assert_eq!(svg.matches("now\"").count(), 1, "{svg}");
    let earlier = drawing(&path, Some(before));
    assert_eq!(earlier.matches(" inferred now\"").count(), 2, "FIN_WAIT_1 or FIN_WAIT_2: {earlier}");
    let items = list(&path, Some(before));
    assert_eq!((items.matches("<li").count(), items.matches("class=\"later\"").count()), (5, 1), "{items}");
    let said = now(&path, None).unwrap();
    assert!(said.head.contains("FIN_WAIT_2") && said.meaning.contains("<code>close</code>"), "{said:?}");
    assert_eq!(said.last, (before, "Look at shutdown(SHUT_WR) returned".to_owned()));
}
