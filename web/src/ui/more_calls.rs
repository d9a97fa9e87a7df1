//! The calls that are needed less often: options, names, readiness, what the kernel knows.

use leptos::prelude::*;
use protocol::{Family, OptionValue, PollEvent, RecvFlag, SocketOption};

use super::call_group::{CallGroup, chosen};
use super::calls::{call, says};
use super::desk::Desk;
use super::drafts::Draft;
use super::fields::{NumberField, TextField, seconds};
use crate::texts::calls as text;

/// Those calls, folded away until somebody wants them.
#[component]
pub(super) fn MoreCalls(desk: Desk, draft: Draft, is_stream: bool) -> impl IntoView {
    view! {
        <details class="more">
            <summary>{text::more()}</summary>
            <Options desk draft />
            <Addresses desk is_stream />
            <Readiness desk draft />
            <Names desk draft />
        </details>
    }
}

/// The flags of `recv(2)`.
#[component]
pub(super) fn Flags(draft: Draft) -> impl IntoView {
    const FLAGS: [(RecvFlag, &str); 4] = [
        (RecvFlag::Peek, "MSG_PEEK"),
        (RecvFlag::Dontwait, "MSG_DONTWAIT"),
        (RecvFlag::Waitall, "MSG_WAITALL"),
        (RecvFlag::Oob, "MSG_OOB"),
    ];
    view! {
        <details class="flags">
            <summary>
                {move || match draft.recv_flags.with(Vec::len) {
                    0 => text::flags().to_owned(),
                    number => format!("{} ({number})", text::flags()),
                }}
            </summary>
            <Choices choices=&FLAGS chosen=draft.recv_flags />
        </details>
    }
}

/// A check box for each of `choices`.
#[component]
fn Choices<T: Copy + PartialEq + Send + Sync + 'static>(choices: &'static [(T, &'static str)], chosen: RwSignal<Vec<T>>) -> impl IntoView {
    let toggle = move |value: T| {
        chosen.update(|chosen| match chosen.iter().position(|other| *other == value) {
            Some(at) => drop(chosen.remove(at)),
            None => chosen.push(value),
        });
    };
    let choice = move |(value, label): &'static (T, &'static str)| {
        view! {
            <label class="inline">
                <input type="checkbox" prop:checked=move || chosen.with(|chosen| chosen.contains(value)) on:change=move |_| toggle(*value) />
                <span>{*label}</span>
            </label>
        }
    };
    view! { <div class="choice">{choices.iter().map(choice).collect_view()}</div> }
}

#[component]
fn Options(desk: Desk, draft: Draft) -> impl IntoView {
    let set = call(desk, move |session| {
        session.set_option(chosen(desk)?, draft.option.get_untracked(), value(&draft.value.get_untracked()));
        Ok(())
    });
    let get = call(desk, move |session| {
        session.option(chosen(desk)?, draft.option.get_untracked());
        Ok(())
    });
    view! {
        <CallGroup call="setsockopt" button=says("setsockopt") act=set>
            <OptionField draft />
            <TextField label=text::value() value=draft.value />
            <p class="hint">{text::option_hint()}</p>
        </CallGroup>
        <CallGroup call="getsockopt" button=says("getsockopt") act=get>
            <OptionField draft />
        </CallGroup>
    }
}

#[component]
fn OptionField(draft: Draft) -> impl IntoView {
    let choose = move |event| {
        let name = event_target_value(&event);
        if let Some(option) = SocketOption::ALL.iter().find(|option| option.as_str() == name) {
            draft.option.set(*option);
        }
    };
    let choice = move |option: &'static SocketOption| {
        view! { <option value=option.as_str() selected=move || draft.option.get() == *option>{option.as_str()}</option> }
    };
    view! {
        <label class="field field-text">
            <span>{text::option()}</span>
            <select on:change=choose>{SocketOption::ALL.iter().map(choice).collect_view()}</select>
        </label>
    }
}

/// The value of an option as people write it.
fn value(written: &str) -> OptionValue {
    match written.trim() {
        "on" | "true" => OptionValue::Switch(true),
        "off" | "false" => OptionValue::Switch(false),
        "null" | "" => OptionValue::Off,
        other => other.parse().map_or_else(|_| OptionValue::Text(other.to_owned()), OptionValue::Number),
    }
}

#[component]
fn Addresses(desk: Desk, is_stream: bool) -> impl IntoView {
    let own = call(desk, move |session| {
        session.getsockname(chosen(desk)?);
        Ok(())
    });
    let other = call(desk, move |session| {
        session.getpeername(chosen(desk)?);
        Ok(())
    });
    view! {
        <CallGroup call="getsockname" button=says("getsockname") act=own />
        {is_stream.then(|| view! { <CallGroup call="getpeername" button=says("getpeername") act=other /> })}
    }
}

#[component]
fn Readiness(desk: Desk, draft: Draft) -> impl IntoView {
    const EVENTS: [(PollEvent, &str); 2] = [(PollEvent::In, "POLLIN"), (PollEvent::Out, "POLLOUT")];
    let poll = call(desk, move |session| {
        let events = draft.poll_events.get_untracked();
        let timeout = seconds(text::timeout(), &draft.poll_timeout.get_untracked())?;
        session.poll(chosen(desk)?, events, timeout);
        Ok(())
    });
    let info = call(desk, move |session| {
        session.info(chosen(desk)?);
        Ok(())
    });
    view! {
        <CallGroup call="poll" button=says("poll") act=poll>
            <Choices choices=&EVENTS chosen=draft.poll_events />
            <NumberField label=text::timeout() value=draft.poll_timeout placeholder=text::none() />
        </CallGroup>
        <CallGroup call="info" button=says("info (TCP_INFO)") act=info />
    }
}

#[component]
fn Names(desk: Desk, draft: Draft) -> impl IntoView {
    let act = call(desk, move |session| {
        let host = draft.name.get_untracked().trim().to_owned();
        if host.is_empty() {
            return Err(text::host_missing().to_owned().into());
        }
        session.resolve(chosen(desk)?, host, draft.name_family.get_untracked(), None);
        Ok(())
    });
    let choose = move |event| {
        draft.name_family.set(match event_target_value(&event).as_str() {
            "4" => Some(Family::Inet),
            "6" => Some(Family::Inet6),
            _ => None,
        });
    };
    view! {
        <CallGroup call="resolve" button=says("resolve (getaddrinfo)") act>
            <TextField label=text::host() value=draft.name />
            <label class="field">
                <span>{text::family()}</span>
                <select on:change=choose>
                    <option value="">{text::any_family()}</option>
                    <option value="4">"IPv4"</option>
                    <option value="6">"IPv6"</option>
                </select>
            </label>
        </CallGroup>
    }
}
