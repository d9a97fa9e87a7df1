//! A text of the page, with what is code in it drawn as code and what is stressed drawn so.

use leptos::prelude::*;

/// Backticks stand around code and asterisks around what is stressed. What comes from elsewhere and holds such marks is at worst drawn differently.
pub(super) fn prose(text: &str) -> AnyView {
    text.split('`')
        .enumerate()
        .map(|(index, piece)| {
            if index % 2 == 1 {
                return view! { <code>{piece.to_owned()}</code> }.into_any();
            }
            let stressed = piece.split('*').enumerate().map(|(index, piece)| {
                let piece = piece.to_owned();
                if index % 2 == 1 { view! { <b>{piece}</b> }.into_any() } else { piece.into_any() }
            });
            stressed.collect_view().into_any()
        })
        .collect_view()
        .into_any()
}
