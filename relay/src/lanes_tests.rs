//! The order of calls, without a socket.

use std::time::Duration;

use proptest::prelude::*;

use super::*;

const RECV: Recv = Recv { max: 1, peek: false, dontwait: false, waitall: false, oob: false, collected: Vec::new() };

fn waiting(id: u64, work: Work) -> Waiting<Work> {
    Waiting { id: Some(CallId(id)), deadline: None, work }
}

fn bare(bytes: &[u8]) -> Waiting<Work> {
    Waiting {
        id: None,
        deadline: None,
        work: Work::Write(Write::Send { bytes: bytes.into(), sent: 0, flags: SendFlags::default(), frames: 1 }),
    }
}

fn send(id: u64, bytes: &'static [u8]) -> Waiting<Work> {
    waiting(id, bare(bytes).work)
}

#[test]
fn directions_do_not_hold_up_each_other_but_setup_does() {
    let mut lanes = Lanes::default();
    lanes.push(waiting(1, Work::Prompt(Prompt::Connect { host: String::new(), port: 1 }))).unwrap();
    lanes.push(waiting(2, Work::Recv(RECV))).unwrap();
    lanes.push(send(3, b"abc")).unwrap();
    lanes.push(waiting(4, Work::Prompt(Prompt::Getsockname))).unwrap();
    assert_eq!(lanes.admit().unwrap().id, Some(CallId(1)));
    assert!(lanes.next_recv().is_none() && lanes.next_write().is_none() && !lanes.all_sent());
    assert_eq!(lanes.admit().unwrap().id, Some(CallId(4)));
    assert_eq!(lanes.next_recv().unwrap().id, Some(CallId(2)));
    assert_eq!(lanes.next_write().unwrap().id, Some(CallId(3)));
    assert!(lanes.admit().is_none());
}

#[test]
fn a_cancelled_send_tells_how_far_it_came() {
    let mut lanes = Lanes::default();
    lanes.push(send(1, b"abcdef")).unwrap();
    assert!(lanes.admit().is_none());
    let Write::Send { sent, .. } = &mut lanes.next_write().unwrap().work else { panic!() };
    *sent = 4;
    assert_eq!(lanes.cancel(CallId(2)), None);
    assert_eq!(
        lanes.cancel(CallId(1)),
        Some(Dropped { id: Some(CallId(1)), call: "send", sent: 4, unsent: 2, frames: 1, collected: Vec::new() })
    );
    assert!(lanes.all_sent() && lanes.held_bytes == 0);
}

#[test]
fn too_many_calls_are_errors_of_the_call() {
    let mut lanes = Lanes::default();
    for id in 0..limits::MAX_CALLS_WAITING as u64 {
        lanes.push(waiting(id, Work::Recv(RECV))).unwrap();
    }
    assert_eq!(lanes.push(waiting(9999, Work::Recv(RECV))).unwrap_err().name, Name::ENOBUFS);
    lanes.push(waiting(9999, Work::Write(Write::Close))).unwrap();
}

#[test]
fn the_window_is_shut_until_bytes_are_gone() {
    let mut lanes = Lanes::default();
    lanes.push(bare(&vec![0; limits::SEND_WINDOW_BYTES])).unwrap();
    assert!(lanes.has_room_beside(0), "a page that keeps to its window is heard");
    lanes.push(bare(&[0])).unwrap();
    assert!(!lanes.has_room_beside(0));
    assert!(lanes.admit().is_none());
    lanes.pop_write().unwrap();
    assert!(lanes.has_room_beside(0));
}

#[test]
fn small_bare_sends_are_joined_and_others_are_not() {
    let mut lanes = Lanes::default();
    for _ in 0..1000 {
        lanes.push(bare(b"ab")).unwrap();
    }
    lanes.push(send(1, b"announced")).unwrap();
    lanes.push(bare(b"cd")).unwrap();
    assert!(lanes.admit().is_none());
    lanes.push(bare(b"ef")).unwrap();
    let mut seen = vec![];
    while let Some(Waiting { id, work: Write::Send { bytes, frames, .. }, .. }) = lanes.pop_write() {
        seen.push((id, bytes.len(), frames));
    }
    assert_eq!(seen, [(None, 2000, 1000), (Some(CallId(1)), 9, 1), (None, 4, 2)]);
    assert_eq!(lanes.held_bytes, 0);
}

