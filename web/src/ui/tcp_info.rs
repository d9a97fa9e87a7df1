//! The view of TCP_INFO: plots, and a table whose cells alone change, so that what is selected or read aloud in it stays.

use leptos::html::Div;
use leptos::prelude::*;

use super::desk::Desk;
use crate::tcp_info::{History, plots, table, values};
use crate::texts::tcp_info as texts;

/// What the kernel knows of the chosen socket, or what to do where there is none.
#[component]
pub(super) fn TcpInfoView() -> impl IntoView {
    let desk = Desk::here();
    let explains = RwSignal::new(false);
    let history = Memo::new(move |_| {
        let (id, event) = (desk.selected.get()?, desk.event.get());
        desk.watch_session(|session| session.journal(|journal| Some(History::of(journal, id, event))))
    });
    let drawn = Memo::new(move |_| history.with(|history| history.as_ref().map(plots).unwrap_or_default()));
    let cells = Memo::new(move |_| history.with(|history| values(history.as_ref().and_then(History::last_connected))));
    let body = NodeRef::<Div>::new();
    Effect::new(move |_| {
        let Some(body) = body.get() else { return };
        cells.with(|cells| {
            for (index, value) in cells.iter().enumerate() {
                let cell = body.query_selector(&format!("[data-field=\"{index}\"]")).ok().flatten();
                if let Some(cell) = cell.filter(|cell| cell.text_content().as_deref() != Some(value)) {
                    cell.set_text_content(Some(value));
                }
            }
        });
    });
    let note = Memo::new(move |_| {
        desk.then.with(|socket| match socket {
            None => Some(texts::nothing()),
            Some(socket) if socket.listener.is_some() => Some(texts::of_listener()),
            Some(socket) if !socket.was_connected => Some(texts::unconnected()),
            Some(socket) if socket.gone => Some(texts::closed()),
            Some(_) => None,
        })
    });
    let has_values = move || desk.then.with(|socket| socket.as_ref().is_some_and(|socket| socket.was_connected));
    view! {
        <p class="hint" hidden=move || note.with(Option::is_none)>{move || note.get()}</p>
        <div class="tcp-info-view" class:explains=move || explains.get() hidden=move || !has_values()>
            <div class="plots" role="group" aria-label=texts::plots() inner_html=move || drawn.get()></div>
            <button
                type="button"
                role="switch"
                class="quiet"
                aria-checked=move || explains.get().to_string()
                on:click=move |_| explains.update(|explains| *explains = !*explains)
            >
                {texts::explain()}
            </button>
            <div node_ref=body inner_html=table()></div>
            <p class="remark">{texts::samples()}</p>
        </div>
    }
}
