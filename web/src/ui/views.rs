//! The centre: one trace in several views, and the bar that moves all of them through time.

use leptos::prelude::*;

use super::calls::Switch;
use super::desk::{BY_SCRIPT, Desk};
use super::empty::NoSocket;
use super::pieces::{HAND, VIEWS, drawn, drawn_later, of_socket};
use super::tabs::{Tab, TabList, TabPanel};
use crate::texts::{page, script};

const TABS: &[Tab] = &[("ladder", page::tab_ladder), ("stream", page::tab_stream), ("bytes", page::tab_bytes)];

/// The views of what happened.
#[component]
pub(super) fn ViewsPanel() -> impl IntoView {
    let desk = Desk::here();
    let chosen = desk.view;
    view! {
        <section class="panel stream" aria-label=page::views_panel()>
            <div class="panel-head">
                <TabList label="Views" tabs=TABS chosen />
                {move || (desk.way.get() == BY_SCRIPT).then(|| view! {
                    <Switch
                        label=script::details()
                        on=desk.has_details.into()
                        misfit=Signal::stored(None)
                        on_click=Callback::new(move |()| desk.has_details.update(|has_details| *has_details = !*has_details))
                    />
                })}
            </div>
            <TabPanel name="ladder" chosen>{drawn(&VIEWS, |views| (views.ladder)())}</TabPanel>
            <TabPanel name="stream" chosen>{of_socket(&HAND, |hand| (hand.stream)(), || view! { <NoSocket /> }.into_any())}</TabPanel>
            <TabPanel name="bytes" chosen>{drawn(&VIEWS, |views| (views.bytes)())}</TabPanel>
            {drawn_later(&VIEWS, |views| (views.scrubber)())}
        </section>
    }
}
