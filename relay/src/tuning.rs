//! The options of the connections to pages, before anything is said on them. The pages' own sockets are not touched.

use std::{io, net::SocketAddr};

use socket2::SockRef;
use tokio::net::{TcpListener, TcpStream};

use crate::policy;

/// How the connections of one listener are set up.
#[derive(Debug)]
pub(crate) struct Tuning {
    /// The congestion control that the system chose and the listener has no more: connections over a network get it back.
    taken: Option<Vec<u8>>,
}

impl Tuning {
    /// Prepares the listener, before it accepts: a connection begins with what its listener has. What the system refuses is left as it is: it costs speed only.
    pub(crate) fn of(listener: &TcpListener) -> Self {
        let taken = take_bbr(listener).unwrap_or_else(|error| {
            tracing::debug!(%error, "cannot set TCP_CONGESTION");
            None
        });
        Self { taken }
    }

    /// Sets up a connection that was accepted from `peer`.
    pub(crate) fn tune(&self, stream: &TcpStream, peer: SocketAddr) {
        // Answers to calls are small and must not wait for the page's acknowledgements (Nagle, RFC 896).
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%peer, %error, "cannot set TCP_NODELAY");
        }
        if let Some(control) = &self.taken
            && !policy::is_this_machine(peer.ip().to_canonical())
            && let Err(error) = set_congestion_control(SockRef::from(stream), control)
        {
            tracing::debug!(%peer, %error, "cannot set TCP_CONGESTION");
        }
    }
}

/// Gives a listener Reno in place of BBR, and returns that. BBR paces what is sent, within the machine too, where no network could be congested; that costs a quarter of the throughput,
/// and half as much processor time again. It must be done here: a connection that has begun with BBR stays paced whatever it gets afterwards. Reno is what a process may choose, unless the
/// administrator has said otherwise (`tcp(7)`, `tcp_allowed_congestion_control`).
#[cfg(target_os = "linux")]
fn take_bbr(listener: &TcpListener) -> io::Result<Option<Vec<u8>>> {
    let control = SockRef::from(listener).tcp_congestion()?;
    if !control.starts_with(b"bbr") {
        return Ok(None);
    }
    set_congestion_control(SockRef::from(listener), b"reno")?;
    Ok(Some(control))
}

#[cfg(target_os = "linux")]
fn set_congestion_control(socket: SockRef<'_>, control: &[u8]) -> io::Result<()> {
    socket.set_tcp_congestion(control)
}

/// Other systems are left to themselves.
#[cfg(not(target_os = "linux"))]
fn take_bbr(_listener: &TcpListener) -> io::Result<Option<Vec<u8>>> {
    Ok(None)
}

#[cfg(not(target_os = "linux"))]
fn set_congestion_control(_socket: SockRef<'_>, _control: &[u8]) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::Config;

    /// A listener with this congestion control, where the system has it and permits it; else with its own.
    async fn listener(control: &str) -> TcpListener {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Refused, it keeps what it has: that is what the tests compare with.
        SockRef::from(&listener).set_tcp_congestion(control.as_bytes()).ok();
        listener
    }

    fn control(socket: SockRef<'_>) -> String {
        String::from_utf8(socket.tcp_congestion().unwrap()).unwrap().trim_end_matches('\0').to_owned()
    }

    /// What a socket keeps that had `before`, where nobody else is between.
    fn within(before: &str) -> &str {
        if before == "bbr" { "reno" } else { before }
    }

    #[tokio::test]
    async fn only_a_connection_over_a_network_is_paced() {
        for chosen in ["bbr", "cubic", "reno"] {
            let listener = listener(chosen).await;
            let before = control(SockRef::from(&listener));
            let tuning = Tuning::of(&listener);
            // 192.0.2.0/24 is nobody's (RFC 5737).
            for (peer, after) in [("127.0.0.1:2", within(&before)), ("[::ffff:127.0.0.2]:2", within(&before)), ("192.0.2.1:2", &before)] {
                let (client, accepted) = tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), listener.accept());
                let (stream, _client) = (accepted.unwrap().0, client.unwrap());
                tuning.tune(&stream, peer.parse().unwrap());
                assert_eq!(control(SockRef::from(&stream)), after, "{before}, from {peer}");
                assert!(stream.nodelay().unwrap());
            }
        }
    }

    #[tokio::test]
    async fn the_relay_tunes_the_listener_that_it_serves() {
        let listener = listener("bbr").await;
        let before = control(SockRef::from(&listener));
        let address = listener.local_addr().unwrap();
        let (kept, listener) = {
            let listener = listener.into_std().unwrap();
            (listener.try_clone().unwrap(), TcpListener::from_std(listener).unwrap())
        };
        let stop = CancellationToken::new();
        let served = tokio::spawn(crate::serve(listener, Config::personal().unwrap(), stop.clone()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await.unwrap();
        assert!(answer.starts_with(b"HTTP/1.0 "), "it serves");
        assert_eq!(control(SockRef::from(&kept)), within(&before));
        stop.cancel();
        served.await.unwrap().unwrap();
    }
}
