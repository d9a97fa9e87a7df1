//! What runs a script, stops it, and lets people follow it.

use std::time::Duration;

use leptos::prelude::*;

use super::state::Standing;
use super::studio::Studio;
use crate::script::ScriptState;
use crate::session::shares_memory;
use crate::texts::script as text;
use crate::trace::decimal;
use crate::ui::prose::prose;

/// How long a script may wait before each call, in milliseconds.
const PACES_MS: [u64; 4] = [0, 500, 1000, 2000];

/// The row of buttons.
#[component]
pub(super) fn Toolbar(standing: Memo<Standing>) -> impl IntoView {
    let studio = Studio::here();
    let is_active = Memo::new(move |_| studio.state().is_active());
    let is_paused = Memo::new(move |_| studio.chosen.get().is_some_and(|id| studio.scripts().paused(id).get()));
    let is_off = Memo::new(move |_| standing.with(|standing| matches!(standing, Standing::Unavailable { .. })));
    let stop = move |_| {
        if let Some(id) = studio.chosen.get_untracked() {
            studio.scripts().stop(id);
        }
    };
    let pause = move |_| {
        let Some(id) = studio.chosen.get_untracked() else { return };
        if is_paused.get_untracked() { studio.scripts().resume(id) } else { studio.scripts().pause(id) }
    };
    // Stepping begins where a script is: before its first call, where it does not run yet.
    let step = move |_| {
        let Some(id) = studio.chosen.get_untracked() else { return };
        let is_waiting = matches!(studio.scripts().state(id).get_untracked(), ScriptState::Paused { .. });
        if is_waiting {
            return studio.scripts().step(id);
        }
        studio.scripts().pause(id);
        if !is_active.get_untracked() {
            studio.run();
        }
    };
    view! {
        <div class="script-bar">
            <button type="button" class="primary" title="Ctrl+Enter" on:click=move |_| studio.run()>{text::run()}</button>
            <button type="button" aria-disabled=move || (!is_active.get()).to_string() on:click=stop>{text::stop()}</button>
            <button type="button" aria-disabled=move || is_off.get().to_string() on:click=pause>
                {move || if is_paused.get() { text::go_on() } else { text::pause() }}
            </button>
            <button type="button" aria-disabled=move || is_off.get().to_string() on:click=step>{text::step()}</button>
            <SlowMotion />
        </div>
        {(!shares_memory()).then(|| view! { <p class="hint">{prose(text::stop_restarts())}</p> })}
    }
}

#[component]
fn SlowMotion() -> impl IntoView {
    let pace = Studio::here().scripts().slow_motion();
    let choose = move |event| {
        if let Ok(milliseconds) = event_target_value(&event).parse() {
            pace.set(Duration::from_millis(milliseconds));
        }
    };
    let option = move |milliseconds: u64| {
        let says = match milliseconds {
            0 => text::slow_off().to_owned(),
            _ => text::slow_of(&decimal(milliseconds as f64 / 1000.0, usize::from(!milliseconds.is_multiple_of(1000)))),
        };
        view! {
            <option value=milliseconds.to_string() selected=move || pace.get() == Duration::from_millis(milliseconds)>{says}</option>
        }
    };
    view! {
        <label class="inline">
            <span>{text::slow()}</span>
            <select on:change=choose>{PACES_MS.map(option).collect_view()}</select>
        </label>
    }
}
