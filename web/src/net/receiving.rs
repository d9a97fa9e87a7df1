//! The `recv`s of one socket: which wait, what they brought, and who gets it. No I/O.
//!
//! What comes in belongs to the stream and not to the call that brought it: it goes into the inbox, and whoever waits longest takes it out. So a `recv` that is given up
//! while its bytes are on their way loses none, and the next one gets them first. Only what a `recv` that peeks brings is that call's own: the stream still has it.

use std::collections::{BTreeMap, VecDeque};
use std::task::{Context, Poll, Waker};

use protocol::{CallId, Failure, Name};

use super::inbox::{Inbox, Item};

/// How one `recv` was answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Item(Item),
    Failure(Failure),
}

/// What somebody who waits gets.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// This, from the stream. `cancel`: the call that was made for it waits on and must be cancelled.
    Item { item: Item, cancel: bool },
    /// The call itself failed.
    Failure(Failure),
}

#[derive(Debug, Default)]
pub(super) struct Receiving {
    inbox: Inbox,
    /// Every call that is not answered.
    calls: BTreeMap<CallId, Terms>,
    /// Those that nobody made by hand.
    ahead: Vec<CallId>,
    /// Who waits, longest first.
    waiters: VecDeque<Waiter>,
    readers: Vec<Waker>,
}

/// What a `recv` was called with, as far as it matters to whom its answer belongs.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Terms {
    pub(super) has_timeout: bool,
    pub(super) peeks: bool,
}

#[derive(Debug)]
struct Waiter {
    id: CallId,
    peeks: bool,
    /// What is this call's alone.
    own: Option<Taken>,
    waker: Option<Waker>,
}

impl Receiving {
    /// Takes at once what is there, or looks at it, if nobody waits for it.
    pub(super) fn take(&mut self, max: u64, peeks: bool) -> Option<Item> {
        if self.waiters.is_empty() { self.take_or_peek(max, peeks) } else { None }
    }

    fn take_or_peek(&mut self, max: u64, peeks: bool) -> Option<Item> {
        if peeks { self.inbox.peek(max) } else { self.inbox.take(max) }
    }

    /// Whether there is something to take at once.
    pub(super) fn has_something(&self) -> bool {
        self.waiters.is_empty() && !self.inbox.is_empty()
    }

    /// Somebody waits, by the call `id`.
    pub(super) fn wait(&mut self, id: CallId, terms: Terms) {
        self.calls.insert(id, terms);
        self.waiters.push_back(Waiter { id, peeks: terms.peeks, own: None, waker: None });
    }

    /// The call `id` was made ahead of whoever reads.
    pub(super) fn wait_ahead(&mut self, id: CallId) {
        self.calls.insert(id, Terms::default());
        self.ahead.push(id);
    }

    /// How many more calls may be made ahead.
    pub(super) fn room_ahead(&self) -> usize {
        self.inbox.room_ahead(self.ahead.len())
    }

    /// Whether `id` is a `recv` that is not answered.
    pub(super) fn is_waiting(&self, id: CallId) -> bool {
        self.calls.contains_key(&id)
    }

    /// Takes in the answer to the call `id`. Returns whom to wake.
    pub(super) fn answer(&mut self, id: CallId, answer: Answer) -> Vec<Waker> {
        let Terms { has_timeout, peeks } = self.calls.remove(&id).unwrap_or_default();
        let is_ahead = self.ahead.contains(&id);
        self.ahead.retain(|ahead| *ahead != id);
        let own = match answer {
            Answer::Item(item) if peeks => Taken::Item { item, cancel: false },
            Answer::Item(item) => return self.keep(item),
            Answer::Failure(failure) if is_ahead || !concerns_call_alone(&failure, has_timeout) => {
                return self.keep(Item::Failure(failure));
            }
            Answer::Failure(failure) => Taken::Failure(failure),
        };
        let Some(waiter) = self.waiters.iter_mut().find(|waiter| waiter.id == id) else { return vec![] };
        waiter.own = Some(own);
        waiter.waker.take().into_iter().collect()
    }

    /// Keeps what belongs to the stream. Returns whom to wake.
    fn keep(&mut self, item: Item) -> Vec<Waker> {
        self.inbox.push(item);
        self.next_wakers()
    }

