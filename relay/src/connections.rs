//! Which connections the sockets of this relay are an end of, or were a while ago: `info` tells of these, and of no other program's.

use std::{
    collections::{HashSet, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many closed connections are remembered. They live on in the system's table for a minute or so.
const MAX_PAST: usize = 4096;

/// Our end and the other.
type Ends = (SocketAddr, SocketAddr);

/// All that are known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connections(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    open: HashSet<Ends>,
    past: VecDeque<Ends>,
}

impl Connections {
    /// Takes in a connection, which is open until the returned handle is dropped.
    pub(crate) fn add(&self, local: SocketAddr, peer: SocketAddr) -> Connection {
        let ends = (canonical(local), canonical(peer));
        self.lock().open.insert(ends);
        Connection { ends, of: self.clone() }
    }

    /// Whether the connection is known, seen from either end.
    pub(crate) fn has(&self, local: SocketAddr, peer: SocketAddr) -> bool {
        let (one, other) = (canonical(local), canonical(peer));
        let known = self.lock();
        [(one, other), (other, one)].iter().any(|ends| known.open.contains(ends) || known.past.contains(ends))
    }

    /// No code panics while it holds this lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection whose socket is open.
#[derive(Debug)]
pub(crate) struct Connection {
    ends: Ends,
    of: Connections,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut known = self.of.lock();
        known.open.remove(&self.ends);
        if known.past.len() == MAX_PAST {
            known.past.pop_front();
        }
        known.past.push_back(self.ends);
    }
}

/// Without the mapping of IPv4 into IPv6, and without a zone.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_closed_long_ago_is_forgotten() {
        let connections = Connections::default();
        let local: SocketAddr = "127.0.0.1:80".parse().unwrap();
        let peer = |port| SocketAddr::new(local.ip(), port);
        let open = connections.add("[::ffff:127.0.0.1]:80".parse().unwrap(), peer(1));
        drop(connections.add(local, peer(2)));
        assert!(connections.has(local, peer(2)) && connections.has(peer(2), local), "from either end");
        assert!(!connections.has(local, peer(3)));
        for port in 0..MAX_PAST as u16 {
            drop(connections.add(local, peer(10_000 + port)));
        }
        assert!(!connections.has(local, peer(2)) && connections.has(local, peer(1)), "one that is open never is");
        drop(open);
        assert!(connections.has(local, peer(1)));
    }
}
