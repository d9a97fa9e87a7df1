//! Carries out the calls that change nothing: they look at the socket, at what the system knows of it, or at the resolver. `setsockopt` is among them, as
//! `getsockopt` is.

use std::{io, time::Instant};

use futures::FutureExt as _;
use protocol::{CallId, Failure, Name, OptionValue, Return};

use super::{
    Task,
    calls::open,
    sides::{self, Kind},
};
use crate::{errno, info, lanes::Prompt};

impl<S> Task<S> {
    /// Carries out a call that looks at the socket, or at the resolver. `None` where it goes on as a side call.
    pub(super) fn look(&mut self, id: Option<CallId>, deadline: Option<Instant>, work: Prompt) -> Result<Option<Return>, Failure> {
        let call = work.name();
        let failed = |error: &io::Error| errno::failure(call, error);
        let about = |option: protocol::SocketOption| move |error: io::Error| errno::failure_at(call, option, &error);
        match work {
            Prompt::Getsockname => {
                let local = open(&mut self.descriptor, call)?.local_addr().map_err(|error| failed(&error))?;
                Ok(Some(Return::Getsockname { local }))
            }
            Prompt::Getpeername => {
                let descriptor = open(&mut self.descriptor, call)?;
                let peer = descriptor.peer_addr().map_err(|error| failed(&error))?;
                // It may be the end of a `connect` that nobody waited for.
                if let (None, Ok(local)) = (&self.connection, descriptor.local_addr()) {
                    self.connection = Some(self.relay.connections.add(local, peer));
                }
                Ok(Some(Return::Getpeername { peer }))
            }
            Prompt::Setsockopt { option, value } => {
                let value = open(&mut self.descriptor, call)?.set_option(option, &value).map_err(about(option))?;
                Ok(Some(Return::Setsockopt { value }))
            }
            Prompt::Getsockopt(option) => {
                let descriptor = open(&mut self.descriptor, call)?;
                // Where a part was sent before it, the error was taken from the kernel, and to everybody else it still stands there.
                let deferred = if option == protocol::SocketOption::SO_ERROR { self.deferred.take() } else { None };
                let value = match deferred {
                    Some(error) => OptionValue::Text(errno::name(&error).to_string()),
                    None => descriptor.option(option).map_err(about(option))?,
                };
                Ok(Some(Return::Getsockopt { value }))
            }
            Prompt::Poll(events) => {
                let found = open(&mut self.descriptor, call)?.poll_events(&events).map_err(|error| failed(&error))?;
                if !found.is_empty() {
                    return Ok(Some(Return::Poll { events: found }));
                }
                self.start_side(id, deadline, Kind::Poll(events)).map(|()| None)
            }
            Prompt::Resolve { host, family } => {
                let (resolver, name) = (self.resolver.clone(), host.clone());
                let addresses = async move {
                    let found = resolver.resolve_all("resolve", &name, family).await?;
                    Ok(found.into_iter().map(|address| address.ip()).collect())
                };
                self.start_side(id, deadline, Kind::Resolve { host, addresses: addresses.boxed() }).map(|()| None)
            }
            Prompt::Info { interval_ms: Some(interval_ms) } => {
                open(&mut self.descriptor, call)?;
                let every = sides::interval(interval_ms);
                self.start_side(id, None, Kind::Sample { every, next: Instant::now() }).map(|()| None)
            }
            Prompt::Info { interval_ms: None } => {
                let info = open(&mut self.descriptor, call)?.info().map_err(|error| failed(&error))?;
                Ok(Some(Return::Info { info: Box::new(info) }))
            }
            Prompt::InfoOf { local, peer } => {
                let address = format_args!("{local} → {peer}").to_string();
                let failed = |error| errno::failure_at(call, &address, &error);
                let is_known = self.relay.connections.know(local, peer);
                let found = if is_known { info::of_connection(local, peer).map_err(failed)? } else { None };
                let text = "no socket of this relay had this connection, or the system's table has it no more";
                let gone = || Failure::new(Name::ENOTCONN, call, text).at(&address);
                Ok(Some(Return::Info { info: Box::new(found.ok_or_else(gone)?) }))
            }
            // The others were carried out by `prompt`.
            _ => Err(Failure::new(Name::ENOSYS, call, "this call looks at nothing")),
        }
    }
}
