//! The calls of the chosen socket: real names, real arguments.

use leptos::prelude::*;
use protocol::How;

use super::call_group::{CallGroup, Mistake, chosen};
use super::desk::Desk;
use super::drafts::Draft;
use super::fields::{NumberField, TextField, port, seconds, whole_number};
use super::more_calls::Flags;
use super::pieces::{VIEWS, drawn};
use super::prose::prose;
use crate::session::Session;
use crate::texts::calls as text;
use crate::trace::Kind;

/// The panel of the calls.
#[component]
pub(super) fn CallsPanel() -> impl IntoView {
    let desk = Desk::here();
    let shown = Memo::new(move |_| desk.formed().map(|socket| (socket.id, socket.kind, socket.family)));
    // Of a socket that is over no call fits any more: said once.
    let over = Memo::new(move |_| {
        desk.socket.with(|socket| socket.as_ref().filter(|socket| socket.gone).and_then(|socket| socket.misfit("close")))
    });
    move || {
        shown.get().map(|(id, kind, family)| {
            let draft = desk.drafts.try_update_value(|drafts| drafts.of(id, family))?;
            let own = match kind {
                Kind::Listener => view! { <ListenerCalls desk draft /> }.into_any(),
                Kind::Client => view! { <Connect desk draft /> <StreamCalls desk draft /> }.into_any(),
                Kind::Accepted(_) => view! { <StreamCalls desk draft /> }.into_any(),
            };
            Some(view! {
                <section class="panel calls" aria-label=text::panel() class:over=move || over.with(Option::is_some)>
                    <h2>{move || over.get().map_or_else(|| text::panel().to_owned(), |why| text::over(&why))}</h2>
                    {own}
                    <Endings desk is_stream={kind != Kind::Listener} />
                    {drawn(&VIEWS, move |views| (views.more_calls)(desk, draft, kind != Kind::Listener))}
                </section>
            })
        })
    }
}

pub(super) fn call(desk: Desk, act: impl Fn(&Session) -> Result<(), Mistake> + Send + Sync + 'static) -> Callback<(), Result<(), Mistake>> {
    Callback::new(move |()| desk.session(&act))
}

pub(super) fn says(text: &'static str) -> Signal<String> {
    Signal::stored(text.to_owned())
}

#[component]
fn Connect(desk: Desk, draft: Draft) -> impl IntoView {
    let act = call(desk, move |session| {
        let host = draft.host.get_untracked().trim().to_owned();
        if host.is_empty() {
            return Err(text::host_missing().to_owned().into());
        }
        let port = port(&draft.port.get_untracked())?;
        session.connect(chosen(desk)?, host, port, seconds(text::timeout(), &draft.timeout.get_untracked())?);
        Ok(())
    });
    view! {
        <CallGroup call="connect" button=says("connect") act>
            <TextField label=text::host() value=draft.host />
            <NumberField label=text::port() value=draft.port />
            <NumberField label=text::timeout() value=draft.timeout placeholder=text::none() />
        </CallGroup>
    }
}

#[component]
fn StreamCalls(desk: Desk, draft: Draft) -> impl IntoView {
    let recv = call(desk, move |session| {
        let max = whole_number(text::max_bytes(), &draft.max.get_untracked())?;
        session.recv(chosen(desk)?, max, draft.recv_flags.get_untracked(), seconds(text::timeout(), &draft.recv_timeout.get_untracked())?);
        Ok(())
    });
    let shutdown = call(desk, move |session| {
        let how = match draft.how.get_untracked().as_str() {
            "read" => How::Read,
            "both" => How::Both,
            _ => How::Write,
        };
        session.shutdown(chosen(desk)?, how);
        Ok(())
    });
    let shutdown_says = Signal::derive(move || match draft.how.get().as_str() {
        "read" => text::shutdown_read().to_owned(),
        "both" => text::shutdown_both().to_owned(),
        _ => text::shutdown_write().to_owned(),
    });
    view! {
        <CallGroup call="recv" button=says("recv") act=recv>
            <NumberField label=text::max_bytes() value=draft.max />
            <NumberField label=text::timeout() value=draft.recv_timeout placeholder=text::none() />
            <Flags draft />
        </CallGroup>
        <CallGroup call="shutdown" button=shutdown_says act=shutdown>
            <label class="field">
                <span>{text::how()}</span>
                <select prop:value=move || draft.how.get() on:change=move |event| draft.how.set(event_target_value(&event))>
                    <option value="write" selected=true>"SHUT_WR"</option>
                    <option value="read">"SHUT_RD"</option>
                    <option value="both">"SHUT_RDWR"</option>
                </select>
            </label>
        </CallGroup>
    }
}

