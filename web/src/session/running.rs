//! The calls that run, so that they can be shown and cancelled.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::rc::Rc;

use futures::future::{AbortHandle, Aborted, abortable};
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::now_ms;
use crate::net::SocketId;

/// A call that runs.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RunningCall {
    /// Its name.
    pub(crate) call: &'static str,
    /// Since when, in milliseconds since the page was opened.
    pub(crate) since_ms: f64,
    /// Whether it is called again and again, because somebody switched that on.
    pub(crate) automatic: bool,
    /// How far it is.
    pub(crate) progress: Option<String>,
}

struct Slot {
    shown: RunningCall,
    attempt: u64,
    abort: AbortHandle,
}

#[derive(Default)]
struct Table {
    slots: BTreeMap<(SocketId, &'static str), Slot>,
    attempts: u64,
}

/// The calls that run, at most one of a name on a socket.
#[derive(Clone)]
pub(crate) struct Running {
    table: Rc<RefCell<Table>>,
    revision: RwSignal<u64>,
}

impl Running {
    pub(super) fn new(revision: RwSignal<u64>) -> Self {
        Self { table: Rc::default(), revision }
    }

    /// Runs `act` as `call` of `socket`. One of that name that runs already is cancelled first.
    pub(super) fn run(&self, socket: SocketId, call: &'static str, automatic: bool, act: impl Future<Output = ()> + 'static) {
        self.cancel(socket, call);
        let (act, abort) = abortable(act);
        let shown = RunningCall { call, since_ms: now_ms(), automatic, progress: None };
        let attempt = {
            let mut table = self.table.borrow_mut();
            table.attempts += 1;
            let attempt = table.attempts;
            table.slots.insert((socket, call), Slot { shown, attempt, abort });
            attempt
        };
        self.changed();
        let running = self.clone();
        spawn_local(async move {
            // Aborted or done, it runs no more; what came of it is in the trace.
            let (Ok(()) | Err(Aborted)) = act.await;
            let is_mine = |slot: &Slot| slot.attempt == attempt;
            let mut table = running.table.borrow_mut();
            if table.slots.get(&(socket, call)).is_some_and(is_mine) {
                table.slots.remove(&(socket, call));
            }
            drop(table);
            running.changed();
        });
    }

    /// Starts the clock of `call` again, and says how far it is.
    pub(super) fn goes_on(&self, socket: SocketId, call: &'static str, progress: Option<String>) {
        if let Some(slot) = self.table.borrow_mut().slots.get_mut(&(socket, call)) {
            slot.shown.since_ms = now_ms();
            slot.shown.progress = progress;
        }
    }

    pub(super) fn cancel(&self, socket: SocketId, call: &str) {
        let mut table = self.table.borrow_mut();
        table.slots.retain(|(of, name), slot| {
            let is_meant = *of == socket && *name == call;
            if is_meant {
                slot.abort.abort();
            }
            !is_meant
        });
        drop(table);
        self.changed();
    }

    pub(super) fn cancel_all(&self, socket: SocketId) {
        let calls: Vec<&'static str> = self.of(socket).iter().map(|running| running.call).collect();
        calls.into_iter().for_each(|call| self.cancel(socket, call));
    }

    pub(super) fn of(&self, socket: SocketId) -> Vec<RunningCall> {
        self.table
            .borrow()
            .slots
            .range((socket, "")..)
            .take_while(|((of, _), _)| *of == socket)
            .map(|(_, slot)| slot.shown.clone())
            .collect()
    }

    fn changed(&self) {
        self.revision.update(|revision| *revision += 1);
    }
}
