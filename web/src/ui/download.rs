//! Files that the page offers: what a socket received, exactly, and others.

use js_sys::{Array, Uint8Array};
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};

use super::desk::Desk;
use crate::net::SocketId;

/// Downloads the bytes that `socket` received, as far as the trace keeps them; the name of the file says where that is not all.
pub(super) fn save_received(desk: Desk, socket: SocketId, received_bytes: u64) {
    if received_bytes == 0 {
        return;
    }
    let parts = Array::new();
    let mut kept: u64 = 0;
    desk.session(|session| {
        session.journal(|journal| {
            for piece in journal.trace().received(socket) {
                kept += piece.len() as u64;
                parts.push(&Uint8Array::from(piece));
            }
        });
    });
    let part = if kept < received_bytes { format!("-last-{kept}-of-{received_bytes}") } else { String::new() };
    if let Err(error) = download(&parts, "application/octet-stream", &format!("received-{}{part}.bin", socket.0)) {
        leptos::logging::error!("the download did not start: {error:?}");
    }
}

/// Offers a file of these parts.
pub(super) fn download(parts: &Array, media_type: &str, name: &str) -> Result<(), JsValue> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(media_type);
    download_blob(&web_sys::Blob::new_with_u8_array_sequence_and_options(parts, &options)?, name)
}

/// Offers what the browser holds already.
pub(super) fn download_blob(blob: &web_sys::Blob, name: &str) -> Result<(), JsValue> {
    let url = web_sys::Url::create_object_url_with_blob(blob)?;
    let link: web_sys::HtmlAnchorElement = document().create_element("a")?.dyn_into()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // Long enough for the browser to have begun reading.
    set_timeout(move || drop(web_sys::Url::revoke_object_url(&url)), std::time::Duration::from_secs(60));
    Ok(())
}
