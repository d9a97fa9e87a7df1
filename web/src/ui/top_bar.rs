//! The bar on top: what this is, and how it stands with the relay.

use leptos::prelude::*;

use super::desk::{BY_SCRIPT, Desk, HAND};
use super::pieces::{VIEWS, act, drawn};
use super::popover::Popover;
use super::prose::prose;
use super::tabs::{Tab, TabList};
use crate::session::RelayStatus;
use crate::texts::{help, page, projector, recordings, script, settings as settings_text};

const WAYS: &[Tab] = &[(HAND, script::hand), (BY_SCRIPT, script::script)];

/// The bar.
#[component]
pub(super) fn TopBar() -> impl IntoView {
    let desk = Desk::here();
    let status = desk.session(|session| session.relay_status());
    let tone = move || match status.get() {
        RelayStatus::Up(_) => "up",
        RelayStatus::Connecting => "waiting",
        _ => "down",
    };
    view! {
        <header class="top">
            <h1>"TCP Playground"</h1>
            <Ways />
            <div class="relay" role="status" aria-label=page::relay() data-tone=tone>
                <span class="lamp" aria-hidden="true"></span>
                <p>{move || words(&status.get())}</p>
            </div>
            <nav class="tools" aria-label=page::tools()>
                <Popover name="recording" label=recordings::recording()>{drawn(&VIEWS, |views| (views.recordings)())}</Popover>
                <button type="button" class="quiet" on:click=move |_| act(desk, &VIEWS, move |views| (views.projector)(desk))>{projector::projector()}</button>
                <Popover name="commands" label=help::commands()>{drawn(&VIEWS, |views| (views.commands)())}</Popover>
                <Popover name="settings" label=settings_text::settings()>{drawn(&VIEWS, |views| (views.settings)())}</Popover>
                <Popover name="help" label=help::help() is_text=true>{drawn(&VIEWS, |views| (views.help)())}</Popover>
            </nav>
        </header>
    }
}

/// The ways to act.
#[component]
fn Ways() -> impl IntoView {
    let desk = Desk::here();
    Effect::new(move |before: Option<&'static str>| {
        let way = desk.way.get();
        // A script is watched best on the ladder.
        if way == BY_SCRIPT && before.is_some_and(|before| before != BY_SCRIPT) {
            desk.view.set("ladder");
        }
        way
    });
    view! { <TabList label="Ways" tabs=WAYS chosen=desk.way /> }
}

fn words(status: &RelayStatus) -> AnyView {
    let (text, detail) = match status {
        RelayStatus::Up(hello) => (page::relay_ready().to_owned(), Some(page::relay_reaches(&hello.reach.trim_end_matches('.')))),
        RelayStatus::Connecting => (page::relay_looking().to_owned(), None),
        RelayStatus::NoToken => (page::relay_no_token().to_owned(), None),
        RelayStatus::Refused(text) => (page::relay_refused().to_owned(), Some(page::quoted(text))),
        RelayStatus::Lost { text, retry_in_secs } => (page::relay_lost(retry_in_secs.max(&1)), Some(text.clone())),
    };
    view! { {prose(&text)} {detail.map(|detail| view! { " " <span class="detail">{detail}</span> })} }.into_any()
}
