//! Carries out the calls that set the socket up, and ends calls: what each does to the descriptor, and what it answers.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use futures::{FutureExt as _, future::BoxFuture};
use protocol::{CallId, Failure, Family, Name, Return};
use tokio::{
    io::Interest,
    net::TcpStream,
    time::{self, Sleep},
};

use super::{End, Task};
use crate::{
    errno, info,
    kernel::Descriptor,
    lanes::{Dropped, Prompt, Waiting},
    limits::Place,
    resolve::Resolver,
};

/// A call that changes what the socket is and takes its time. While there is one the gate of the lanes is shut.
pub(super) struct Setup {
    pub(super) id: Option<CallId>,
    pub(super) deadline: Option<Instant>,
    stage: Stage,
}

/// After how long a `connect` is asked again about its end whose descriptor seemed ready and was not.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// How many ports more the system is asked for, where it chose one that a rule forbids.
const MAX_OTHER_PORTS: usize = 8;

enum Stage {
    Resolving { host: String, then: Then, address: BoxFuture<'static, Result<SocketAddr, Failure>> },
    Connecting { host: String, address: SocketAddr, pause: Option<Pin<Box<Sleep>>> },
    Accepting { connection: BoxFuture<'static, io::Result<Accepted>> },
}

/// What `accept` took, and the place that it took for it.
type Accepted = (TcpStream, SocketAddr, Place);

#[derive(Clone, Copy)]
pub(super) enum Then {
    Bind,
    Connect,
}

/// Where a call under way got to.
pub(super) enum Progress {
    Resolved(String, Then, Result<SocketAddr, Failure>),
    Connected(String, SocketAddr),
    Accepted(io::Result<Accepted>),
}

impl Setup {
    /// The call's name.
    pub(super) fn call(&self) -> &'static str {
        match self.stage {
            Stage::Resolving { then: Then::Bind, .. } => "bind",
            Stage::Resolving { then: Then::Connect, .. } | Stage::Connecting { .. } => "connect",
            Stage::Accepting { .. } => "accept",
        }
    }

    /// What the call is about, as far as it is known.
    pub(super) fn address(&self) -> Option<String> {
        match &self.stage {
            Stage::Resolving { host, .. } => Some(host.clone()),
            Stage::Connecting { address, .. } => Some(address.to_string()),
            Stage::Accepting { .. } => None,
        }
    }

    pub(super) fn poll(&mut self, descriptor: Option<&Descriptor>, context: &mut Context<'_>) -> Poll<Progress> {
        match &mut self.stage {
            Stage::Resolving { host, then, address } => {
                address.poll_unpin(context).map(|address| Progress::Resolved(host.clone(), *then, address))
            }
            Stage::Accepting { connection } => connection.poll_unpin(context).map(Progress::Accepted),
            Stage::Connecting { host, address, pause } => {
                if let Some(waiting) = pause {
                    ready!(waiting.as_mut().poll(context));
                    *pause = None;
                }
                if let Some(descriptor) = descriptor {
                    // An error of the registration is met again, and told, when the result is asked for.
                    ready!(descriptor.poll_writable(context)).ok();
                }
                Poll::Ready(Progress::Connected(host.clone(), *address))
            }
        }
    }
}

impl<S> Task<S> {
    /// Lets calls through the gate and carries out at once what can be, until a call that takes its time shuts the gate.
    pub(super) fn admit(&mut self) {
        while self.setup.is_none() {
            let Some(Waiting { id, deadline, work }) = self.lanes.admit() else { break };
            match self.prompt(id, deadline, work) {
                Ok(Some(value)) => self.outbox.answer(id, Ok(value)),
                Ok(None) => {}
                Err(failure) => self.outbox.answer(id, Err(failure)),
            }
        }
    }

