//! One connection over TLS: the handshake, and the bridge between what is encrypted and the code that serves what is not.
//!
//! That code is handed one end of a pair of sockets, and cannot tell it from a connection without TLS; so nothing on that path is slower, or any different, because
//! there is TLS too. What it costs a connection over TLS is in `docs/operating.md`.

use std::{future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use futures::future::maybe_done;
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, split},
    net::TcpStream,
    time,
};

use super::{Tls, pair::pair};
use crate::{Relay, careful, handshakes::Handshake, http};

/// How long a client may take for the handshake of TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the client has for the last bytes, after everything is done.
const LAST_BYTES_TIMEOUT: Duration = Duration::from_secs(1);

/// What begins a connection over TLS: a record of the handshake (RFC 8446 section 5.1).
const HANDSHAKE_RECORD: u8 = 22;

/// How much is carried at a time, in bytes. A record has room for 16 KiB (RFC 8446 section 5.1), and going out some of them share one system call.
const UP_BYTES: usize = 16 << 10;
const DOWN_BYTES: usize = 64 << 10;

/// Serves one connection as [`http::serve_connection`] does, over TLS.
pub(crate) async fn serve_connection(
    tls: &Tls,
    stream: TcpStream,
    local: SocketAddr,
    peer: SocketAddr,
    handshake: Handshake,
    relay: Arc<Relay>,
) {
    let shaken = tokio::select! {
        shaken = time::timeout(HANDSHAKE_TIMEOUT, shake_hands(tls, stream, local)) => shaken,
        () = relay.stop.cancelled() => return,
        () = handshake.overtaken() => {
            tracing::debug!(%peer, "the connection made room for newer ones");
            return;
        }
    };
    let encrypted = match shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(Some(encrypted)) => encrypted,
        Ok(None) => return,
        Err(error) => {
            tracing::debug!(%peer, %error, "there was no handshake of TLS");
            return;
        }
    };
    let (inner, mut outer) = match pair().await {
        Ok(pair) => pair,
        Err(error) => {
            tracing::warn!(%error, "cannot serve a connection over TLS");
            return;
        }
    };
    let (mut from_page, mut to_page) = split(encrypted);
    let (mut from_relay, mut to_relay) = outer.split();
    let mut down = pin!(maybe_done(carry::<DOWN_BYTES>(&mut from_relay, &mut to_page)));
    let both_ways = async {
        tokio::join!(carry::<UP_BYTES>(&mut from_page, &mut to_relay), &mut down);
        future::pending().await
    };
    tokio::select! {
        () = http::serve_connection(inner, local, peer, handshake, relay) => {}
        () = both_ways => {}
    }
    // What was served is still on its way.
    if time::timeout(LAST_BYTES_TIMEOUT, down).await.is_err() {
        tracing::trace!(%peer, "the page did not take the last bytes");
    }
}

/// The handshake; `None` where the client does not speak TLS and was told so.
async fn shake_hands(
    tls: &Tls,
    mut stream: TcpStream,
    local: SocketAddr,
) -> io::Result<Option<tokio_rustls::server::TlsStream<TcpStream>>> {
    let mut first = [0];
    if stream.peek(&mut first).await? == 0 {
        return Ok(None);
    }
    if first == [HANDSHAKE_RECORD] {
        return tls.acceptor.accept(stream).await.map(Some);
    }
    let text = format!("this relay is spoken to over TLS: open https://{local}/\n");
    let head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n";
    let answer = format!("{head}{}Content-Length: {}\r\n\r\n{text}", careful::lines(), text.len());
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    // Closing a connection with unread bytes resets it, and the answer would be lost with it. The time for the handshake bounds this too.
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await? > 0 {}
    Ok(None)
}

/// Carries bytes to the end of `from`, and then ends `to`. Each direction ends by itself: half-closed connections stay so.
async fn carry<const SIZE: usize>(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    let mut buffer = vec![0; SIZE];
    let carried = async {
        loop {
            match from.read(&mut buffer).await? {
                0 => return Ok(()),
                count => to.write_all(&buffer[..count]).await?,
            }
            // Records may wait inside of TLS.
            to.flush().await?;
        }
    };
    let carried: io::Result<()> = carried.await;
    if let Err(error) = carried.and(to.shutdown().await) {
        tracing::trace!(%error, "one direction of a connection over TLS ended early");
    }
}
