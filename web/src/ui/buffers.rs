//! The view of where the chosen socket's bytes wait, or who waits to be accepted from it.

use leptos::prelude::*;

use super::desk::Desk;
use crate::buffers::{End, markup};
use crate::texts::buffers as texts;

/// The buffers of the chosen socket, or what to do where there is none.
#[component]
pub(super) fn BuffersView() -> impl IntoView {
    let desk = Desk::here();
    let drawn = Memo::new(move |_| {
        let (id, event) = (desk.selected.get()?, desk.event.get());
        desk.watch_session(|session| {
            let (own, accepts, other) = session.sockets_then(|sockets| {
                let own = sockets.get(id)?;
                Some((own.clone(), sockets.is_accepting(id), sockets.other_end(own).cloned()))
            })?;
            session.journal(|journal| {
                let other = other.map(|other| End::new(other, false, journal, event));
                Some(markup(&End::new(own, accepts, journal, event), other.as_ref()))
            })
        })
    });
    view! {
        <p class="hint" hidden=move || drawn.with(Option::is_some)>{texts::nothing()}</p>
        <div class="buffers-view" hidden=move || drawn.with(Option::is_none)>
            <div inner_html=move || drawn.get().unwrap_or_default()></div>
            <p class="remark">{texts::samples()}</p>
        </div>
    }
}
