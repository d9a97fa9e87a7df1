//! The page of TCP Playground: real TCP sockets in a browser, held for it by a relay.
//!
//! [`net`] is the sockets, [`trace`] what happened to them, [`ladder`] and [`bytes`] views of that, [`recording`] what is kept of all that, [`code`] that as a program, [`path`],
//! [`buffers`] and [`tcp_info`] what it says of one socket, [`payload`] and [`messages`] what is sent; the session acts, the UI shows. Only what is pure, and the pure
//! parts of [`net`], exist outside a browser, where they are tested.

pub mod buffers;
pub mod bytes;
pub mod code;
pub mod editor;
pub mod ladder;
pub mod markup;
pub mod messages;
pub mod net;
pub mod path;
pub mod payload;
pub mod recording;
pub mod script;
pub mod tcp_info;
pub mod texts;
pub mod trace;

#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod fault;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod piece;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod session;
#[cfg(all(feature = "page", target_arch = "wasm32"))]
mod ui;

/// Opens the page.
#[cfg(all(feature = "page", target_arch = "wasm32"))]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn open() {
    fault::show_panics();
    ui::open();
}
