//! How fast `net` is. The benchmark does the same with the browser's own WebSocket and compares.

use futures::{AsyncReadExt as _, AsyncWriteExt as _};
use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use wasm_bindgen::prelude::*;
use web::net::{TcpListener, TcpSocket, TcpStream};

/// How much is written and read at a time, in bytes.
const BLOCK_BYTES: usize = 64 << 10;

/// Bytes a second that come from `port` of 127.0.0.1, over `ms` milliseconds after `warm_up_ms`.
///
/// # Errors
///
/// What the calls say.
#[wasm_bindgen]
pub async fn down(url: String, token: String, port: u16, warm_up_ms: f64, ms: f64) -> Result<f64, JsError> {
    let mut stream = TcpStream::connect(&crate::relay(url, token), "127.0.0.1", port.into()).await?;
    let mut buffer = vec![0; BLOCK_BYTES];
    let warm = Date::now() + warm_up_ms;
    while Date::now() < warm {
        stream.read_exact(&mut buffer).await?;
    }
    let (started, mut bytes) = (Date::now(), 0);
    while Date::now() < started + ms {
        stream.read_exact(&mut buffer).await?;
        bytes += buffer.len();
    }
    Ok(bytes as f64 * 1e3 / (Date::now() - started))
}

/// Sends to `port` of 127.0.0.1 for `ms` milliseconds; who receives counts.
///
/// # Errors
///
/// What the calls say.
#[wasm_bindgen]
pub async fn up(url: String, token: String, port: u16, ms: f64) -> Result<(), JsError> {
    let mut stream = TcpStream::connect(&crate::relay(url, token), "127.0.0.1", port.into()).await?;
    let block = vec![0x55; BLOCK_BYTES];
    let end = Date::now() + ms;
    while Date::now() < end {
        stream.write_all(&block).await?;
    }
    stream.abort().await?;
    Ok(())
}

/// Milliseconds of one round trip of `bytes` bytes, the mean over `ms` milliseconds. A `recv` waits for each already.
///
/// # Errors
///
/// What the calls say.
#[wasm_bindgen]
pub async fn round_trip(url: String, token: String, port: u16, bytes: usize, ms: f64) -> Result<f64, JsError> {
    let stream = TcpStream::connect(&crate::relay(url, token), "127.0.0.1", port.into()).await?;
    let (mut read, mut write) = stream.into_split();
    let (message, mut answer) = (vec![0x55; bytes], vec![0; bytes]);
    let (started, mut count) = (Date::now(), 0);
    while Date::now() < started + ms {
        write.write_all(&message).await?;
        read.read_exact(&mut answer).await?;
        count += 1;
    }
    Ok((Date::now() - started) / f64::from(count))
}

/// Milliseconds of an `accept` for which a WebSocket is ready, and of opening a WebSocket for a socket: means of `count`.
///
/// # Errors
///
/// What the calls say.
#[wasm_bindgen]
pub async fn accept(url: String, token: String, count: u32) -> Result<Vec<f64>, JsError> {
    let relay = crate::relay(url, token);
    let listener = TcpListener::bind(&relay, "127.0.0.1", 0, 16).await?;
    let (mut accepting, mut opening) = (0.0, 0.0);
    for _ in 0..count {
        let before = now();
        let socket = TcpSocket::new_v4(&relay).await?;
        opening += now() - before;
        socket.connect("127.0.0.1", listener.local_addr().port().into(), None).await?;
        // Long enough for a WebSocket to be opened: that is what is measured, not the waiting.
        TimeoutFuture::new(50).await;
        let before = now();
        listener.accept(None).await?;
        accepting += now() - before;
    }
    Ok(vec![accepting / f64::from(count), opening / f64::from(count)])
}

#[wasm_bindgen]
extern "C" {
    /// The browser's finest clock, in milliseconds.
    #[wasm_bindgen(js_namespace = performance)]
    fn now() -> f64;
}
