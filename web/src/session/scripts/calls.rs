//! The calls of a script that are under way, and how they are made.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use futures::channel::oneshot;
use futures::future::{AbortHandle, abortable};
use leptos::task::spawn_local;

use super::attributed::Attributed;
use super::script::Script;
use super::syscalls::Kernel;
use crate::script::{Failed, Returned, Syscall, Waiting, answer};
use crate::session::Session;
use crate::trace::Place;

/// One call under way.
struct UnderWay {
    abort: AbortHandle,
    /// Ends a `select`, which answers nevertheless.
    enough: Option<oneshot::Sender<()>>,
}

/// The calls under way, by the worker's numbers.
#[derive(Default)]
pub(super) struct Calls {
    under_way: RefCell<BTreeMap<u64, UnderWay>>,
}

impl Calls {
    /// Nobody waits for it any more. A `select` answers with what it has.
    pub(super) fn cancel(&self, seq: u64) {
        let mut under_way = self.under_way.borrow_mut();
        let Some(call) = under_way.get_mut(&seq) else { return };
        match call.enough.take() {
            // It has gone meanwhile where nobody hears that.
            Some(enough) => drop(enough.send(())),
            None => {
                if let Some(call) = under_way.remove(&seq) {
                    call.abort.abort();
                }
            }
        }
    }

    pub(super) fn cancel_all(&self) {
        self.under_way.take().into_values().for_each(|call| call.abort.abort());
    }
}

impl Script {
    /// Makes a call of the worker, once it passes the gate, and answers it.
    pub(super) fn make(self: &Rc<Self>, session: &Session, (seq, thread, line): (u64, u64, Option<u32>), call: Syscall, bytes: Vec<u8>) {
        let kind = match &call {
            Syscall::Input { prompt } => Waiting::Input(prompt.clone()),
            call if call.waits_for_console() => Waiting::Input(String::new()),
            call if call.is_of_sockets() && self.gate().holds() => Waiting::Held,
            _ => Waiting::Call,
        };
        self.shown().calls(seq, thread, call.name(), line, kind);
        let (enough, is_enough) = oneshot::channel::<()>();
        let enough = matches!(call, Syscall::Select { .. }).then_some(enough);
        let (script, session) = (self.clone(), session.clone());
        let (act, abort) = abortable(async move {
            let name = call.name();
            let result = script.carry_out(&session, (seq, thread, line), call, bytes, is_enough).await;
            script.calls().under_way.borrow_mut().remove(&seq);
            script.shown().goes_on(seq);
            let json = answer(seq, &result);
            script.tell(|worker| match &result {
                Ok(Returned::Bytes(bytes)) => worker.answer(&json, Some(bytes)),
                _ => worker.answer(&json, None),
            });
            name
        });
        self.calls().under_way.borrow_mut().insert(seq, UnderWay { abort, enough });
        let script = self.clone();
        spawn_local(async move {
            if act.await.is_err() {
                script.shown().goes_on(seq);
            }
        });
    }

    async fn carry_out(
        self: &Rc<Self>,
        session: &Session,
        (seq, thread, line): (u64, u64, Option<u32>),
        call: Syscall,
        bytes: Vec<u8>,
        is_enough: oneshot::Receiver<()>,
    ) -> Result<Returned, Failed> {
        if matches!(call, Syscall::Input { .. }) {
            let line = self.lines.next().await;
            return Ok(Returned::Line { line });
        }
        self.gate().pass().await;
        let kind = if call.waits_for_console() { Waiting::Input(String::new()) } else { Waiting::Call };
        self.shown().calls(seq, thread, call.name(), line, kind);
        let place = line.map(|line| Place { file: self.file_name.borrow().clone(), line });
        let kernel = Kernel { session: session.clone(), files: self.files().clone(), lines: self.lines.clone() };
        // A sender that is dropped ends no waiting: only one that sends does.
        let cancelled = async move {
            if is_enough.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let call = async move { kernel.call(call, bytes, cancelled).await };
        Attributed::new(session.0.recorder.clone(), place, call).await
    }
}
