//! The right side: what the chosen socket was, as of the event that is looked at.

use leptos::prelude::*;

use super::desk::Desk;
use super::pieces::{VIEWS, drawn, drawn_later, of_socket};
use super::tabs::{Tab, TabList, TabPanel};
use crate::texts::{buffers, page, path, tcp_info};

const TABS: &[Tab] =
    &[("state", page::tab_state), ("buffers", page::tab_buffers), ("tcp-info", page::tab_tcp_info), ("code", page::tab_code)];

/// The details of the chosen socket.
#[component]
pub(super) fn DetailsPanel() -> impl IntoView {
    let desk = Desk::here();
    let chosen = desk.detail;
    view! {
        <section class="panel details" aria-label=page::details_panel()>
            {drawn_later(&VIEWS, |views| (views.watching)())}
            <div class="panel-head">
                <TabList label="Details" tabs=TABS chosen />
            </div>
            <TabPanel name="state" chosen>{of_socket(&VIEWS, |views| (views.state)(), says(path::nothing))}</TabPanel>
            <TabPanel name="buffers" chosen>{of_socket(&VIEWS, |views| (views.buffers)(), says(buffers::nothing))}</TabPanel>
            <TabPanel name="tcp-info" chosen>{of_socket(&VIEWS, |views| (views.tcp_info)(), says(tcp_info::nothing))}</TabPanel>
            <TabPanel name="code" chosen>{drawn(&VIEWS, |views| (views.code)())}</TabPanel>
        </section>
    }
}

fn says(nothing: fn() -> &'static str) -> impl Fn() -> AnyView {
    move || view! { <p class="hint">{nothing()}</p> }.into_any()
}