    /// Carries out a call that is through the gate. `None` where it goes on as [`Setup`].
    fn prompt(&mut self, id: Option<CallId>, deadline: Option<Instant>, work: Prompt) -> Result<Option<Return>, Failure> {
        let call = work.name();
        let failed = |error: &io::Error| errno::failure(call, error);
        let mut setup = |stage| self.setup = Some(Setup { id, deadline, stage });
        match work {
            Prompt::Socket(_) | Prompt::Accept(_) if self.descriptor.is_some() => {
                Err(Failure::new(Name::EINVAL, call, "this WebSocket has its socket already; each needs one of its own"))
            }
            Prompt::Socket(family) => {
                let place = self.held.place(call)?;
                self.descriptor = Some(Descriptor::new(family).map_err(|error| failed(&error))?);
                self.held.settle(place);
                Ok(Some(Return::Socket))
            }
            Prompt::Accept(listener) => {
                // Before a connection is taken: as with accept(2), one for which there is no room stays in the queue.
                let place = self.held.place(call)?;
                let accepted = self.relay.listeners.clone().accept(listener);
                let connection = async move { accepted.await.map(|(stream, peer)| (stream, peer, place)) };
                setup(Stage::Accepting { connection: connection.boxed() });
                Ok(None)
            }
            Prompt::Bind { address, port } => {
                let family = open(&mut self.descriptor, call)?.family();
                let lookup = resolve(self.resolver.clone(), call, address.clone(), check_port(call, &address, port)?, family);
                setup(Stage::Resolving { host: address, then: Then::Bind, address: lookup });
                Ok(None)
            }
            Prompt::Connect { host, port } => {
                let family = open(&mut self.descriptor, call)?.family();
                let lookup = resolve(self.resolver.clone(), call, host.clone(), check_port(call, &host, port)?, family);
                setup(Stage::Resolving { host, then: Then::Connect, address: lookup });
                Ok(None)
            }
            Prompt::Listen { backlog } => {
                let descriptor = open(&mut self.descriptor, call)?;
                let address = descriptor.local_addr().ok();
                let unbound = address.filter(|address| address.port() == 0);
                if let Some(unbound) = unbound {
                    self.relay.policy.check_bind(call, "", unbound, &*self.relay)?;
                }
                let place = self.held.listener()?;
                let (listener, local, backlog) = descriptor.listen(backlog, &self.relay.listeners).map_err(|error| match address {
                    Some(address) => with_holder(errno::failure_at(call, address, &error), address),
                    None => failed(&error),
                })?;
                // Linux binds an unbound socket that listens to a port of its own choice, on all addresses. One whose `connect` failed is unbound too, although it shows an address.
                if self.bound != Some(local)
                    && let Err(failure) = self.check_place(call, "", local)
                {
                    self.lose_socket();
                    return Err(failure);
                }
                self.held.listens(place);
                Ok(Some(Return::Listen { listener, local, backlog }))
            }
            other => self.look(id, deadline, other),
        }
    }

    /// Goes on with the call under way; answers it where it ended.
    pub(super) fn go_on(&mut self, progress: Progress) {
        let Some(setup) = self.setup.take() else { return };
        match self.next_stage(&setup, progress) {
            Ok(Ok(value)) => self.outbox.answer(setup.id, Ok(value)),
            Ok(Err(stage)) => self.setup = Some(Setup { stage, ..setup }),
            Err(failure) => self.outbox.answer(setup.id, Err(failure)),
        }
    }

