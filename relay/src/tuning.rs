//! The options of the connections to pages, before anything is said on them. The pages' own sockets are not touched.

use std::{io, net::SocketAddr};

use tokio::net::TcpStream;

/// Sets a connection up that was accepted from `peer` at `local`. What the system refuses is left as it is: it costs speed only.
pub(crate) fn tune(stream: &TcpStream, local: SocketAddr, peer: SocketAddr) {
    // Answers to calls are small and must not wait for the page's acknowledgements (Nagle, RFC 896).
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
    }
    if peer.ip() == local.ip()
        && let Err(error) = pace_not(stream)
    {
        tracing::debug!(%peer, %error, "cannot set TCP_CONGESTION");
    }
}

/// Takes a congestion control that paces what is sent (BBR) from a connection within this machine. There is no network between that could be congested, and the pauses cost a third of
/// the throughput, and twice the processor time. Reno is what every process may choose (`tcp(7)`, `tcp_allowed_congestion_control`).
#[cfg(target_os = "linux")]
fn pace_not(stream: &TcpStream) -> io::Result<()> {
    let socket = socket2::SockRef::from(stream);
    if socket.tcp_congestion()?.starts_with(b"bbr") { socket.set_tcp_congestion(b"reno") } else { Ok(()) }
}

/// Other systems pace nothing.
#[cfg(not(target_os = "linux"))]
fn pace_not(_stream: &TcpStream) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use socket2::SockRef;
    use tokio::net::TcpListener;

    use super::*;

    /// The congestion control of a connection that a listener of `listener_control` accepted, before and after it is tuned as one from `peer` at `local`; nothing where the system has
    /// none of that name.
    async fn tuned(listener_control: &str, local: &str, peer: &str) -> Option<(String, String)> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        SockRef::from(&listener).set_tcp_congestion(listener_control.as_bytes()).ok()?;
        let (client, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
        let (stream, _client) = (accepted.unwrap().0, client.unwrap());
        let control = || {
            let name = SockRef::from(&stream).tcp_congestion().unwrap();
            String::from_utf8(name).unwrap().trim_end_matches('\0').to_owned()
        };
        let before = control();
        tune(&stream, local.parse().unwrap(), peer.parse().unwrap());
        assert!(stream.nodelay().unwrap());
        Some((before, control()))
    }

    #[tokio::test]
    async fn a_connection_within_the_machine_is_not_paced() {
        for (local, peer) in [("127.0.0.1:1", "127.0.0.1:2"), ("[::1]:1", "[::1]:2"), ("192.0.2.1:1", "192.0.2.1:2")] {
            let Some((before, after)) = tuned("bbr", local, peer).await else {
                // Without BBR, or the right to choose it, there is nothing to take away; and nothing is.
                let (before, after) = tuned("reno", local, peer).await.unwrap();
                assert_eq!((before.as_str(), after.as_str()), ("reno", "reno"));
                continue;
            };
            assert_eq!((before.as_str(), after.as_str()), ("bbr", "reno"), "{peer}");
        }
    }

    #[tokio::test]
    async fn one_over_a_network_keeps_what_the_system_chose() {
        for control in ["bbr", "cubic", "reno"] {
            if let Some((before, after)) = tuned(control, "192.0.2.1:1", "192.0.2.2:2").await {
                assert_eq!((before.as_str(), after), (control, before.clone()));
            }
        }
    }

    #[tokio::test]
    async fn another_congestion_control_is_kept() {
        for control in ["cubic", "reno"] {
            if let Some((before, after)) = tuned(control, "127.0.0.1:1", "127.0.0.1:2").await {
                assert_eq!((before.as_str(), after), (control, before.clone()));
            }
        }
    }
}