#[test]
fn only_what_is_late_expires() {
    let mut lanes = Lanes::default();
    let now = Instant::now();
    let late = now + Duration::from_secs(1);
    lanes.push(Waiting { id: Some(CallId(1)), deadline: Some(late), work: Work::Recv(RECV) }).unwrap();
    lanes.push(Waiting { id: Some(CallId(2)), deadline: None, work: Work::Recv(RECV) }).unwrap();
    assert_eq!(lanes.next_deadline(), Some(late));
    assert_eq!(lanes.expire(now), None);
    assert_eq!(lanes.expire(late).unwrap().id, Some(CallId(1)));
    assert_eq!(lanes.expire(late), None);
    assert_eq!(lanes.next_deadline(), None);
}

/// What may happen to the lanes of a socket.
#[derive(Clone, Debug)]
enum Step {
    Push(Kind),
    Admit,
    /// The kernel has bytes for the oldest `recv`.
    Receive,
    /// The kernel takes up to so many bytes of the oldest `send`, or carries out what else is the oldest.
    Transmit(usize),
    Cancel(u64),
    /// So much time passes.
    Wait(u64),
}

#[derive(Clone, Debug, PartialEq)]
enum Kind {
    Setup,
    /// Gives up after so much time.
    Recv(Option<u64>),
    Send(usize, Option<u64>),
    Bare(usize),
    Shutdown,
}

/// A call as the model has it: in one list, in the order in which they came. Of a `send` the bytes that are left.
#[derive(Clone, Debug)]
struct Known {
    id: Option<CallId>,
    kind: Kind,
    bytes: Vec<u8>,
    deadline: Option<Instant>,
    admitted: bool,
}

#[derive(Default)]
struct Model {
    lanes: Lanes,
    waiting: Vec<Known>,
    last_id: u64,
    last_byte: u8,
    /// All bytes that were pushed and neither sent nor dropped are in `waiting`; this is what went out, and what should have.
    sent: Vec<u8>,
    expected: Vec<u8>,
}

impl Model {
    fn oldest(&self, is_recv: bool) -> Option<usize> {
        self.waiting.iter().position(|known| known.admitted && known.kind != Kind::Setup && matches!(known.kind, Kind::Recv(_)) == is_recv)
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let first = self.last_byte;
        self.last_byte = first.wrapping_add(count as u8);
        (0..count).map(|index| first.wrapping_add(index as u8)).collect()
    }

    fn last_write_is_bare(&self) -> bool {
        let last = self.waiting.iter().rev().find(|known| !matches!(known.kind, Kind::Recv(_)));
        last.is_some_and(|known| matches!(known.kind, Kind::Bare(_)))
    }

    fn push(&mut self, kind: Kind, now: Instant) {
        self.last_id += 1;
        let after = |timeout: Option<u64>| timeout.map(|timeout| now + Duration::from_millis(timeout));
        let (bytes, deadline) = match kind {
            Kind::Send(count, timeout) => (self.bytes(count), after(timeout)),
            Kind::Bare(count) => (self.bytes(count), None),
            Kind::Recv(timeout) => (vec![], after(timeout)),
            Kind::Setup | Kind::Shutdown => (vec![], None),
        };
        let id = (!matches!(kind, Kind::Bare(_))).then_some(CallId(self.last_id));
        let work = match kind {
            Kind::Setup => Work::Prompt(Prompt::Getsockname),
            Kind::Recv(_) => Work::Recv(RECV),
            Kind::Send(..) | Kind::Bare(_) => bare(&bytes).work,
            Kind::Shutdown => Work::Write(Write::Shutdown(How::Write)),
        };
        self.lanes.push(Waiting { id, deadline, work }).expect("few wait, and each has its id");
        // Bare sends are joined to one before them that is through the gate, where nothing stands at it.
        let admitted = id.is_none() && self.waiting.iter().all(|known| known.admitted) && self.last_write_is_bare();
        self.waiting.push(Known { id, kind, bytes, deadline, admitted });
    }

    /// Everything up to the first call that sets the socket up passes the gate; that one is carried out.
    fn admit(&mut self) {
        let stop = self.waiting.iter().position(|known| !known.admitted && known.kind == Kind::Setup);
        let end = stop.unwrap_or(self.waiting.len());
        self.waiting[..end].iter_mut().for_each(|known| known.admitted = true);
        let setup = stop.map(|index| self.waiting.remove(index).id);
        assert_eq!(self.lanes.admit().map(|waiting| waiting.id), setup);
    }

