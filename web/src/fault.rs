//! A fault in the page itself: said where it can be read, because a page that is dead looks like one that waits.

use std::panic;

/// Shows every panic on the page and on the browser's console.
pub(crate) fn show_panics() {
    panic::set_hook(Box::new(|info| {
        let text = info.to_string();
        web_sys::console::error_1(&text.as_str().into());
        if show(&text).is_none() {
            web_sys::console::error_1(&"the page has no body to show that on".into());
        }
    }));
}

fn show(text: &str) -> Option<()> {
    let document = web_sys::window()?.document()?;
    let message = document.create_element("div").ok()?;
    message.set_class_name("fault");
    message.set_attribute("role", "alert").ok()?;
    let words = format!("The page stopped because of a fault in it. Reload it to go on; its sockets are closed then.\n{text}");
    message.set_text_content(Some(&words));
    document.body()?.append_child(&message).ok()?;
    Some(())
}
