//! What people see: components that read signals and dispatch intents to the [session](crate::session). No socket, no call and no state of a
//! connection is here.

#![allow(unreachable_pub, reason = "what the component macro writes is public to nobody")]

mod announcer;
mod buffers;
mod bytes;
mod bytes_grid;
mod bytes_side;
mod call_group;
mod calls;
mod clipboard;
mod code;
mod commands;
mod composer;
mod desk;
mod details;
mod download;
mod drafts;
mod empty;
mod fields;
mod help;
mod keys;
mod ladder;
mod ladder_files;
mod messages;
mod more_calls;
mod pieces;
mod popover;
mod press;
mod projected_ladder;
mod projector;
mod prose;
mod recordings;
mod remedies;
mod roll;
mod script;
mod scrubber;
mod settings;
mod state;
mod stream;
mod stream_rows;
mod tabs;
mod tcp_info;
mod top_bar;
mod tree;
mod views;
mod watching;
mod window;

use leptos::prelude::*;

use crate::piece::with;
use desk::{BY_SCRIPT, Desk};
use pieces::{HAND, SCRIPT, VIEWS, act, drawn, drawn_later, of_socket};

/// Opens the page: at once, or where something was kept before a reload when what brings it back is here. Where that does not come, the page is opened without.
pub(super) fn open() {
    let mount = || mount_to_body(Page);
    if crate::session::is_kept() { with(&VIEWS, move |_| mount()) } else { mount() }
}

/// The page.
#[component]
fn Page() -> impl IntoView {
    let desk = Desk::open();
    provide_context(desk);
    pieces::start(desk);
    keys::listen(desk);
    let renewed = window_event_listener(leptos::ev::hashchange, move |_| {
        desk.session(|session| session.find_relay());
        open_link(desk);
    });
    open_link(desk);
    on_cleanup(move || renewed.remove());
    // In another language everything is drawn again; the sockets and what was typed live outside of what is drawn.
    move || {
        desk.settings.language.track();
        view! { <Everything /> }
    }
}

/// Takes what the address brought, if it brought anything but a token.
fn open_link(desk: Desk) {
    if window().location().hash().is_ok_and(|hash| hash.len() > 1) {
        act(desk, &VIEWS, move |views| (views.open_link)(desk));
    }
}

#[component]
fn Everything() -> impl IntoView {
    let opened = Desk::here().session(|session| session.opened());
    let is_opened = Memo::new(move |_| opened.with(Option::is_some));
    view! {
        <top_bar::TopBar />
        <Notice />
        {move || is_opened.get().then(|| drawn(&VIEWS, |views| (views.recording_bar)()))}
        <Main />
        {drawn_later(&VIEWS, |views| (views.announcer)())}
    }
}

/// On the left what one acts with, in the chosen way; beside it what came of it.
#[component]
fn Main() -> impl IntoView {
    let desk = Desk::here();
    let by_script = Memo::new(move |_| desk.way.get() == BY_SCRIPT);
    let has_details = Memo::new(move |_| !by_script.get() || desk.has_details.get());
    view! {
        <main class:by-script=move || by_script.get() class:has-details=move || has_details.get()>
            <div class="side" role="tabpanel" id=move || format!("view-{}", desk.way.get()) aria-labelledby=move || format!("tab-{}", desk.way.get())>
                {move || {
                    if by_script.get() {
                        drawn(&SCRIPT, |script| (script.panel)()).into_any()
                    } else {
                        view! { <tree::SocketsPanel /> {of_socket(&HAND, |hand| (hand.calls)(), || ().into_any())} }.into_any()
                    }
                }}
            </div>
            <div class="centre">
                {move || by_script.get().then(|| view! { <tree::SocketsPanel /> })}
                <views::ViewsPanel />
                {move || (!by_script.get()).then(|| drawn_later(&HAND, |hand| (hand.composer)()))}
            </div>
            {move || has_details.get().then(|| view! { <details::DetailsPanel /> })}
        </main>
    }
}

/// What went wrong with something that belongs to no call; it stays until it is put away.
#[component]
fn Notice() -> impl IntoView {
    let notice = Desk::here().notice;
    move || {
        notice.get().map(|text| {
            view! {
                <div class="notice" role="alert">
                    <span>{text}</span>
                    <button type="button" class="quiet" on:click=move |_| notice.set(None)>{crate::texts::page::put_away()}</button>
                </div>
            }
        })
    }
}
