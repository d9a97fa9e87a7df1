//! What the page says, in the language that was chosen. A function for each text, made by `build.rs` of `texts/<language>/*.ftl`.
//!
//! Names of the field (`connect`, ESTABLISHED, ECONNREFUSED) are the same in every language. In a text, what stands between backticks is
//! code and what stands between asterisks is stressed; the UI draws it so.

use std::cell::Cell;
use std::fmt::Display;

use crate::trace::number_in_words;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::En, Self::De];

    /// The tag of RFC 5646.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// What it calls itself.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::En => "English",
            Self::De => "Deutsch",
        }
    }

    /// The language of a tag such as `de-AT`; nothing for one that the page does not speak.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// Something with a name of its own, and what it is called in the language of the page.
pub type Named = (&'static str, fn() -> &'static str);

thread_local! {
    // A page has one thread; tests have one each, and do not disturb each other.
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::En) };
}

/// The language in which the texts are now.
pub fn language() -> Language {
    LANGUAGE.get()
}

/// Chooses the language. What was already drawn stays as it is: draw it again.
pub fn set_language(language: Language) {
    LANGUAGE.set(language);
}

fn put(text: &mut String, value: &dyn Display) {
    text.push_str(&value.to_string());
}

include!(concat!(env!("OUT_DIR"), "/texts.rs"));