    /// What the one who waits by the call `id` gets. Pending while there is nothing, or while somebody waits longer.
    pub(super) fn poll_take(&mut self, id: CallId, max: u64, context: &Context<'_>) -> Poll<Option<Taken>> {
        let Some(position) = self.waiters.iter().position(|waiter| waiter.id == id) else { return Poll::Ready(None) };
        let is_first = self.waiters.iter().take(position).all(|waiter| waiter.own.is_some());
        let waiter = self.waiters.get_mut(position).map(|waiter| (waiter.peeks, waiter.own.take()));
        if let Some((_, Some(own))) = waiter {
            self.waiters.remove(position);
            return Poll::Ready(Some(own));
        }
        let peeks = waiter.is_some_and(|(peeks, _)| peeks);
        if is_first && let Some(item) = self.take_or_peek(max, peeks) {
            self.waiters.remove(position);
            return Poll::Ready(Some(Taken::Item { item, cancel: self.is_waiting(id) }));
        }
        if let Some(waiter) = self.waiters.get_mut(position) {
            waiter.waker = Some(context.waker().clone());
        }
        Poll::Pending
    }

    /// Nobody waits by the call `id` any more. Returns whether it must be cancelled.
    pub(super) fn leave(&mut self, id: CallId) -> bool {
        let before = self.waiters.len();
        self.waiters.retain(|waiter| waiter.id != id);
        self.waiters.len() < before && self.is_waiting(id)
    }

    /// Copies into `buffer`, as [`Inbox::read`] does, when nobody waits by hand. `None` while there is nothing.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Option<Result<usize, Failure>> {
        if self.waiters.is_empty() { self.inbox.read(buffer) } else { None }
    }

    /// Wakes a reader when there is something to read.
    pub(super) fn wake_reader_later(&mut self, context: &Context<'_>) {
        if !self.readers.iter().any(|waker| waker.will_wake(context.waker())) {
            self.readers.push(context.waker().clone());
        }
    }

    /// Whom to wake because something may be taken.
    pub(super) fn next_wakers(&mut self) -> Vec<Waker> {
        match self.waiters.iter_mut().find(|waiter| waiter.own.is_none()) {
            Some(_) if self.inbox.is_empty() => vec![],
            Some(first) => first.waker.take().into_iter().collect(),
            None => std::mem::take(&mut self.readers),
        }
    }

    /// The socket is over: no call is answered any more. What was received stays, unless the socket was closed. Returns whom to wake.
    pub(super) fn end(&mut self, is_closed: bool) -> Vec<Waker> {
        self.calls.clear();
        self.ahead.clear();
        if is_closed {
            self.inbox.clear();
        }
        let waiters = self.waiters.iter_mut().filter_map(|waiter| waiter.waker.take());
        waiters.chain(std::mem::take(&mut self.readers)).collect()
    }
}

