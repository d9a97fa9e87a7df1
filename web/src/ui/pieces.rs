//! What of the user interface is fetched after it can be used, and what stands in its place until then.

#![allow(unsafe_code, reason = "what the macro of wasm_split writes names its functions for the linker")]

use std::io;
use std::time::Duration;

use leptos::prelude::*;

use super::desk::Desk;
use super::drafts::Draft;
use super::{announcer, buffers, bytes, call_group, calls, code, commands, composer, help, ladder, messages, more_calls, projector};
use super::{recordings, script, scrubber, settings, state, stream, tcp_info, tree, watching};
use crate::messages::Message;
use crate::piece::{At, Stage, fetch, on_arrival, piece, stage, with};
use crate::session::{Parts, RelayStatus, explain_error};
use crate::texts::page;

/// Draws something that needs nothing but what every component has.
type Draw = fn() -> AnyView;

/// What a socket needs as soon as there is one: its calls, its stream.
pub(super) struct Hand {
    pub(super) tree: fn(Memo<Vec<tree::Item>>) -> AnyView,
    pub(super) refusal: fn(&io::Error) -> AnyView,
    pub(super) calls: Draw,
    pub(super) composer: Draw,
    pub(super) stream: Draw,
}

/// The other views, and what is needed now and then.
pub(super) struct Views {
    open: fn(Desk),
    pub(super) ladder: Draw,
    pub(super) bytes: Draw,
    pub(super) scrubber: Draw,
    pub(super) state: Draw,
    pub(super) buffers: Draw,
    pub(super) tcp_info: Draw,
    pub(super) watching: Draw,
    pub(super) code: Draw,
    pub(super) announcer: Draw,
    pub(super) recordings: Draw,
    pub(super) recording_bar: Draw,
    pub(super) open_link: fn(Desk),
    pub(super) projector: fn(Desk),
    pub(super) commands: Draw,
    pub(super) settings: Draw,
    pub(super) help: Draw,
    pub(super) messages: fn(Draft, Signal<Option<String>>) -> AnyView,
    pub(super) walk: fn(StoredValue<messages::Walk>, Draft, bool),
    pub(super) note_sent: fn(Message),
    pub(super) more_calls: fn(Desk, Draft, bool) -> AnyView,
    pub(super) keeping: Parts,
}

/// Acting by script.
pub(super) struct Script {
    open: fn(Desk),
    pub(super) panel: Draw,
    pub(super) begin_with: fn(&str, String),
}

piece! {
    /// The hand.
    pub(super) HAND, hand: Hand = Hand {
        tree: |items| view! { <tree::Tree items /> }.into_any(),
        refusal: |error| {
            let call = Some("socket".to_owned());
            view! { <call_group::Explained explanation=explain_error(error) call /> }.into_any()
        },
        calls: || view! { <calls::CallsPanel /> }.into_any(),
        composer: || view! { <composer::ComposerPanel /> }.into_any(),
        stream: || view! { <stream::StreamView /> }.into_any(),
    }
}

piece! {
    /// The views.
    pub(super) VIEWS, views: Views = Views {
        open: |desk| {
            provide_context(bytes::Bench::open(desk));
            recordings::fill_in(desk);
        },
        ladder: || view! { <ladder::LadderView /> }.into_any(),
        bytes: || view! { <bytes::BytesView /> }.into_any(),
        scrubber: || view! { <scrubber::Scrubber /> }.into_any(),
        state: || view! { <state::StateView /> }.into_any(),
        buffers: || view! { <buffers::BuffersView /> }.into_any(),
        tcp_info: || view! { <tcp_info::TcpInfoView /> }.into_any(),
        watching: || view! { <watching::Watching /> }.into_any(),
        code: || view! { <code::CodeView /> }.into_any(),
        announcer: || view! { <announcer::Announcer /> }.into_any(),
        recordings: || view! { <recordings::Recordings /> }.into_any(),
        recording_bar: || view! { <recordings::RecordingBar /> }.into_any(),
        open_link: recordings::open_link,
        projector: projector::open,
        commands: || view! { <commands::Commands /> }.into_any(),
        settings: || view! { <settings::SettingsFields settings=Desk::here().settings /> }.into_any(),
        help: || view! { <help::Help /> }.into_any(),
        messages: |draft, target| view! { <messages::Messages draft target /> }.into_any(),
        walk: messages::walk,
        note_sent: messages::note_sent,
        more_calls: |desk, draft, is_stream| view! { <more_calls::MoreCalls desk draft is_stream /> }.into_any(),
        keeping: Parts::ALL,
    }
}

