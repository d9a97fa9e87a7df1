//! The calls that wait beside the lanes: they look at the socket, or at the resolver, and change nothing.

use std::{
    io,
    net::IpAddr,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures::{FutureExt as _, future::BoxFuture};
use protocol::{CallId, Event, Failure, Name, PollEvent, Return, limits};

use super::{Task, calls::no_socket};
use crate::{errno, kernel::Descriptor, watch::Directions};

/// How many of them one socket may have at a time.
const MAX_SIDES: usize = 16;

/// A call beside the lanes.
pub(super) struct Side {
    id: Option<CallId>,
    deadline: Option<Instant>,
    kind: Kind,
}

pub(super) enum Kind {
    Resolve { host: String, addresses: BoxFuture<'static, Result<Vec<IpAddr>, Failure>> },
    Poll(Vec<PollEvent>),
    Sample { every: Duration, next: Instant },
}

impl Side {
    /// Whether it is the call `id`.
    pub(super) fn is(&self, id: CallId) -> bool {
        self.id == Some(id)
    }

    fn call(&self) -> &'static str {
        match self.kind {
            Kind::Resolve { .. } => "resolve",
            Kind::Poll(_) => "poll",
            Kind::Sample { .. } => "info",
        }
    }

    /// Its failure that no system has told of.
    fn failure(&self, name: Name, text: &str) -> Failure {
        let failure = Failure::new(name, self.call(), text);
        if let Kind::Resolve { host, .. } = &self.kind { failure.at(host) } else { failure }
    }

    fn next_deadline(&self) -> Option<Instant> {
        match self.kind {
            Kind::Sample { next, .. } => Some(next),
            _ => self.deadline,
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Result<Return, Failure>> {
        match &mut self.kind {
            Kind::Resolve { addresses, .. } => addresses.poll_unpin(context).map_ok(|addresses| Return::Resolve { addresses }),
            // All of them wait on one thing, see `poll_polls`.
            Kind::Poll(_) | Kind::Sample { .. } => Poll::Pending,
        }
    }
}

impl<S> Task<S> {
    /// Starts a call beside the lanes.
    pub(super) fn start_side(&mut self, id: Option<CallId>, deadline: Option<Instant>, kind: Kind) -> Result<(), Failure> {
        let side = Side { id, deadline, kind };
        if self.sides.len() >= MAX_SIDES {
            return Err(Failure::new(Name::ENOBUFS, side.call(), format!("{MAX_SIDES} calls of this kind wait on this socket already")));
        }
        self.sides.push(side);
        Ok(())
    }

    /// The first side call that has something to say, with its place.
    pub(super) fn poll_sides(&mut self, context: &mut Context<'_>) -> Poll<(usize, Result<Return, Failure>)> {
        for (index, side) in self.sides.iter_mut().enumerate() {
            if let Poll::Ready(result) = side.poll(context) {
                return Poll::Ready((index, result));
            }
        }
        self.poll_polls(context)
    }

    /// The `poll`s that wait, with their places.
    fn polls(&self) -> impl Iterator<Item = (usize, &[PollEvent])> {
        self.sides.iter().enumerate().filter_map(|(index, side)| match &side.kind {
            Kind::Poll(wanted) => Some((index, wanted.as_slice())),
            _ => None,
        })
    }

    /// The first `poll` that has found something. Each has been asked once when it came; they are asked again when something changes.
    fn poll_polls(&mut self, context: &mut Context<'_>) -> Poll<(usize, Result<Return, Failure>)> {
        let Some((first, _)) = self.polls().next() else { return Poll::Pending };
        let failed = |error: io::Error| errno::failure("poll", &error);
        let directions = self.polls().fold(Directions::default(), |directions, (_, wanted)| directions.and(wanted));
        loop {
            let Some(descriptor) = &self.descriptor else { return Poll::Ready((first, Err(no_socket("poll")))) };
            let watch = match &mut self.watch {
                Some(watch) => watch,
                none => match descriptor.watch() {
                    Ok(watch) => none.insert(watch),
                    Err(error) => return Poll::Ready((first, Err(failed(error)))),
                },
            };
            if let Err(error) = ready!(watch.poll_change(directions, context)) {
                return Poll::Ready((first, Err(failed(error))));
            }
            for (index, wanted) in self.polls() {
                match descriptor.poll_events(wanted) {
                    Ok(none) if none.is_empty() => {}
                    found => return Poll::Ready((index, found.map(|events| Return::Poll { events }).map_err(failed))),
                }
            }
            self.watch.take_if(|watch| !watch.asked());
        }
    }

    /// Answers the side call at `index`.
    pub(super) fn end_side(&mut self, index: usize, result: Result<Return, Failure>) {
        let side = self.sides.remove(index);
        if self.polls().next().is_none() {
            self.watch = None;
        }
        self.outbox.answer(side.id, result);
    }

    /// When the first of them has something to do.
    pub(super) fn next_side_deadline(&self) -> Option<Instant> {
        self.sides.iter().filter_map(Side::next_deadline).min()
    }

    /// Fails those whose time is up, and tells what the kernel knows where that is due and the page has taken what was told before.
    pub(super) fn expire_sides(&mut self, now: Instant) {
        while let Some(index) = self.sides.iter().position(|side| side.deadline.is_some_and(|deadline| deadline <= now)) {
            self.fail_side(index, Name::ETIMEDOUT, "nothing happened within the call's timeout");
        }
        for side in &mut self.sides {
            if let Side { id: Some(id), kind: Kind::Sample { every, next }, .. } = side
                && *next <= now
            {
                *next = now + *every;
                if let (true, Some(Ok(info))) = (self.outbox.is_empty(), self.descriptor.as_ref().map(Descriptor::info)) {
                    self.outbox.event(Event::Info { id: *id, info: Box::new(info) });
                }
            }
        }
    }

    /// Fails the side call `target`, if there is one.
    pub(super) fn cancel_side(&mut self, target: CallId) -> bool {
        let Some(index) = self.sides.iter().position(|side| side.id == Some(target)) else { return false };
        self.fail_side(index, Name::ECANCELED, "cancelled");
        true
    }

    /// Fails those that are about the socket, which is gone.
    pub(super) fn fail_sides_of_socket(&mut self) {
        while let Some(index) = self.sides.iter().position(|side| !matches!(side.kind, Kind::Resolve { .. })) {
            self.fail_side(index, Name::EBADF, "the socket was closed");
        }
    }

    /// Fails all of them.
    pub(super) fn fail_sides(&mut self) {
        while !self.sides.is_empty() {
            self.fail_side(0, Name::EBADF, "the socket was closed");
        }
    }

    fn fail_side(&mut self, index: usize, name: Name, text: &str) {
        let failure = self.sides[index].failure(name, text);
        self.end_side(index, Err(failure));
    }
}

/// The interval that `interval_ms` stands for.
pub(super) fn interval(interval_ms: u64) -> Duration {
    Duration::from_millis(interval_ms.clamp(limits::MIN_INFO_INTERVAL_MS, limits::MAX_TIMEOUT_MS))
}
