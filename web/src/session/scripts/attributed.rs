//! Which line of which script makes the calls that `net` is just asked for.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::session::Session;
use crate::session::recorder::Recorder;
use crate::trace::Place;

/// Makes everything that is called while `inner` is polled a call of that place.
pub(super) struct Attributed<F> {
    recorder: Rc<Recorder>,
    place: Option<Place>,
    inner: Pin<Box<F>>,
}

impl<F: Future> Attributed<F> {
    pub(super) fn new(recorder: Rc<Recorder>, place: Option<Place>, inner: F) -> Self {
        Self { recorder, place, inner: Box::pin(inner) }
    }
}

/// Makes what `inner` calls, whenever that is, calls of the line whose calls are being made now.
pub(super) fn here<F: Future>(session: &Session, inner: F) -> Attributed<F> {
    let recorder = session.0.recorder.clone();
    let place = recorder.place();
    Attributed::new(recorder, place, inner)
}

impl<F: Future> Future for Attributed<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let before = self.recorder.set_place(self.place.clone());
        let polled = self.inner.as_mut().poll(context);
        self.recorder.set_place(before);
        polled
    }
}
