//! The right side: what the chosen socket was, as of the event that is looked at.

use leptos::prelude::*;

use super::code::CodeView;
use super::desk::Desk;
use super::tabs::{Tab, TabList, TabPanel};
use crate::texts::page;

const TABS: &[Tab] = &[("state", page::tab_state), ("code", page::tab_code)];

/// The details of the chosen socket.
#[component]
pub(super) fn DetailsPanel() -> impl IntoView {
    let chosen = Desk::here().detail;
    view! {
        <section class="panel details" aria-label=page::details_panel()>
            <div class="panel-head">
                <TabList label="Details" tabs=TABS chosen />
            </div>
            <TabPanel name="state" chosen><State /></TabPanel>
            <TabPanel name="code" chosen><CodeView /></TabPanel>
        </section>
    }
}

#[component]
fn State() -> impl IntoView {
    let desk = Desk::here();
    move || desk.then.get().map(|socket| view! { <p>{socket.name()}</p> })
}
