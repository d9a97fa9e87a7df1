//! From a call that somebody points at in a view to the line that made it, and from a line to its calls.

use leptos::prelude::*;

use super::state::Standing;
use super::studio::{Loaded, Studio};
use crate::texts::script as text;
use crate::trace::{Fact, Place};
use crate::ui::desk::Desk;

/// Lights the line of the call that is pointed at, for as long as the panel is there.
pub(super) fn light_lines(desk: Desk, studio: Studio) {
    let place = Memo::new(move |_| {
        let event = desk.pointed.get()?;
        desk.session(|session| session.journal(|journal| journal.trace().place(event).cloned()))
    });
    Effect::new(move |before: Option<Option<Place>>| {
        let place = place.get();
        let Loaded::Ready(editor) = studio.editor.get() else { return place };
        let Some(Place { file, line }) = place.clone() else {
            editor.light(&[]);
            return place;
        };
        // What was pointed at before the panel was opened is no reason to leave the script that somebody wants to see.
        let is_new = before.is_some_and(|before| before != place);
        let file = studio.files.with_untracked(|files| files.named(&file).map(|file| file.id));
        if let Some(file) = file.filter(|file| is_new || studio.chosen.get_untracked() == Some(*file)) {
            if studio.chosen.get_untracked() != Some(file) {
                studio.choose(file);
            }
            let lines: Vec<u32> = studio.line_now(file, line).into_iter().collect();
            // The document is shown first.
            request_animation_frame(move || editor.light(&lines));
        }
        place
    });
    on_cleanup(move || desk.line.set(None));
}

/// Goes from the line with the cursor to its calls, the latest first; there only where it made some.
#[component]
pub(super) fn CallsOfLine(standing: Memo<Standing>) -> impl IntoView {
    let desk = Desk::here();
    let line = Memo::new(move |_| {
        standing.track();
        let (file, line) = desk.line.get()?;
        let has_calls = desk.session(|session| session.journal(|journal| journal.trace().calls_of(&file, line).next().is_some()));
        has_calls.then_some((file, line))
    });
    let go = move |_| {
        let Some((file, line)) = line.get_untracked() else { return };
        let at = desk.event.get_untracked();
        let found = desk.session(|session| {
            session.journal(|journal| {
                let trace = journal.trace();
                let earlier = trace.calls_of(&file, line).find(|event| at.is_none_or(|at| *event < at));
                let event = earlier.or_else(|| trace.calls_of(&file, line).next())?;
                let socket = trace.get(event)?.socket;
                // A `send` is drawn when its bytes go out.
                let sends = trace.since(event).take(3).find(|entry| entry.socket == socket && matches!(entry.fact, Fact::Sending { .. }));
                Some((sends.map_or(event, |entry| entry.number), socket))
            })
        });
        if let Some((event, socket)) = found {
            desk.selected.set(Some(socket));
            desk.look_at(Some(event));
        }
    };
    move || {
        line.get().map(|(_, line)| {
            view! { <button type="button" class="quiet" on:click=go>{text::calls_of_line(&line)}</button> }
        })
    }
}
