//! The browser's WebSocket. The only file that names `web_sys::WebSocket`.

use std::{cell::RefCell, io};

use js_sys::{Array, ArrayBuffer, JsString, Uint8Array};
use protocol::{SUBPROTOCOL, TOKEN_PREFIX};
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{BinaryType, CloseEvent, MessageEvent};

use super::slots::Slot;

/// What a WebSocket reports.
#[derive(Debug)]
pub(super) enum Incoming {
    Text(String),
    Bytes(Vec<u8>),
    /// The last report: never opened, or closed. The code is RFC 6455's (section 7.4.1).
    Closed {
        code: u16,
        reason: String,
    },
}

/// A WebSocket and its event handlers; dropping it unregisters them and closes it.
pub(super) struct WebSocket {
    inner: web_sys::WebSocket,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
    slot: Option<Slot>,
}

/// A WebSocket that nobody holds any more and that the browser still counts: its close handshake is under way, or its opening one, after which it is closed.
struct Closing {
    inner: web_sys::WebSocket,
    _on_open: Option<Closure<dyn FnMut()>>,
    _on_close: Closure<dyn FnMut(CloseEvent)>,
    _slot: Slot,
}

thread_local! {
    /// No more than there are slots.
    static CLOSING: RefCell<Vec<Closing>> = const { RefCell::new(Vec::new()) };
}

impl WebSocket {
    /// Begins a handshake with `url`. `report` is called for each thing that comes, from the browser's event loop.
    ///
    /// # Errors
    ///
    /// The browser refuses the URL.
    pub(super) fn open(url: &str, token: &str, slot: Slot, report: impl Fn(Incoming) + Clone + 'static) -> io::Result<Self> {
        let protocols = Array::of1(&SUBPROTOCOL.into());
        // The browser throws at other characters. Without a token the relay says what is missing, in words.
        if token.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            protocols.push(&format!("{TOKEN_PREFIX}{token}").into());
        }
        let inner = web_sys::WebSocket::new_with_str_sequence(url, &protocols).map_err(|error| refused(&error))?;
        inner.set_binary_type(BinaryType::Arraybuffer);
        let on_message = {
            let report = report.clone();
            Closure::new(move |event: MessageEvent| {
                let data = event.data();
                if let Some(text) = data.dyn_ref::<JsString>() {
                    report(Incoming::Text(text.into()));
                } else if let Some(buffer) = data.dyn_ref::<ArrayBuffer>() {
                    report(Incoming::Bytes(Uint8Array::new(buffer).to_vec()));
                }
            })
        };
        let on_close = Closure::new(move |event: CloseEvent| report(Incoming::Closed { code: event.code(), reason: event.reason() }));
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        inner.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self { inner, _on_message: on_message, _on_close: on_close, slot: Some(slot) })
    }

    /// Queues a text frame. Once the WebSocket closes it is dropped, and the close is reported.
    pub(super) fn send_text(&self, text: &str) -> io::Result<()> {
        self.inner.send_with_str(text).map_err(|error| refused(&error))
    }

    /// Queues a binary frame, likewise.
    pub(super) fn send_bytes(&self, bytes: &[u8]) -> io::Result<()> {
        self.inner.send_with_u8_array(bytes).map_err(|error| refused(&error))
    }
}

impl Drop for WebSocket {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onclose(None);
        // One that is opening is let open first: browsers write a warning into the console where it is closed before.
        if self.inner.ready_state() != web_sys::WebSocket::CONNECTING {
            close(&self.inner);
        }
        if let Some(slot) = self.slot.take()
            && self.inner.ready_state() != web_sys::WebSocket::CLOSED
        {
            Closing::wait(self.inner.clone(), slot.closing());
        }
    }
}

impl Closing {
    fn wait(inner: web_sys::WebSocket, slot: Slot) {
        let closed = inner.clone();
        let on_close = Closure::new(move |_event: CloseEvent| {
            let gone = CLOSING.with_borrow_mut(|closing| {
                let position = closing.iter().position(|one| one.inner == closed);
                position.map(|position| closing.swap_remove(position))
            });
            if let Some(gone) = &gone {
                gone.inner.set_onopen(None);
                gone.inner.set_onclose(None);
            }
        });
        inner.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        let on_open = (inner.ready_state() == web_sys::WebSocket::CONNECTING).then(|| {
            let opened = inner.clone();
            let on_open = Closure::new(move || close(&opened));
            inner.set_onopen(Some(on_open.as_ref().unchecked_ref()));
            on_open
        });
        CLOSING.with_borrow_mut(|closing| closing.push(Self { inner, _on_open: on_open, _on_close: on_close, _slot: slot }));
    }
}

fn close(websocket: &web_sys::WebSocket) {
    // It fails for a wrong close code only, and there is none.
    websocket.close().ok();
}

fn refused(error: &JsValue) -> io::Error {
    let text = error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()));
    io::Error::other(format!("the browser's WebSocket: {text}"))
}
