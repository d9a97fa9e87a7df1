//! Acting by script: the editor, what runs and stops what is written in it, and what that prints. What a script calls is made by the session, and is seen in the views
//! beside this panel as what is called by hand.

mod codemirror;
mod console;
mod examples;
mod kept;
mod pointing;
mod state;
mod studio;
mod tabs;
mod toolbar;

use leptos::html::Div;
use leptos::prelude::*;

pub(crate) use studio::Studio;

use crate::texts::script as text;
use crate::ui::desk::Desk;
use studio::Loaded;

/// The id of what says how the editor is left by keyboard.
const DESCRIPTION: &str = "script-escape";

/// The panel.
#[component]
pub(super) fn ScriptPanel() -> impl IntoView {
    let studio = Studio::here();
    studio.enter();
    pointing::light_lines(Desk::here(), studio);
    let standing = state::standing(studio);
    let name = move || studio.chosen.get().map(|id| format!("tab-script-{}", id.0));
    let bring_back = Memo::new(move |_| studio.files.with(|files| files.closed().map(|name| text::bring_back(&name.as_str()))));
    view! {
        <section class="panel script" aria-label=text::panel()>
            <tabs::ScriptTabs />
            <p class="script-notice" role="status">{move || studio.notice.get()}</p>
            {move || bring_back.get().map(|says| view! {
                <button type="button" class="quiet bring-back" on:click=move |_| studio.bring_back()>{says}</button>
            })}
            <p class="script-notice" hidden=move || studio.is_kept().get()>{text::not_kept()}</p>
            <div role="tabpanel" id="script-page" class="script-page" aria-labelledby=name>
                <toolbar::Toolbar standing />
                <EditorPane standing />
                <state::StateLine standing />
                <console::ConsolePane standing />
            </div>
        </section>
    }
}

#[component]
fn EditorPane(standing: Memo<state::Standing>) -> impl IntoView {
    let studio = Studio::here();
    let parent = NodeRef::<Div>::new();
    let place = Memo::new(move |_| standing.with(state::Standing::place));
    let shown = StoredValue::new(None);
    Effect::new(move |_| {
        let (Loaded::Ready(editor), Some(parent), Some(id)) = (studio.editor.get(), parent.get(), studio.chosen.get()) else { return };
        if shown.try_update_value(|shown| shown.replace(id)) == Some(None) {
            editor.attach(&parent, DESCRIPTION);
        }
        studio.show(&editor, &place.get_untracked());
    });
    Effect::new(move |_| {
        let (place, Loaded::Ready(editor)) = (place.get(), studio.editor.get_untracked()) else { return };
        editor.place(&place);
    });
    Effect::new(move |_| {
        let _is_over = studio.state();
        if let Loaded::Ready(editor) = studio.editor.get_untracked() {
            studio.mark_fault(&editor);
        }
    });
    let is_loading = move || matches!(studio.editor.get(), Loaded::Not | Loaded::Loading);
    let failure = move || match studio.editor.get() {
        Loaded::Failed(why) => Some(text::editor_failed(&why)),
        _ => None,
    };
    view! {
        <p class="hint" hidden=move || !is_loading()>{text::editor_loading()}</p>
        {move || failure().map(|words| view! { <p class="script-problem" role="alert">{words}</p> })}
        <div class="script-editor" node_ref=parent></div>
        <div class="script-foot">
            <p id=DESCRIPTION>{text::escape()}</p>
            <pointing::CallsOfLine standing />
        </div>
    }
}