    fn receive(&mut self) {
        let expected = self.oldest(true).map(|index| self.waiting.remove(index).id);
        assert_eq!(self.lanes.pop_recv().map(|waiting| waiting.id), expected);
    }

    fn transmit(&mut self, count: usize) {
        let Some(waiting) = self.lanes.next_write() else {
            assert_eq!(self.oldest(false), None);
            return;
        };
        let id = waiting.id;
        let mut done = true;
        if let Write::Send { bytes, sent, .. } = &mut waiting.work {
            let end = bytes.len().min(*sent + count);
            self.sent.extend_from_slice(&bytes[*sent..end]);
            *sent = end;
            done = end == bytes.len();
        }
        let before = self.sent.len() - self.expected.len();
        self.expect_sent(id, before, done);
        if done {
            self.lanes.pop_write().expect("it was the oldest");
        }
    }

    /// Takes `count` bytes off the model's oldest; a bare one of the lanes may be several of the model's, joined.
    fn expect_sent(&mut self, id: Option<CallId>, mut count: usize, done: bool) {
        loop {
            let index = self.oldest(false).expect("the lanes have one");
            let oldest = &mut self.waiting[index];
            assert_eq!(oldest.id, id);
            let part = count.min(oldest.bytes.len());
            self.expected.extend(oldest.bytes.drain(..part));
            count -= part;
            if !oldest.bytes.is_empty() || (count == 0 && !done) {
                break;
            }
            self.waiting.remove(index);
            if count == 0 {
                break;
            }
        }
    }

    fn cancel(&mut self, id: CallId) {
        let index = self.waiting.iter().position(|known| known.id == Some(id));
        let known = index.map(|index| self.waiting.remove(index));
        let dropped = self.lanes.cancel(id);
        assert_eq!(dropped.as_ref().map(|dropped| (dropped.id, dropped.unsent)), known.map(|known| (known.id, known.bytes.len())));
    }

    fn expire(&mut self, now: Instant) {
        while let Some(dropped) = self.lanes.expire(now) {
            let index = self.waiting.iter().position(|known| known.id == dropped.id).expect("it waits");
            let known = self.waiting.remove(index);
            assert!(known.deadline.is_some_and(|deadline| deadline <= now), "{known:?}");
            assert_eq!(known.bytes.len(), dropped.unsent);
        }
        let next = self.waiting.iter().filter_map(|known| known.deadline).min();
        assert!(next.is_none_or(|next| next > now));
        assert_eq!(self.lanes.next_deadline(), next);
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let timeout = || proptest::option::of(0..50_u64);
    prop_oneof![
        6 => prop_oneof![
            1 => Just(Kind::Setup),
            3 => timeout().prop_map(Kind::Recv),
            2 => (1..40_usize, timeout()).prop_map(|(count, timeout)| Kind::Send(count, timeout)),
            3 => (1..40_usize).prop_map(Kind::Bare),
            1 => Just(Kind::Shutdown),
        ].prop_map(Step::Push),
        3 => Just(Step::Admit),
        2 => Just(Step::Receive),
        4 => (0..60_usize).prop_map(Step::Transmit),
        1 => (0..60_u64).prop_map(Step::Cancel),
        1 => (0..20_u64).prop_map(Step::Wait),
    ]
}

proptest! {
    #[test]
    fn the_lanes_are_a_list_in_order(steps in proptest::collection::vec(any_step(), 0..120)) {
        let mut now = Instant::now();
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Push(kind) => model.push(kind, now),
                Step::Admit => model.admit(),
                Step::Receive => model.receive(),
                Step::Transmit(count) => model.transmit(count),
                Step::Cancel(id) => model.cancel(CallId(id)),
                Step::Wait(millis) => {
                    now += Duration::from_millis(millis);
                    model.expire(now);
                }
            }
            prop_assert!(model.sent == model.expected, "bytes in order, each once");
            let held: usize = model.waiting.iter().map(|known| known.bytes.len()).sum();
            prop_assert!(model.lanes.held_bytes >= held, "the window counts what waits");
            let writes = model.waiting.iter().any(|known| !matches!(known.kind, Kind::Setup | Kind::Recv(_)));
            prop_assert_eq!(model.lanes.all_sent(), !writes);
        }
        while let Some(dropped) = model.lanes.drop_any() {
            prop_assert!(dropped.frames >= 1);
        }
        prop_assert_eq!((model.lanes.held_bytes, model.lanes.next_deadline()), (0, None));
    }
}
