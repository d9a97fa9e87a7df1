//! More sockets at once than a browser likes.

use std::cell::RefCell;

use futures::future::try_join_all;
use protocol::{Failure, Name};
use wasm_bindgen::prelude::*;
use web::net::TcpStream;

thread_local! {
    /// Connections that stay open after the call that opened them.
    static OPEN: RefCell<Vec<TcpStream>> = const { RefCell::new(Vec::new()) };
}

/// Opens `count` connections to `port` of 127.0.0.1 at once. They stay open until [`close_all`].
///
/// # Errors
///
/// What the first call that fails says.
#[wasm_bindgen]
pub async fn open_at_once(url: String, token: String, port: u16, count: usize) -> Result<(), JsError> {
    let relay = crate::relay(url, token);
    let opened = try_join_all((0..count).map(async |_| TcpStream::connect(&relay, "127.0.0.1", port.into()).await)).await?;
    OPEN.with_borrow_mut(|open| open.extend(opened));
    Ok(())
}

/// Opens connections to `port` one after the other until there are no more. Returns how many are open, and the POSIX name of what the next one failed with; then shows that
/// there is room again for as many as are closed.
///
/// # Errors
///
/// What fails otherwise.
#[wasm_bindgen]
pub async fn exhaust(url: String, token: String, port: u16) -> Result<String, JsError> {
    let relay = crate::relay(url, token);
    let connect = async || TcpStream::connect(&relay, "127.0.0.1", port.into()).await;
    let refused = loop {
        match connect().await {
            Ok(stream) => OPEN.with_borrow_mut(|open| open.push(stream)),
            Err(error) => break error,
        }
    };
    let count = OPEN.with_borrow(Vec::len);
    let name = refused.get_ref().and_then(|inner| inner.downcast_ref::<Failure>()).map(|failure| failure.name);
    let Some(name) = name else { return Err(refused.into()) };
    if name == Name::EMFILE {
        OPEN.with_borrow_mut(|open| open.truncate(count - 2));
        let again = [connect().await?, connect().await?];
        OPEN.with_borrow_mut(|open| open.extend(again));
    }
    Ok(format!("{count} {name}"))
}

/// Closes what was left open.
#[wasm_bindgen]
pub fn close_all() {
    OPEN.take();
}