    /// The return of the call, or its next stage.
    fn next_stage(&mut self, setup: &Setup, progress: Progress) -> Result<Result<Return, Stage>, Failure> {
        let call = setup.call();
        match progress {
            Progress::Resolved(host, Then::Bind, address) => {
                let address = address?;
                self.relay.policy.check_bind(call, &host, address, &*self.relay)?;
                let local = self.bind(call, &host, address)?;
                self.bound = Some(local);
                Ok(Ok(Return::Bind { local }))
            }
            Progress::Resolved(host, Then::Connect, address) => {
                let address = address?;
                self.relay.policy.check_connect(&host, address, &*self.relay)?;
                let started = open(&mut self.descriptor, call)?.connect(address);
                match started.map_err(|error| errno::failure_at(call, address, &error))? {
                    true => self.connected(&host, address).map(Ok),
                    false => Ok(Err(Stage::Connecting { host, address, pause: None })),
                }
            }
            Progress::Connected(host, address) => {
                let descriptor = open(&mut self.descriptor, call)?;
                match descriptor.when(Interest::WRITABLE, |descriptor| descriptor.connect_result(address)) {
                    Ok(()) => self.connected(&host, address).map(Ok),
                    // The runtime takes a hang-up for final, which on a socket that was shut down before it connects is not: then it would ask for ever.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                        Ok(Err(Stage::Connecting { host, address, pause: Some(Box::pin(time::sleep(ASK_AGAIN))) }))
                    }
                    Err(error) => Err(errno::failure_at(call, address, &error)),
                }
            }
            Progress::Accepted(accepted) => {
                let failed = |error: io::Error| errno::failure(call, &error);
                let (stream, peer, place) = accepted.map_err(failed)?;
                let descriptor = Descriptor::accepted(stream).map_err(failed)?;
                let local = descriptor.local_addr().map_err(failed)?;
                self.descriptor = Some(descriptor);
                self.held.settle(place);
                self.connection = Some(self.relay.connections.add(local, peer));
                Ok(Ok(Return::Accept { local, peer }))
            }
        }
    }

    /// `bind(2)`. Where the system chose a port that a rule forbids it is asked for another one, a few times.
    fn bind(&mut self, call: &str, host: &str, address: SocketAddr) -> Result<SocketAddr, Failure> {
        // Open meanwhile, so that none of their ports is chosen again.
        let mut forbidden = Vec::new();
        loop {
            let bound = open(&mut self.descriptor, call)?.bind(address);
            let local = bound.map_err(|error| with_holder(errno::failure_at(call, address, &error), address))?;
            let Err(failure) = self.check_place(call, host, local) else { return Ok(local) };
            let may_go_on = address.port() == 0 && forbidden.len() < MAX_OTHER_PORTS;
            let another = self.descriptor.as_ref().filter(|_| may_go_on).and_then(|descriptor| descriptor.another().ok().flatten());
            let Some(another) = another else {
                self.lose_socket();
                return Err(failure);
            };
            forbidden.extend(self.descriptor.replace(another));
            self.watch = None;
        }
    }

    /// Checks where a socket is, which the system chose in part.
    fn check_place(&self, call: &str, host: &str, local: SocketAddr) -> Result<(), Failure> {
        let check = |address| self.relay.policy.check_bind(call, host, address, &*self.relay);
        let in_v4 = self.descriptor.as_ref().and_then(|descriptor| descriptor.also_at(local));
        check(local).and_then(|()| in_v4.map_or(Ok(()), check))
    }

    /// Closes the socket, which a rule takes away. Another one may be made.
    fn lose_socket(&mut self) {
        self.descriptor = None;
        (self.bound, self.connection, self.deferred, self.half_closed) = (None, None, None, false);
        self.fail_sides_of_socket();
        self.held.lose();
        self.outbox.account().ended();
    }

    /// The return of `connect`, after the address was checked again: the one that was asked for is not always the one that was reached.
    fn connected(&mut self, host: &str, asked: SocketAddr) -> Result<Return, Failure> {
        let descriptor = open(&mut self.descriptor, "connect")?;
        let failed = |error: io::Error| errno::failure_at("connect", asked, &error);
        let (local, peer) = (descriptor.local_addr().map_err(failed)?, descriptor.peer_addr().map_err(failed)?);
        if let Err(failure) = self.relay.policy.check_connect(host, peer, &*self.relay) {
            self.lose_socket();
            return Err(failure);
        }
        self.connection = Some(self.relay.connections.add(local, peer));
        Ok(Return::Connect { local, peer })
    }

