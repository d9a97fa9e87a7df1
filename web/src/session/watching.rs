//! Asking the kernel about the sockets that somebody looks at, and about no others.
//!
//! Several times a second while something changes, less often while nothing does. After its end a connection is looked up in the system's table, where
//! FIN_WAIT and TIME_WAIT go on, until it has gone from there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use futures::future::{AbortHandle, Aborted, abortable};
use gloo_timers::future::sleep;
use leptos::task::spawn_local;
use protocol::{Info, TcpState};

use super::{Handles, Inner, Session};
use crate::net::{Samples, SocketId, Table};
use crate::trace::{Fact, State};

/// How often the kernel is asked while something changes.
const LIVELY: Duration = Duration::from_millis(200);

/// How often while nothing does.
const IDLE: Duration = Duration::from_millis(600);

/// How many samples that are the same make a socket idle.
const SAME_UNTIL_IDLE: u32 = 15;

/// How often the system's table is asked, which the kernel writes out whole for that.
const TABLE_PAUSE: Duration = Duration::from_secs(1);

/// Ends the asking about a socket when it is dropped.
struct Asking(AbortHandle);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The sockets that are watched.
#[derive(Default)]
pub(super) struct Watching(RefCell<BTreeMap<SocketId, Asking>>);

impl Session {
    /// Asks about `sockets` from now on, and about no others.
    pub(crate) fn watch_kernel(&self, sockets: &[SocketId]) {
        let mut watched = self.0.watching.0.borrow_mut();
        watched.retain(|id, _| sockets.contains(id));
        for id in sockets {
            watched.entry(*id).or_insert_with(|| {
                let (watch, abort) = abortable(watch(self.clone(), *id));
                // Over or aborted, there is nothing more to be told.
                spawn_local(async move {
                    let (Ok(()) | Err(Aborted)) = watch.await;
                });
                Asking(abort)
            });
        }
    }

    fn samples(&self, id: SocketId, every: Duration) -> Option<Samples> {
        let Handles { socket, stream, listener } = self.handles(id);
        match (stream, listener, socket) {
            (Some(stream), _, _) => Some(stream.samples(every)),
            (_, Some(listener), _) => Some(listener.samples(every)),
            (_, _, Some(socket)) => Some(socket.samples(every)),
            (None, None, None) => None,
        }
    }

    fn was_connected(&self, id: SocketId) -> bool {
        self.sockets(|sockets| sockets.get(id).is_some_and(|socket| socket.was_connected))
    }
}

async fn watch(session: Session, id: SocketId) {
    let mut closed = Closed { session: session.clone(), id, table: None };
    let (mut every, mut same, mut last) = (LIVELY, 0, None);
    while let Some(mut samples) = session.samples(id, every) {
        let wanted = loop {
            let Some(info) = samples.next().await else { break None };
            // A socket that is finished in both directions is none of the kernel's any more, though its descriptor is open.
            if info.state == Some(TcpState::CLOSED) && session.was_connected(id) {
                if !closed.look().await {
                    return;
                }
                sleep(TABLE_PAUSE).await;
            }
            same = if last.as_ref() == Some(&info) { same + 1 } else { 0 };
            last = Some(info);
            let wanted = if same < SAME_UNTIL_IDLE { LIVELY } else { IDLE };
            if wanted != every {
                break Some(wanted);
            }
        };
        let Some(wanted) = wanted else { break };
        every = wanted;
    }
    while closed.look().await {
        sleep(TABLE_PAUSE).await;
    }
}

/// A connection that is closed, in the system's table.
struct Closed {
    session: Session,
    id: SocketId,
    table: Option<Rc<Table>>,
}

impl Closed {
    /// Looks it up, and writes down what the table has. Returns whether there is more to be expected.
    async fn look(&mut self) -> bool {
        let Some((local, peer)) = self.addresses() else { return false };
        if self.table.is_none() {
            let Some(relay) = self.session.0.relay.borrow().as_ref().map(|(relay, _)| relay.clone()) else { return false };
            self.table = relay.table().await.map(Rc::new);
        }
        let Some(table) = self.table.clone() else { return false };
        let Ok(found) = table.find(local, peer).await else { return false };
        let is_there = found.is_some();
        let gone = || Info { state: Some(TcpState::CLOSED), ..Info::default() };
        self.session.0.recorder.told(self.id, found.unwrap_or_else(gone));
        is_there
    }

    /// Its addresses, unless it is known already that the table has it no more.
    fn addresses(&self) -> Option<(std::net::SocketAddr, std::net::SocketAddr)> {
        let Inner { recorder, .. } = &*self.session.0;
        let journal = recorder.journal().borrow();
        let socket = journal.sockets().get(self.id).filter(|socket| socket.was_connected)?;
        if matches!(socket.state, State::RelayLost | State::EndedByRelay) {
            return None;
        }
        let said_last = |entry: &crate::trace::Entry| match &entry.fact {
            Fact::Told { id, info } if entry.socket == self.id => Some((*id, info.state)),
            _ => None,
        };
        let last = journal.trace().before(u64::MAX).find_map(said_last);
        (last != Some((Fact::TABLE, Some(TcpState::CLOSED)))).then_some((socket.local?, socket.peer?))
    }
}