#[component]
fn ListenerCalls(desk: Desk, draft: Draft) -> impl IntoView {
    let bind = call(desk, move |session| {
        let port = port(&draft.bind_port.get_untracked())?;
        session.bind(chosen(desk)?, draft.address.get_untracked().trim().to_owned(), port);
        Ok(())
    });
    let listen = call(desk, move |session| {
        let backlog = draft.backlog.get_untracked().trim().parse().map_err(|_| text::backlog_wrong().to_owned())?;
        session.listen(chosen(desk)?, backlog);
        Ok(())
    });
    let accept = call(desk, move |session| {
        session.accept(chosen(desk)?, false);
        Ok(())
    });
    let automatic = Signal::derive(move || desk.runs("accept").is_some_and(|running| running.automatic));
    let misfit = Signal::derive(move || desk.socket.with(|socket| socket.as_ref().and_then(|socket| socket.misfit("accept"))));
    let switch = move |_| {
        let Some(id) = desk.selected.get_untracked().filter(|_| misfit.get_untracked().is_none()) else { return };
        let on = automatic.get_untracked();
        desk.session(|session| if on { session.cancel(id, "accept") } else { session.accept(id, true) });
    };
    let what_address = move || {
        let address = draft.address.get();
        let address = address.trim();
        prose(&match address {
            "0.0.0.0" | "::" => text::is_every_address(&address),
            "127.0.0.1" | "::1" | "localhost" => text::is_this_computer(&address),
            _ => text::is_one_address(&address),
        })
    };
    view! {
        <CallGroup call="bind" button=says("bind") act=bind>
            <TextField label=text::address() value=draft.address />
            <NumberField label=text::port() value=draft.bind_port />
            <p class="hint">{what_address}</p>
        </CallGroup>
        <CallGroup call="listen" button=says("listen") act=listen>
            <NumberField label=text::backlog() value=draft.backlog />
        </CallGroup>
        <CallGroup call="accept" button=says("accept") act=accept>
            <Switch label=text::accept_automatically() on=automatic misfit on_click=Callback::new(switch) />
        </CallGroup>
    }
}

#[component]
fn Endings(desk: Desk, is_stream: bool) -> impl IntoView {
    let close = call(desk, move |session| {
        session.close(chosen(desk)?);
        Ok(())
    });
    let abort = call(desk, move |session| {
        session.abort(chosen(desk)?);
        Ok(())
    });
    view! {
        <div class="endings">
            <CallGroup call="close" button=says("close") act=close />
            {is_stream.then(|| view! { <CallGroup call="abort" button=says(text::abort()) act=abort /> })}
        </div>
    }
}

/// A switch that says whether something happens by itself.
#[component]
pub(super) fn Switch(label: &'static str, on: Signal<bool>, misfit: Signal<Option<&'static str>>, on_click: Callback<()>) -> impl IntoView {
    view! {
        <button
            type="button"
            role="switch"
            class="switch"
            aria-checked=move || on.get().to_string()
            aria-disabled=move || misfit.get().is_some().to_string()
            title=move || misfit.get()
            on:click=move |_| on_click.run(())
        >
            <span class="track" aria-hidden="true"></span>
            {label}
        </button>
    }
}
