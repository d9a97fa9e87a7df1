//! One call as a control: its name, its arguments, its button; why it does not fit now; that it waits; how it failed.

use leptos::prelude::*;

use super::desk::Desk;
use super::remedies::Remedies;
use crate::net::SocketId;
use crate::texts::{calls, errors, page};
use crate::trace::{Explanation, seconds_in_words};

/// What is wrong with an argument, so that there is no call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Mistake {
    /// In a sentence.
    Says(String),
    /// As the failure that the call would meet.
    Explained(Box<Explanation>),
}

impl From<String> for Mistake {
    fn from(text: String) -> Self {
        Self::Says(text)
    }
}

impl From<Explanation> for Mistake {
    fn from(explanation: Explanation) -> Self {
        Self::Explained(Box::new(explanation))
    }
}

/// A call of the chosen socket. The children are the fields of its arguments; `act` reads them and says what is wrong with them.
#[component]
pub(super) fn CallGroup(
    call: &'static str,
    /// What the button says; begins with the call's name.
    button: Signal<String>,
    act: Callback<(), Result<(), Mistake>>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let desk = Desk::here();
    let misfit = Memo::new(move |_| desk.misfit(call));
    let mistake: RwSignal<Option<Mistake>> = RwSignal::new(None);
    // A call has other controls too, a switch for example: once it runs, its arguments were right.
    Effect::new(move |_| {
        if desk.runs(call).is_some() {
            mistake.set(None);
        }
    });
    let reason_id = format!("why-not-{call}");
    let described_by = reason_id.clone();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if misfit.with_untracked(Option::is_none) {
            mistake.set(act.run(()).err());
        }
    };
    // What the system says of a call that does not fit is worth seeing; a descriptor that is gone, and one call twice at a time, are not.
    let can_try = move || {
        misfit.with(Option::is_some)
            && desk.runs(call).is_none()
            && desk.socket.with(|socket| socket.as_ref().is_some_and(|socket| !socket.gone))
    };
    let answer = Memo::new(move |_| desk.socket.with(|socket| socket.as_ref()?.answers.get(call).cloned()));
    view! {
        <form class="call" role="group" aria-label=call novalidate=true class:dimmed=move || misfit.with(Option::is_some) on:submit=submit>
            <div class="arguments">
                {children.map(|children| children())}
                <button
                    type="submit"
                    class="do"
                    aria-disabled=move || misfit.with(|misfit| misfit.is_some().to_string())
                    aria-describedby=move || misfit.with(Option::is_some).then(|| described_by.clone())
                    title=move || misfit.get()
                >
                    {move || button.get()}
                </button>
            </div>
            <p class="why-not" hidden=move || misfit.with(Option::is_none)>
                <span id=reason_id>{move || misfit.get()}</span>
                <button
                    type="button"
                    class="quiet"
                    title=calls::try_anyway_title()
                    hidden=move || !can_try()
                    on:click=move |_| mistake.set(act.run(()).err())
                >
                    {calls::try_anyway()}
                </button>
            </p>
            {move || answer.get().map(|answer| view! { <output class="answer">"→ " <code>{answer}</code></output> })}
            <Waiting call />
            // One alert, the newest: a mistake comes after the failure of an earlier call, and goes with the next.
            {move || match mistake.get() {
                Some(Mistake::Says(text)) => view! { <p class="alert" role="alert">{text}</p> }.into_any(),
                Some(Mistake::Explained(explanation)) => view! { <Explained explanation=*explanation call=Some(call.to_owned()) /> }.into_any(),
                None => view! { <Failure call /> }.into_any(),
            }}
        </form>
    }
}

/// A bar that stays open while `call` waits.
#[component]
pub(super) fn Waiting(call: &'static str) -> impl IntoView {
    let desk = Desk::here();
    let shown = Memo::new(move |_| desk.runs(call));
    // What comes back at once needs no bar: it would only flicker.
    let waited = move |since_ms: f64| (desk.now_ms.get() - since_ms).max(0.0);
    let is_long =
        Memo::new(move |_| shown.with(|shown| shown.as_ref().is_some_and(|running| running.automatic || waited(running.since_ms) > 300.0)));
    let text = move || {
        shown.get().map(|running| {
            let time = whole_seconds(waited(running.since_ms));
            match running.progress {
                Some(progress) => calls::waiting_progress(&call, &time, &progress),
                None => calls::waiting(&call, &time),
            }
        })
    };
    let cancel = move |_| {
        if let Some(id) = desk.selected.get_untracked() {
            desk.session(|session| session.cancel(id, call));
        }
    };
    view! {
        <Show when=move || is_long.get()>
            <div class="waiting">
                <span class="pulse" aria-hidden="true"></span>
                <span>{text}</span>
                <button type="button" class="quiet" aria-label=calls::cancel_call(&call) on:click=cancel>
                    {calls::cancel()}
                </button>
            </div>
        </Show>
    }
}

fn whole_seconds(milliseconds: f64) -> String {
    if milliseconds < 60_000.0 { format!("{:.0} s", (milliseconds / 1000.0).floor()) } else { seconds_in_words(milliseconds) }
}

/// How `call` of the chosen socket failed last.
#[component]
pub(super) fn Failure(call: &'static str) -> impl IntoView {
    let desk = Desk::here();
    let failed = Memo::new(move |_| desk.socket.with(|socket| socket.as_ref()?.failed.get(call).cloned()));
    move || failed.get().map(|failed| view! { <Explained explanation=failed.explanation() call=Some(call.to_owned()) /> })
}

/// A failure in plain words.
#[component]
pub(super) fn Explained(explanation: Explanation, call: Option<String>) -> impl IntoView {
    let Explanation { title, address, cause, remedy, remedies, python, text } = explanation;
    view! {
        <div class="alert" role="alert">
            <p class="what">
                <strong>{title}</strong>
                {address.map(|address| view! { " " <code>{address}</code> })}
            </p>
            <p>{cause} " " <span class="remedy">{remedy}</span></p>
            <Remedies remedies />
            <p class="python">
                "Python: " <code>{python}</code> {call.map(|call| format!(" {}", errors::from_call(&call)))} {format!(" · {}", page::quoted(&text))}
            </p>
        </div>
    }
}

/// The chosen socket, for an act that needs one.
pub(super) fn chosen(desk: Desk) -> Result<SocketId, Mistake> {
    desk.selected.get_untracked().ok_or_else(|| calls::no_socket_chosen().to_owned().into())
}