    /// Closes at once, with RST.
    pub(super) fn abort(&mut self, id: CallId) -> End {
        let result = match self.descriptor.take() {
            None => Err(no_socket("abort")),
            Some(descriptor) => descriptor.set_abort().map(|()| Return::Abort).map_err(|error| errno::failure("abort", &error)),
        };
        self.setup_failed(Name::EBADF, "the socket was aborted");
        self.fail_all_waiting();
        self.outbox.answer(Some(id), result);
        End::Closed
    }

    /// Ends the call `target` where it waits.
    pub(super) fn cancel(&mut self, id: CallId, target: CallId) {
        let cancelled = if self.setup.as_ref().is_some_and(|setup| setup.id == Some(target)) {
            self.setup_failed(Name::ECANCELED, "cancelled");
            true
        } else if let Some(dropped) = self.lanes.cancel(target) {
            self.answer_dropped(dropped, Name::ECANCELED, "cancelled");
            true
        } else {
            self.cancel_side(target)
        };
        self.outbox.answer(Some(id), Ok(Return::Cancel { cancelled }));
    }

    /// Fails every call whose time is up.
    pub(super) fn expire(&mut self, now: Instant) {
        if self.setup.as_ref().and_then(|setup| setup.deadline).is_some_and(|deadline| deadline <= now) {
            self.setup_failed(Name::ETIMEDOUT, "no answer within the call's timeout");
        }
        while let Some(dropped) = self.lanes.expire(now) {
            self.answer_dropped(dropped, Name::ETIMEDOUT, "nothing happened within the call's timeout");
        }
        self.expire_sides(now);
    }

    fn setup_failed(&mut self, name: Name, text: &str) {
        if let Some(setup) = self.setup.take() {
            let failure = Failure::new(name, setup.call(), text);
            let failure = setup.address().into_iter().fold(failure, Failure::at);
            self.outbox.answer(setup.id, Err(failure));
        }
    }

    pub(super) fn fail_all_waiting(&mut self) {
        while let Some(dropped) = self.lanes.drop_any() {
            self.answer_dropped(dropped, Name::EBADF, "the socket was closed");
        }
        self.fail_sides();
    }

    /// A `send` that sent a part returns that part, and a `recv` that has a part brings it, as both do when a signal interrupts them.
    fn answer_dropped(&mut self, dropped: Dropped, name: Name, text: &str) {
        match dropped {
            Dropped { collected, .. } if !collected.is_empty() => self.outbox.bytes(collected),
            Dropped { id, call, sent: 0, frames, .. } => self.outbox.fail(id, frames, Failure::new(name, call, text)),
            Dropped { id, sent, .. } => self.outbox.answer(id, Ok(Return::Send { sent: sent as u64 })),
        }
    }
}

/// Adds who holds the port, where that is what is wrong.
fn with_holder(failure: Failure, address: SocketAddr) -> Failure {
    let holder = if failure.name == Name::EADDRINUSE { info::holder(address) } else { None };
    Failure { holder, ..failure }
}

pub(super) fn open<'a>(descriptor: &'a mut Option<Descriptor>, call: &str) -> Result<&'a mut Descriptor, Failure> {
    descriptor.as_mut().ok_or_else(|| no_socket(call))
}

pub(super) fn no_socket(call: &str) -> Failure {
    Failure::new(Name::EBADF, call, "this WebSocket has no socket yet: call socket or accept first")
}

fn check_port(call: &str, host: &str, port: u64) -> Result<u16, Failure> {
    u16::try_from(port).map_err(|_| {
        Failure::new(Name::EINVAL, call, format!("{port} is no port: ports go from 0 to 65535")).at(format_args!("{host}:{port}"))
    })
}

fn resolve(
    resolver: Resolver,
    call: &'static str,
    host: String,
    port: u16,
    family: Family,
) -> BoxFuture<'static, Result<SocketAddr, Failure>> {
    async move { resolver.resolve(call, &host, port, family).await }.boxed()
}
