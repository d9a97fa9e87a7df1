//! `select(2)` over the sockets of a script: one `poll` on each, until one of them has something, or the time is over.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use futures::channel::oneshot;
use futures::future::{Either, FutureExt as _, Shared, select as either};
use futures::stream::{FuturesUnordered, StreamExt as _};
use protocol::{Name, PollEvent};

use super::files::{File, Wire};
use super::lines::Lines;
use super::syscalls::Kernel;
use crate::net::Polling;
use crate::script::{Failed, Returned};
use crate::session::{Handles, Session};

/// What `select` finds on a socket whose `connect` failed.
const OF_A_FAILURE: [PollEvent; 4] = [PollEvent::In, PollEvent::Out, PollEvent::Err, PollEvent::Hup];

/// The descriptor of the console, from which `sys.stdin` reads.
const STDIN: u32 = 0;

/// What is waited for.
enum Awaited {
    File(Rc<File>),
    Console(Rc<Lines>),
}

/// Waits until one of `fds` has one of its events; with `waits` unset it only looks. Returns all that have some then.
pub(super) async fn select(
    kernel: &Kernel,
    fds: Vec<(u32, Vec<PollEvent>)>,
    waits: bool,
    cancelled: impl Future<Output = ()>,
) -> Result<Returned, Failed> {
    let (enough, is_enough) = oneshot::channel::<()>();
    let is_enough = is_enough.shared();
    let mut waiting = FuturesUnordered::new();
    for (fd, events) in fds {
        let file = if fd == STDIN { Awaited::Console(kernel.lines.clone()) } else { Awaited::File(kernel.files.get(fd, "select")?) };
        waiting.push(ready(kernel.session.clone(), file, fd, events, waits, is_enough.clone()));
    }
    let mut found: Vec<(u32, Vec<PollEvent>)> = vec![];
    let mut enough = Some(enough);
    let mut cancelled = pin!(cancelled.fuse());
    loop {
        let next = match either(waiting.next(), &mut cancelled).await {
            Either::Left((Some(next), _)) => next,
            Either::Left((None, _)) if enough.is_none() || !waits => break,
            // Nothing is left to wait for but the end of the time.
            Either::Left((None, _)) => {
                cancelled.as_mut().await;
                break;
            }
            Either::Right(((), _)) => {
                drop(enough.take());
                while let Some(next) = waiting.next().await {
                    found.extend(next);
                }
                break;
            }
        };
        if let Some(next) = next {
            found.push(next);
            if waits {
                // The others tell what they have by now, and wait no more.
                drop(enough.take());
            }
        }
    }
    found.sort_by_key(|(fd, _)| *fd);
    Ok(Returned::Ready { ready: found })
}

async fn ready(
    session: Session,
    file: Awaited,
    fd: u32,
    events: Vec<PollEvent>,
    waits: bool,
    is_enough: Shared<oneshot::Receiver<()>>,
) -> Option<(u32, Vec<PollEvent>)> {
    let file = match file {
        Awaited::File(file) => file,
        Awaited::Console(lines) => {
            let has_line = !lines.is_empty() || waits && matches!(either(pin!(lines.ready()), is_enough).await, Either::Left(_));
            return has_line.then(|| (fd, vec![PollEvent::In]));
        }
    };
    let found = match &*file {
        File::End(end) if waits => match either(pin!(end.poll(&events)), is_enough).await {
            Either::Left((found, _)) => found,
            Either::Right(_) => end.ready(&events),
        },
        File::End(end) => end.ready(&events),
        File::Wire(wire) => of_wire(&session, wire, &events, waits, is_enough).await,
    };
    (!found.is_empty()).then_some((fd, found))
}

async fn of_wire(
    session: &Session,
    wire: &Wire,
    events: &[PollEvent],
    waits: bool,
    is_enough: Shared<oneshot::Receiver<()>>,
) -> Vec<PollEvent> {
    if wire.connecting.is_under_way.get() {
        let is_over = waits && matches!(either(pin!(connected(wire)), is_enough.clone()).await, Either::Left(_));
        if !is_over {
            return vec![];
        }
    }
    if wire.connecting.failure.borrow().is_some() {
        return OF_A_FAILURE.to_vec();
    }
    let timeout = (!waits).then_some(Duration::ZERO);
    let Some(mut polling) = polling(&wire.handles(session), events, timeout) else { return OF_A_FAILURE.to_vec() };
    let answered = match either(&mut polling, is_enough).await {
        Either::Left((answered, _)) => answered,
        Either::Right(_) => {
            polling.cancel();
            polling.await
        }
    };
    answered.unwrap_or_else(|error| match super::syscalls::failure_of(&error) {
        Some(failure) if matches!(failure.name, Name::ETIMEDOUT | Name::ECANCELED) => vec![],
        // The next call on it tells what is wrong.
        _ => OF_A_FAILURE.to_vec(),
    })
}

async fn connected(wire: &Wire) {
    poll_fn(|context| {
        if !wire.connecting.is_under_way.get() {
            return Poll::Ready(());
        }
        wire.connecting.wakers.borrow_mut().push(context.waker().clone());
        Poll::Pending
    })
    .await;
}

fn polling(handles: &Handles, events: &[PollEvent], timeout: Option<Duration>) -> Option<Polling> {
    Some(match handles {
        Handles { stream: Some(stream), .. } => stream.polling(events, timeout),
        Handles { listener: Some(listener), .. } => listener.polling(events, timeout),
        Handles { socket: Some(socket), .. } => socket.polling(events, timeout),
        Handles { .. } => return None,
    })
}
