//! The bar on top: what this is, and how it stands with the relay.

use leptos::prelude::*;

use super::desk::Desk;
use crate::session::RelayStatus;

/// The bar.
#[component]
pub(super) fn TopBar() -> impl IntoView {
    let status = Desk::here().session(|session| session.relay_status());
    let tone = move || match status.get() {
        RelayStatus::Up(_) => "up",
        RelayStatus::Connecting => "waiting",
        _ => "down",
    };
    view! {
        <header class="top">
            <h1>"TCP Playground"</h1>
            <div class="relay" role="status" aria-label="Relay" data-tone=tone>
                <span class="lamp" aria-hidden="true"></span>
                <p>{move || words(&status.get())}</p>
            </div>
        </header>
    }
}

fn words(status: &RelayStatus) -> AnyView {
    match status {
        RelayStatus::Up(hello) => {
            view! { <b>"Relay ready"</b> " " <span class="detail">{format!("It reaches {}.", hello.reach.trim_end_matches('.'))}</span> }
                .into_any()
        }
        RelayStatus::Connecting => view! { <b>"Relay"</b> " looking for it…" }.into_any(),
        RelayStatus::NoToken => view! {
            <b>"No token"</b>
            " Open the address that the relay printed when it started: it ends in "
            <code>"#token=…"</code>
            ". No relay yet? "
            <code>"cargo run -p relay"</code>
        }
        .into_any(),
        RelayStatus::Refused(text) => view! {
            <b>"Relay refused this page"</b>
            " Its token is not that of the relay's present run. Open the address that the relay printed when it started. "
            <span class="detail">{format!("“{text}”")}</span>
        }
        .into_any(),
        RelayStatus::Lost { text, retry_in_secs } => view! {
            <b>"Relay lost"</b>
            " Its sockets are gone with it; the other ends see them close. Start it again: "
            <code>"cargo run -p relay"</code>
            {format!(". Trying again in {} s. ", retry_in_secs.max(&1))}
            <span class="detail">{text.clone()}</span>
        }
        .into_any(),
    }
}
