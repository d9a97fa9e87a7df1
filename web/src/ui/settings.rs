//! What somebody chose once and finds again: the language, the colours, whether single keys act. Kept in this browser.

use leptos::prelude::*;

use crate::texts::{Language, Named, set_language, settings as text};

/// The choices.
#[derive(Clone, Copy)]
pub(crate) struct Settings {
    /// The language of the page; what was drawn in another is drawn again.
    pub(crate) language: RwSignal<Language>,
    /// The colours; an attribute of the document tells the style sheets.
    pub(crate) theme: RwSignal<&'static str>,
    /// Whether single keys act outside of text fields.
    pub(crate) keys: RwSignal<bool>,
}

const THEMES: [Named; 4] = [("system", text::system), ("light", text::light), ("dark", text::dark), ("contrast", text::contrast)];

impl Settings {
    /// Reads what was chosen; the language of the browser, where nothing was.
    pub(super) fn open() -> Self {
        let language = kept("language").or_else(|| window().navigator().language());
        let language = language.and_then(|tag| Language::of_tag(&tag)).unwrap_or_default();
        set_language(language);
        let theme = kept("theme").and_then(|kept| THEMES.iter().find(|(theme, _)| **theme == *kept)).map_or("system", |(theme, _)| theme);
        let settings = Self {
            language: RwSignal::new(language),
            theme: RwSignal::new(theme),
            keys: RwSignal::new(kept("keys").as_deref() != Some("off")),
        };
        Effect::new(move |_| {
            mark("lang", settings.language.get().tag());
            mark("data-theme", settings.theme.get());
        });
        settings
    }

    fn speak(self, language: Language) {
        set_language(language);
        keep("language", language.tag());
        self.language.set(language);
    }
}

/// The choices as controls.
#[component]
pub(super) fn SettingsFields(settings: Settings) -> impl IntoView {
    let speak = move |event| {
        if let Some(language) = Language::of_tag(&event_target_value(&event)) {
            settings.speak(language);
        }
    };
    let paint = move |event| {
        let chosen = event_target_value(&event);
        if let Some((theme, _)) = THEMES.iter().find(|(theme, _)| **theme == *chosen) {
            keep("theme", theme);
            settings.theme.set(theme);
        }
    };
    let switch = move |_| {
        settings.keys.update(|keys| *keys = !*keys);
        keep("keys", if settings.keys.get_untracked() { "on" } else { "off" });
    };
    view! {
        <label class="inline">
            <span>{text::language()}</span>
            <select on:change=speak>
                {Language::ALL
                    .map(|language| {
                        view! {
                            <option value=language.tag() lang=language.tag() selected=move || settings.language.get() == language>
                                {language.own_name()}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
        </label>
        <label class="inline">
            <span>{text::theme()}</span>
            <select on:change=paint>
                {THEMES
                    .iter()
                    .map(|(theme, says)| {
                        view! { <option value=*theme selected=move || settings.theme.get() == *theme>{says()}</option> }
                    })
                    .collect_view()}
            </select>
        </label>
        <label class="inline">
            <input type="checkbox" prop:checked=move || settings.keys.get() on:change=switch />
            <span>{text::single_keys()}</span>
        </label>
    }
}

fn mark(attribute: &str, value: &str) {
    if let Some(Err(error)) = document().document_element().map(|root| root.set_attribute(attribute, value)) {
        leptos::logging::warn!("{attribute} could not be set: {error:?}");
    }
}

/// What is kept in this browser under `name`. A browser that keeps nothing, as a private window may, has nothing.
pub(super) fn kept(name: &str) -> Option<String> {
    window().local_storage().ok().flatten()?.get_item(&format!("tcp-playground.{name}")).ok().flatten()
}

/// Keeps `value` in this browser, where it keeps anything.
pub(super) fn keep(name: &str, value: &str) {
    if let Some(storage) = window().local_storage().ok().flatten()
        && let Err(error) = storage.set_item(&format!("tcp-playground.{name}"), value)
    {
        leptos::logging::warn!("{name} is not kept: {error:?}");
    }
}
