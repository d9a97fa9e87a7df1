//! The menu of examples.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::codemirror::file_of_page;
use super::studio::Studio;
use crate::editor::{EXAMPLES, Example, in_language};
use crate::texts::{examples as text, language};
use crate::ui::popover::{Popover, close};
use crate::ui::prose::prose;

const NAME: &str = "script-examples";

/// The button, and the list that it opens.
#[component]
pub(super) fn Examples() -> impl IntoView {
    let studio = Studio::here();
    let item = move |example: &'static Example| {
        let begin = move |_| {
            close(NAME);
            spawn_local(begin(studio, example));
        };
        view! {
            <li>
                <button type="button" class="quiet example" on:click=begin>
                    <code>{example.file}</code>
                    <span>{prose((example.says)())}</span>
                </button>
            </li>
        }
    };
    let list = move |is_broken: bool| EXAMPLES.iter().filter(move |example| example.is_broken == is_broken).map(item).collect_view();
    view! {
        <Popover name=NAME label=text::heading()>
            <ul class="examples" aria-label=text::heading()>{list(false)}</ul>
            <h2>{text::broken()}</h2>
            <ul class="examples" aria-label=text::broken()>{list(true)}</ul>
        </Popover>
    }
}

async fn begin(studio: Studio, example: &Example) {
    match file_of_page(&format!("examples/{}", example.file)).await {
        Ok(source) => studio.begin_with(example.file, in_language(&source, language().tag())),
        Err(why) => studio.notice.set(Some(text::failed(&why))),
    }
}
