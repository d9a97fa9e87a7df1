//! Sockets for the page: `TcpSocket`, `TcpStream` and `TcpListener`, shaped like those of `tokio::net`, each over a WebSocket of its own.
//!
//! This module knows no user interface. What happens on its sockets it tells an [`Observer`], frame by frame, so that nothing can pass the trace by.
//! Its types are handles for one thread; dropping the last handle of a socket closes its WebSocket, which is to the socket what the death of its process is.
//!
//! Futures of blocking calls are cancel safe: dropping one cancels the call, and the bytes or the connection that come nevertheless are kept for the next call.

#[cfg(target_arch = "wasm32")]
mod descriptor;
#[cfg(target_arch = "wasm32")]
mod end;
#[cfg(target_arch = "wasm32")]
mod halves;
#[cfg(any(test, target_arch = "wasm32"))]
mod inbox;
#[cfg(target_arch = "wasm32")]
mod listener;
mod observer;
#[cfg(target_arch = "wasm32")]
mod options;
#[cfg(target_arch = "wasm32")]
mod pending;
#[cfg(target_arch = "wasm32")]
mod polling;
#[cfg(any(test, target_arch = "wasm32"))]
mod receiving;
#[cfg(target_arch = "wasm32")]
mod recv;
#[cfg(target_arch = "wasm32")]
mod relay;
#[cfg(target_arch = "wasm32")]
mod samples;
#[cfg(any(test, target_arch = "wasm32"))]
mod slots;
#[cfg(target_arch = "wasm32")]
mod socket;
#[cfg(target_arch = "wasm32")]
mod stream;
#[cfg(target_arch = "wasm32")]
mod transfers;
#[cfg(target_arch = "wasm32")]
mod watch;
#[cfg(target_arch = "wasm32")]
mod websocket;

pub use observer::{Observed, Observer, SocketId};

#[cfg(target_arch = "wasm32")]
pub use self::{
    end::RelayLost,
    halves::{OwnedReadHalf, OwnedWriteHalf, ReuniteError},
    listener::TcpListener,
    polling::Polling,
    relay::Relay,
    samples::{Samples, Table},
    slots::count_on_from,
    socket::TcpSocket,
    stream::TcpStream,
    watch::{RelayState, Watch},
};
