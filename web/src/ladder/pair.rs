//! Which socket of the page is the other end of another one.

use std::net::SocketAddr;

use crate::net::SocketId;
use crate::trace::{Kind, Socket, Sockets};

/// The sockets that a ladder is about, as far as the page knows them.
#[derive(Clone, Debug, PartialEq)]
pub struct Ends {
    /// The chosen one.
    pub own: Socket,
    /// The other one, where it is a socket of the page, too.
    pub other: Option<Socket>,
}

/// The socket at the other end of `socket`, if `sockets` has it: each has its address where the other one has its peer.
/// Of several the nearest in number, as an address may serve again after a connection is over.
pub fn other_end<'a>(sockets: &'a Sockets, socket: &Socket) -> Option<&'a Socket> {
    let (local, peer) = (canonical(socket.local?), canonical(socket.peer?));
    let is_other = |candidate: &&Socket| {
        candidate.id != socket.id && candidate.local.map(canonical) == Some(peer) && candidate.peer.map(canonical) == Some(local)
    };
    sockets.all().filter(is_other).min_by_key(|candidate| distance(candidate.id, socket.id))
}

fn distance(one: SocketId, other: SocketId) -> u64 {
    one.0.abs_diff(other.0)
}

/// An IPv4 address in IPv6's clothes is that IPv4 address.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

impl Ends {
    /// Those of `socket` and of what `sockets` has at its other end.
    pub fn of(sockets: &Sockets, socket: &Socket) -> Self {
        Self { own: socket.clone(), other: other_end(sockets, socket).cloned() }
    }

    /// Whether the chosen one listens, so that its ladder shows who connects.
    pub fn listens(&self) -> bool {
        self.own.kind == Kind::Listener
    }

    /// Whether these are the same sockets, so that the same rows tell of them.
    pub fn is_same(&self, other: &Self) -> bool {
        let sockets = |ends: &Self| (ends.own.id, ends.own.listener, ends.listens(), ends.other.as_ref().map(|other| other.id));
        sockets(self) == sockets(other)
    }
}
