//! The page of TCP Playground: real TCP sockets in a browser, held for it by a relay.
//!
//! [`net`] is the sockets, [`trace`] what happened to them, [`ladder`] a view of that, [`recording`] what is kept of it, [`code`] it as a program, [`payload`] what is sent;
//! the session acts, the UI shows. All but [`net`] are pure and exist outside a browser too, where they are tested; of [`net`] its pure parts do.

pub mod code;
pub mod ladder;
pub mod net;
pub mod payload;
pub mod recording;
pub mod texts;
pub mod trace;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod fault;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod session;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod ui;

/// Opens the page.
#[cfg(all(feature = "page", target_arch = "wasm32"))]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn open() {
    fault::show_panics();
    leptos::mount::mount_to_body(ui::Page);
}
