//! `send(2)` of as much as somebody likes: cut into pieces that are sent one after the other, each of them visible.

use std::future::Future;
use std::io;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use leptos::prelude::*;

use super::{Session, on_either};
use crate::net::SocketId;
use crate::trace::{bytes_in_words, number_in_words};

/// The most that is sent by one `send`, in bytes.
const PIECE_BYTES: usize = 256 << 10;

/// What is to be sent.
pub(crate) enum Payload {
    /// These bytes.
    Bytes(Vec<u8>),
    /// The bytes of a file, read piece by piece.
    File(web_sys::File),
}

impl Payload {
    fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            // A file is no larger than the 2^53 that a float holds exactly.
            Self::File(file) => file.size() as usize,
        }
    }

    async fn piece(&self, start: usize) -> Result<Vec<u8>, JsValue> {
        let end = self.len().min(start + PIECE_BYTES);
        match self {
            Self::Bytes(bytes) => Ok(bytes.get(start..end).unwrap_or_default().to_vec()),
            Self::File(file) => {
                let piece = file.slice_with_f64_and_f64(start as f64, end as f64)?;
                Ok(Uint8Array::new(&JsFuture::from(piece.array_buffer()).await?).to_vec())
            }
        }
    }
}

impl Session {
    /// `send(2)`, as often as `payload` needs.
    pub(crate) fn send(&self, id: SocketId, payload: Payload) {
        self.0.unreadable.set(None);
        on_either!(self.handles(id), handle => self.send_by(id, payload, move |piece| {
            let handle = handle.clone();
            async move { handle.send(&piece).await }
        }));
    }

    fn send_by<F: Future<Output = io::Result<usize>>>(&self, id: SocketId, payload: Payload, send: impl Fn(Vec<u8>) -> F + 'static) {
        let session = self.clone();
        self.0.running.run(id, "send", false, async move {
            let (mut sent, total) = (0, payload.len());
            while sent < total {
                if total > PIECE_BYTES {
                    let progress = format!("{} of {}", number_in_words(sent as u64), bytes_in_words(total as u64));
                    session.0.running.goes_on(id, "send", Some(progress));
                }
                match payload.piece(sent).await {
                    Ok(piece) if !piece.is_empty() && sends(&send, &piece).await => sent += piece.len(),
                    Ok(_) => return,
                    Err(_) => {
                        let text = format!("The file could not be read beyond its first {}. Choose it again.", bytes_in_words(sent as u64));
                        return session.0.unreadable.set(Some((id, text)));
                    }
                }
            }
        });
    }
}

/// Sends a piece whole, as Python's `sendall` does, and returns whether that succeeded.
async fn sends<F: Future<Output = io::Result<usize>>>(send: &impl Fn(Vec<u8>) -> F, piece: &[u8]) -> bool {
    let mut rest = piece;
    while !rest.is_empty() {
        match send(rest.to_vec()).await {
            Ok(sent @ 1..) => rest = rest.get(sent..).unwrap_or_default(),
            Ok(0) | Err(_) => return false,
        }
    }
    true
}