piece! {
    /// The scripts.
    pub(super) SCRIPT, script: Script = Script {
        open: |desk| provide_context(script::Studio::open(desk)),
        panel: || view! { <script::ScriptPanel /> }.into_any(),
        begin_with: |name, text| script::Studio::here().begin_with(name, text),
    }
}

/// How long nothing is fetched for a relay that does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Makes the pieces ready, inside the reactive owner of the page, and fetches them when the page can be used: whatever is done then needs the relay for nothing but its sockets.
pub(super) fn start(desk: Desk) {
    let Some(owner) = Owner::current() else { return };
    let of_views = owner.clone();
    on_arrival(&VIEWS, move |views| {
        desk.session(|session| session.keep_by(&views.keeping));
        of_views.with(|| (views.open)(desk));
    });
    on_arrival(&SCRIPT, move |script| owner.with(|| (script.open)(desk)));
    let status = desk.session(|session| session.relay_status());
    let is_looked_for = Memo::new(move |_| status.with(|status| matches!(status, RelayStatus::Connecting)));
    // Again when the relay is there again: some of them may have failed to come.
    Effect::new(move |_| {
        if !is_looked_for.get() {
            request_animation_frame(|| set_timeout(fetch_all, Duration::ZERO));
        }
    });
    set_timeout(fetch_all, PATIENCE);
}

fn fetch_all() {
    fetch(&HAND);
    fetch(&VIEWS);
    fetch(&SCRIPT);
}

/// Draws what is in a piece, or what is to be said as long as that is not here. Fetches nothing: a panel that nobody opened is drawn, too.
pub(super) fn drawn<T: Sync>(piece: At<T>, draw: impl Fn(&'static T) -> AnyView + Send + 'static) -> impl IntoView {
    move || match stage(piece) {
        Stage::Here(parts) => draw(parts),
        Stage::Failed => failed(move || fetch(piece)),
        Stage::Away | Stage::Coming => view! { <p class="hint piece">{page::piece_coming()}</p> }.into_any(),
    }
}

/// The same of the chosen socket. Where none was chosen yet, what `otherwise` draws, which nothing moves when the piece comes.
pub(super) fn of_socket<T: Sync>(
    piece: At<T>,
    draw: fn(&'static T) -> AnyView,
    otherwise: impl Fn() -> AnyView + Send + 'static,
) -> impl IntoView {
    let desk = Desk::here();
    let is_needed = Memo::new(move |before: Option<&bool>| before == Some(&true) || desk.selected.with(Option::is_some));
    move || if is_needed.get() { drawn(piece, draw).into_any() } else { otherwise() }
}

/// Draws what is in a piece as soon as it is here, and nothing until then.
pub(super) fn drawn_later<T: Sync>(piece: At<T>, draw: impl Fn(&'static T) -> AnyView + Send + 'static) -> impl IntoView {
    move || match stage(piece) {
        Stage::Here(parts) => Some(draw(parts)),
        _ => None,
    }
}

fn failed(again: impl Fn() + 'static) -> AnyView {
    view! {
        <p class="hint piece" role="alert">
            {page::piece_failed()} " " <button type="button" class="do" on:click=move |_| again()>{page::try_again()}</button>
        </p>
    }
    .into_any()
}

/// Does what is in a piece, at once where that is here. Where it does not come, that is said.
pub(super) fn act<T: Sync>(desk: Desk, piece: At<T>, act: impl FnOnce(&'static T) + 'static) {
    with(piece, move |parts| match parts {
        Some(parts) => act(parts),
        None => desk.notice.set(Some(page::piece_failed().to_owned())),
    });
}
