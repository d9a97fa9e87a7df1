//! Protocol crates of others in a browser, unmodified, over the page's [`web::net`]; and what that module does itself, at its edges.
//!
//! Each function is called by a test (`tests/suite/net_*.rs`) or by the benchmark (`tests/benches/browser`) from the page that it serves this to, with the address and the token of a relay. None of it is part of the product.
#![cfg(target_arch = "wasm32")]

pub mod http;
pub mod many;
pub mod postgres;
pub mod shape;
pub mod speed;

use std::rc::Rc;

use web::net::{Observed, Observer, Relay, SocketId};

/// Nobody watches these sockets.
struct Unobserved;

impl Observer for Unobserved {
    fn observe(&self, _socket: SocketId, _observed: Observed<'_>) {}
}

fn relay(url: String, token: String) -> Relay {
    Relay::new(url, token, Rc::new(Unobserved))
}
