//! The page's `net` by itself: its shape, and more sockets at once than a browser likes.

use crate::peers::Peer;
use crate::trials::in_trials;

#[test]
fn net_is_shaped_like_tokios() {
    in_trials("net_shape", &[], async |trials| {
        assert_eq!(trials.evaluate("trials.shape(relay, token)").await, 9);
    });
}

#[test]
fn sixty_four_sockets_open_at_once() {
    in_trials("net_at_once", &[], async |trials| {
        let mut peer = Peer::start("socat", &["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1,fork,backlog=100", "SYSTEM:cat"]);
        let port = peer.listening_port().await;
        trials.run("open_at_once", &format!("{port}, 64")).await;
        trials.evaluate("trials.close_all()").await;
    });
}

#[test]
fn the_socket_beyond_the_browsers_limit_is_emfile() {
    in_trials("net_emfile", &[], async |trials| {
        let mut peer = Peer::start("python3", &["-c", ACCEPT_ALL]);
        let port: u16 = peer.value("port").await;
        assert_eq!(trials.run("exhaust", &port.to_string()).await, "255 EMFILE");
        trials.evaluate("trials.close_all()").await;
        // The page has its sockets back.
        trials.run("open_at_once", &format!("{port}, 64")).await;
    });
}

/// Takes whoever comes, and keeps them.
const ACCEPT_ALL: &str = "
import socket
listener = socket.create_server(('127.0.0.1', 0), backlog=100)
print('port', listener.getsockname()[1], flush=True)
kept = []
while True:
    kept.append(listener.accept())
";
