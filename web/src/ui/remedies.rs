//! What can be done about a failure with one click: done by the calls that somebody would make by hand.

use std::time::Duration;

use leptos::prelude::*;
use protocol::{Family, OptionValue, SocketOption};

use super::desk::Desk;
use super::drafts::Draft;
use crate::net::SocketId;
use crate::trace::{Kind, Remedy, Role};

/// A button for each.
#[component]
pub(super) fn Remedies(remedies: Vec<Remedy>) -> impl IntoView {
    let desk = Desk::here();
    let button = move |remedy: Remedy| {
        let label = remedy.label();
        view! { <button type="button" class="do" on:click=move |_| act(desk, &remedy)>{label}</button> }
    };
    (!remedies.is_empty()).then(|| view! { <p class="remedies">{remedies.into_iter().map(button).collect_view()}</p> })
}

fn act(desk: Desk, remedy: &Remedy) {
    let chosen = desk.selected.get_untracked();
    match remedy {
        Remedy::StartServer(place) => {
            let (address, port) = (place.ip().to_string(), place.port());
            let family = if place.is_ipv6() { Family::Inet6 } else { Family::Inet };
            let shown = address.clone();
            let made = move |id| {
                with_draft(desk, id, family, |draft| {
                    draft.address.set(shown);
                    draft.bind_port.set(port.to_string());
                })
            };
            desk.session(|session| session.make_and_listen(family, address, u64::from(port), 5, made));
        }
        Remedy::CompareWithRefused => {
            let made = move |id, port: u16| {
                with_draft(desk, id, Family::Inet, |draft| {
                    draft.host.set("127.0.0.1".to_owned());
                    draft.port.set(port.to_string());
                })
            };
            desk.session(|session| session.make_and_be_refused(made));
        }
        Remedy::OtherFamily(family) => {
            let Some(before) = desk.draft() else { return };
            let family = *family;
            let is_server = desk.socket.with_untracked(|socket| socket.as_ref().is_some_and(|socket| socket.kind == Kind::Listener));
            let made = move |id| with_draft(desk, id, family, |draft| draft.take_place_of(&before));
            desk.session(|session| session.make_then(if is_server { Role::Server } else { Role::Client }, family, move |_, id| made(id)));
        }
        Remedy::LastEvents => {
            desk.view.set("ladder");
            desk.look_at(None);
        }
        Remedy::Bind(port) => bind(desk, chosen, Some(*port), Before::Nothing),
        Remedy::ReuseAddress => bind(desk, chosen, None, Before::Option(SocketOption::SO_REUSEADDR, OptionValue::Switch(true))),
        Remedy::Wait(ms) => bind(desk, chosen, None, Before::Pause(Duration::from_millis(*ms))),
        Remedy::ConnectToLocalhost => {
            let Some((id, draft)) = chosen.zip(desk.draft()) else { return };
            draft.host.set("localhost".to_owned());
            if let Ok(port) = draft.port.get_untracked().trim().parse() {
                desk.session(|session| session.connect(id, "localhost".to_owned(), port, Some(Duration::from_secs(5))));
            }
        }
    }
}

/// What comes before `bind` is called again.
pub(crate) enum Before {
    Nothing,
    Option(SocketOption, OptionValue),
    Pause(Duration),
}

/// Calls `bind` again with what was written, or another port.
fn bind(desk: Desk, chosen: Option<SocketId>, port: Option<u16>, before: Before) {
    let Some((id, draft)) = chosen.zip(desk.draft()) else { return };
    if let Some(port) = port {
        draft.bind_port.set(port.to_string());
    }
    let Ok(port) = draft.bind_port.get_untracked().trim().parse() else { return };
    let address = draft.address.get_untracked().trim().to_owned();
    desk.session(|session| match before {
        Before::Nothing => session.bind(id, address, port),
        Before::Option(option, value) => session.bind_with(id, address, port, option, value),
        Before::Pause(pause) => session.bind_after(id, address, port, pause),
    });
}

/// The form shows what was used.
fn with_draft(desk: Desk, id: SocketId, family: Family, fill: impl FnOnce(Draft)) {
    if let Some(draft) = desk.drafts.try_update_value(|drafts| drafts.of(id, family)) {
        fill(draft);
    }
}
