//! The connections that sockets of a relay have and had: of these, and of nobody else's, `info` tells by their addresses. No I/O.

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::info;

/// How many that are closed are remembered. The system has them in its table for a minute or two: TIME_WAIT as a rule.
const MAX_CLOSED: usize = 8192;

/// All connections of a relay.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// With how many sockets of this relay are ends of it.
    open: HashMap<Ends, usize>,
    /// The oldest first.
    closed: VecDeque<Ends>,
}

/// Both ends, the lower address first: whoever asks may be at either.
type Ends = [SocketAddr; 2];

fn ends(one: SocketAddr, other: SocketAddr) -> Ends {
    let mut ends = [info::canonical(one), info::canonical(other)];
    ends.sort_unstable();
    ends
}

impl Connections {
    /// Takes in a connection, which is open until the returned handle is dropped.
    pub(crate) fn add(&self, local: SocketAddr, peer: SocketAddr) -> Connection {
        let ends = ends(local, peer);
        *self.lock().open.entry(ends).or_default() += 1;
        Connection { ends, of: self.clone() }
    }

    /// Whether a socket of this relay is, or was not long ago, one end of the connection between these two.
    pub(crate) fn know(&self, local: SocketAddr, peer: SocketAddr) -> bool {
        let ends = ends(local, peer);
        let known = self.lock();
        known.open.contains_key(&ends) || known.closed.contains(&ends)
    }

    /// No code panics while it holds this lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One that is open.
pub(crate) struct Connection {
    ends: Ends,
    of: Connections,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut known = self.of.lock();
        let left = known.open.get(&self.ends).map_or(0, |count| count - 1);
        if left > 0 {
            known.open.insert(self.ends, left);
            return;
        }
        known.open.remove(&self.ends);
        if known.closed.len() == MAX_CLOSED {
            known.closed.pop_front();
        }
        known.closed.push_back(self.ends);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_is_known_from_both_ends_and_for_a_while_after_it_was_closed() {
        let connections = Connections::default();
        let (one, other) = (address("[::ffff:127.0.0.1]:1000"), address("127.0.0.1:80"));
        let know = || (connections.know(one, other), connections.know(other, address("127.0.0.1:1000")));
        assert_eq!(know(), (false, false));
        let client = connections.add(one, other);
        let accepted = connections.add(other, one);
        assert_eq!(know(), (true, true));
        drop(client);
        assert_eq!(connections.lock().closed.len(), 0, "its other end is open");
        drop(accepted);
        assert_eq!(know(), (true, true));
        assert!(connections.lock().open.is_empty());
        assert!(!connections.know(one, address("127.0.0.1:81")));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let connections = Connections::default();
        let peer = |number: usize| SocketAddr::new([10, 0, (number >> 8) as u8, number as u8].into(), 80);
        let local = address("10.9.9.9:1");
        for number in 0..=MAX_CLOSED {
            drop(connections.add(local, peer(number)));
        }
        assert!(!connections.know(local, peer(0)) && connections.know(local, peer(1)) && connections.know(local, peer(MAX_CLOSED)));
    }
}