/// Whether a failure tells something of the call only, so that the next one need not hear of it. The kernel reports the others once.
fn concerns_call_alone(failure: &Failure, has_timeout: bool) -> bool {
    match failure.name {
        Name::ECANCELED | Name::EBADF | Name::EAGAIN | Name::EINVAL | Name::ENOBUFS | Name::ENOSYS | Name::ENOTCONN | Name::EINTR => true,
        Name::ETIMEDOUT => has_timeout,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: CallId = CallId(1);
    const TWO: CallId = CallId(2);

    fn bytes(text: &str) -> Item {
        Item::Bytes(text.as_bytes().to_vec())
    }

    fn taken(text: &str, cancel: bool) -> Poll<Option<Taken>> {
        Poll::Ready(Some(Taken::Item { item: bytes(text), cancel }))
    }

    fn poll(receiving: &mut Receiving, id: CallId) -> Poll<Option<Taken>> {
        receiving.poll_take(id, 10, &Context::from_waker(Waker::noop()))
    }

    fn failure(name: Name) -> Answer {
        Answer::Failure(Failure::new(name, "recv", "it failed"))
    }

    #[test]
    fn who_waits_longest_takes_first_whoever_asks_first() {
        let mut receiving = Receiving::default();
        receiving.wait(ONE, Terms::default());
        receiving.wait(TWO, Terms::default());
        receiving.answer(ONE, Answer::Item(bytes("a")));
        receiving.answer(TWO, Answer::Item(bytes("b")));
        assert_eq!(poll(&mut receiving, TWO), Poll::Pending);
        assert_eq!(poll(&mut receiving, ONE), taken("a", false));
        assert_eq!(poll(&mut receiving, TWO), taken("b", false));
    }

    #[test]
    fn what_a_call_brings_that_was_given_up_goes_to_the_next_and_in_order() {
        let mut receiving = Receiving::default();
        receiving.wait(ONE, Terms::default());
        assert!(receiving.leave(ONE), "it waits and must be cancelled");
        receiving.wait(TWO, Terms::default());
        receiving.answer(ONE, Answer::Item(bytes("early")));
        assert_eq!(poll(&mut receiving, TWO), taken("early", true));
        receiving.answer(TWO, Answer::Item(bytes("late")));
        assert_eq!(receiving.take(10, false), Some(bytes("late")));
    }

    #[test]
    fn bytes_that_came_before_somebody_gave_up_stay() {
        let mut receiving = Receiving::default();
        receiving.wait(ONE, Terms::default());
        receiving.answer(ONE, Answer::Item(bytes("a")));
        assert!(!receiving.leave(ONE), "there is nothing to cancel");
        assert_eq!(receiving.take(10, false), Some(bytes("a")));
    }

    #[test]
    fn failures_of_a_call_are_its_own_and_those_of_the_connection_are_everyones() {
        let mut receiving = Receiving::default();
        for (name, has_timeout, is_kept) in [
            (Name::ECANCELED, false, false),
            (Name::ETIMEDOUT, true, false),
            (Name::ETIMEDOUT, false, true),
            (Name::ECONNRESET, false, true),
        ] {
            receiving.wait(ONE, Terms { has_timeout, peeks: false });
            receiving.leave(ONE);
            receiving.answer(ONE, failure(name));
            assert_eq!(receiving.take(1, false).is_some(), is_kept, "{name}");
        }
        receiving.wait(TWO, Terms::default());
        receiving.answer(TWO, failure(Name::ENOTCONN));
        assert!(matches!(poll(&mut receiving, TWO), Poll::Ready(Some(Taken::Failure(_)))));
    }

    #[test]
    fn a_reader_leaves_the_bytes_to_those_who_wait_by_hand() {
        let mut receiving = Receiving::default();
        receiving.wait_ahead(ONE);
        receiving.wait(TWO, Terms::default());
        receiving.answer(ONE, Answer::Item(bytes("abc")));
        assert_eq!(receiving.read(&mut [0; 9]), None);
        assert_eq!(poll(&mut receiving, TWO), taken("abc", true));
        receiving.answer(TWO, failure(Name::ECANCELED));
        assert_eq!(receiving.read(&mut [0; 9]), None, "a cancellation is nothing to read");
        assert!(receiving.room_ahead() > 0);
    }

    #[test]
    fn what_was_peeked_at_is_that_calls_alone_and_still_in_the_stream() {
        let mut receiving = Receiving::default();
        let peeking = Terms { peeks: true, ..Terms::default() };
        receiving.wait(ONE, peeking);
        receiving.wait(TWO, Terms::default());
        receiving.answer(ONE, Answer::Item(bytes("abc")));
        receiving.answer(TWO, Answer::Item(bytes("abc")));
        assert_eq!(poll(&mut receiving, TWO), taken("abc", false));
        assert_eq!(poll(&mut receiving, ONE), taken("abc", false));
        receiving.wait(ONE, peeking);
        assert!(receiving.leave(ONE));
        receiving.answer(ONE, Answer::Item(bytes("x")));
        assert_eq!(receiving.take(10, false), None, "nobody took it, so it comes again");
    }

    #[test]
    fn who_peeks_sees_what_was_received_ahead() {
        let mut receiving = Receiving::default();
        receiving.wait_ahead(ONE);
        receiving.wait(TWO, Terms { peeks: true, ..Terms::default() });
        receiving.answer(ONE, Answer::Item(bytes("ahead")));
        assert_eq!(poll(&mut receiving, TWO), taken("ahead", true));
        assert_eq!(receiving.take(10, true), Some(bytes("ahead")));
        assert!(receiving.has_something());
        assert_eq!(receiving.take(10, false), Some(bytes("ahead")));
        assert!(!receiving.has_something());
    }

    #[test]
    fn a_reader_is_woken_once_by_bytes_and_by_the_end() {
        for is_end in [false, true] {
            let mut receiving = Receiving::default();
            let context = Context::from_waker(Waker::noop());
            receiving.wait_ahead(ONE);
            receiving.wake_reader_later(&context);
            receiving.wake_reader_later(&context);
            let woken = if is_end { receiving.end(false) } else { receiving.answer(ONE, Answer::Item(bytes("a"))) };
            assert_eq!(woken.len(), 1);
        }
    }

    #[test]
    fn what_was_received_outlives_the_relay_but_not_a_close() {
        for is_closed in [false, true] {
            let mut receiving = Receiving::default();
            receiving.wait_ahead(ONE);
            receiving.answer(ONE, Answer::Item(bytes("abc")));
            receiving.end(is_closed);
            assert_eq!(receiving.take(9, false).is_none(), is_closed);
        }
    }
}
