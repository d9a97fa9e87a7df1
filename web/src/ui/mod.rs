//! What people see: components that read signals and dispatch intents to the [session](crate::session). No socket, no call and no state of a
//! connection is here.

#![allow(unreachable_pub, reason = "what the component macro writes is public to nobody")]

mod announcer;
mod bytes;
mod bytes_grid;
mod bytes_side;
mod call_group;
mod calls;
mod clipboard;
mod composer;
mod desk;
mod details;
mod download;
mod drafts;
mod empty;
mod fields;
mod messages;
mod roll;
mod scrubber;
mod stream;
mod stream_rows;
mod tabs;
mod top_bar;
mod tree;
mod views;

use leptos::prelude::*;

use desk::Desk;

/// The page.
#[component]
pub(super) fn Page() -> impl IntoView {
    let desk = Desk::open();
    provide_context(desk);
    let renewed = window_event_listener(leptos::ev::hashchange, move |_| desk.session(|session| session.find_relay()));
    on_cleanup(move || renewed.remove());
    view! {
        <top_bar::TopBar />
        <main>
            <div class="side">
                <tree::SocketsPanel />
                <calls::CallsPanel />
            </div>
            <div class="centre">
                <views::ViewsPanel />
                <composer::ComposerPanel />
            </div>
            <details::DetailsPanel />
        </main>
        <announcer::Announcer />
    }
}
