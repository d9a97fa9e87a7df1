//! The centre: one trace in several views, and the bar that moves all of them through time.

use leptos::prelude::*;

use super::bytes::BytesView;
use super::desk::Desk;
use super::ladder::LadderView;
use super::scrubber::Scrubber;
use super::stream::StreamView;
use super::tabs::{Tab, TabList, TabPanel};
use crate::texts::page;

const TABS: &[Tab] = &[("ladder", page::tab_ladder), ("stream", page::tab_stream), ("bytes", page::tab_bytes)];

/// The views of what happened.
#[component]
pub(super) fn ViewsPanel() -> impl IntoView {
    let chosen = Desk::here().view;
    view! {
        <section class="panel stream" aria-label=page::views_panel()>
            <div class="panel-head">
                <TabList label="Views" tabs=TABS chosen />
            </div>
            <TabPanel name="ladder" chosen><LadderView /></TabPanel>
            <TabPanel name="stream" chosen><StreamView /></TabPanel>
            <TabPanel name="bytes" chosen><BytesView /></TabPanel>
            <Scrubber />
        </section>
    }
}
