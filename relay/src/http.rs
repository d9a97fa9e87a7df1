//! The relay's HTTP: the page's files, and the handshake that turns a request into a socket's WebSocket.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    time::Instant,
};

use hyper::{
    Method, Request, Response, StatusCode, Version,
    body::Incoming,
    header::{self, HeaderName, HeaderValue},
    server::conn::http1,
    service::service_fn,
    upgrade::OnUpgrade,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use protocol::{EndCause, SOCKET_PATH, SUBPROTOCOL};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tracing::{Instrument as _, field};

use crate::{
    Relay,
    careful::{Careful, careful},
    gate::{Refusal, single},
    handshakes::Handshake,
    page,
    python::routes as python,
    response::{self, Body, json, only_get, text, with_header},
    socket,
    websocket::WebSocket,
};

/// Where the relay says that it is well.
const HEALTH_PATH: &str = "/healthz";

/// The largest head of a request, in bytes; hyper's smallest.
pub(crate) const MAX_HEAD_BYTES: usize = 8 << 10;

/// What the handshake leaves behind for the time after hyper.
struct Admission {
    upgrade: OnUpgrade,
    has_token: bool,
    begun: Instant,
}

/// Serves one connection from `peer` to `local`, which `stream` need not know of: any number of requests for the page's files, or one WebSocket to its end.
pub(crate) async fn serve_connection(stream: TcpStream, local: SocketAddr, peer: SocketAddr, handshake: Handshake, relay: Arc<Relay>) {
    // Apart from this task's own memory, which outlives it by the life of the socket.
    let Some(page) = Box::pin(serve_requests(stream, local, peer, handshake, Arc::clone(&relay))).await else { return };
    let id = relay.last_socket.fetch_add(1, Ordering::Relaxed) + 1;
    let (role, local, remote) = (field::Empty, field::Empty, field::Empty);
    let span = tracing::info_span!("socket", id, page = %peer, role, local, peer = remote);
    let socket = span.in_scope(|| socket::run(page, relay));
    socket.instrument(span).await;
}

/// Answers requests, to the end of the connection or to the handshake of a WebSocket that showed the token.
async fn serve_requests(
    stream: TcpStream,
    local: SocketAddr,
    peer: SocketAddr,
    handshake: Handshake,
    relay: Arc<Relay>,
) -> Option<WebSocket<TcpStream>> {
    let admitted = Arc::new(Mutex::new(None));
    // A handshake that is the first request, as a browser's is, began with the connection.
    let begun = Mutex::new(Some(Instant::now()));
    let service = service_fn(|request| {
        let begun = begun.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_else(Instant::now);
        let (relay, admitted) = (&relay, &admitted);
        async move {
            let (response, admission) = answer(request, local, begun, relay).await;
            if admission.is_some() {
                *admitted.lock().unwrap_or_else(PoisonError::into_inner) = admission;
            }
            Ok::<_, Infallible>(response)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(relay.head_timeout).max_buf_size(MAX_HEAD_BYTES);
    let connection = http.serve_connection(TokioIo::new(Careful::new(stream)), service).with_upgrades();
    let served = tokio::select! {
        served = connection => served,
        // Requests are answered at once, or by reading a file, so there is none under way to wait for.
        () = relay.stop.cancelled() => return None,
        () = handshake.overtaken() => {
            tracing::debug!(%peer, "the connection made room for newer ones");
            return None;
        }
    };
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "the connection ended early");
        return None;
    }
    let admission = admitted.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let page = match admission.upgrade.await.map(|upgraded| upgraded.downcast::<TokioIo<Careful<TcpStream>>>()) {
        // hyper's buffer is not to be kept for as long as the socket lives.
        Ok(Ok(parts)) => WebSocket::new(parts.io.into_inner().into_inner(), &parts.read_buf),
        Ok(Err(_)) => {
            tracing::error!(%peer, "an upgraded connection is not what it was; this is a bug in the relay");
            return None;
        }
        Err(error) => {
            tracing::debug!(%peer, %error, "the upgrade failed");
            return None;
        }
    };
    relay.metrics.handshake_took(admission.begun.elapsed());
    if admission.has_token {
        return Some(page);
    }
    relay.metrics.refused("token");
    tracing::info!(%peer, rule = "token", "a WebSocket was refused");
    let text = "the token is wrong or missing: open the address that the relay printed when it started";
    tokio::select! {
        biased;
        () = socket::refuse(page, Arc::clone(&relay), EndCause::Token, text) => {}
        // Until it has heard why, it is one that has shown no token.
        () = handshake.overtaken() => tracing::debug!(%peer, "the connection made room for newer ones"),
    }
    None
}

/// The response to a request and, where it is a good handshake, what comes after.
async fn answer(mut request: Request<Incoming>, local: SocketAddr, begun: Instant, relay: &Relay) -> (Response<Body>, Option<Admission>) {
    if let Err(refusal) = relay.gate.check_host(request.uri(), request.headers(), local) {
        return (refuse(refusal, local, relay), None);
    }
    let path = request.uri().path();
    if path == SOCKET_PATH {
        return match handshake(&request, relay) {
            Ok((response, has_token)) => (response, Some(Admission { upgrade: hyper::upgrade::on(&mut request), has_token, begun })),
            Err(response) => (*response, None),
        };
    }
    if path == HEALTH_PATH {
        return (careful(health(request.method())), None);
    }
    if path.starts_with(python::PREFIX) {
        let (head, _) = request.into_parts();
        let rest = head.uri.path().strip_prefix(python::PREFIX).unwrap_or_default();
        return (careful(python::answer(&head.method, rest, &head.headers, relay).await), None);
    }
    let headers = request.headers();
    let response = match (request.method(), page::find(path)) {
        (method @ (&Method::GET | &Method::HEAD), Some(asset)) => {
            response::file(method, headers, asset.representation(response::accept_encoding(headers)))
        }
        (_, Some(_)) => only_get(),
        (_, None) => text(StatusCode::NOT_FOUND, "nothing here\n"),
    };
    (careful(response), None)
}

/// RFC 6455 section 4.2. Everything about the token is told after the upgrade: a browser shows no page why an upgrade was refused.
fn handshake(request: &Request<Incoming>, relay: &Relay) -> Result<(Response<Body>, bool), Box<Response<Body>>> {
    let headers = request.headers();
    let has = |name: HeaderName, token: &str| {
        let mut lines = headers.get_all(name).into_iter().filter_map(|line| line.to_str().ok());
        lines.any(|line| line.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
    };
    let refused = |response| Err(Box::new(careful(response)));
    // HTTP/1.0 knows no upgrade, and a server ignores the wish for one (RFC 9110 section 7.8).
    let is_get = request.method() == Method::GET && request.version() >= Version::HTTP_11;
    if !is_get || !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        let response = text(StatusCode::UPGRADE_REQUIRED, "this is the endpoint of WebSockets\n");
        return refused(with_header(with_header(response, header::UPGRADE, "websocket"), header::CONNECTION, "Upgrade"));
    }
    if single(headers, header::SEC_WEBSOCKET_VERSION) != Some("13") {
        let response = text(StatusCode::UPGRADE_REQUIRED, "only version 13 of the WebSocket protocol is spoken here\n");
        return refused(with_header(response, header::SEC_WEBSOCKET_VERSION, "13"));
    }
    let Some(key) = single(headers, header::SEC_WEBSOCKET_KEY).filter(|key| is_key(key)) else {
        return refused(text(StatusCode::BAD_REQUEST, "the handshake has no Sec-WebSocket-Key of 16 bytes in base64, or several\n"));
    };
    let admitted = relay.gate.check_origin(headers).and_then(|()| relay.gate.check_token(headers));
    let has_token = match admitted {
        Ok(has_token) => has_token,
        Err(Refusal::Subprotocol) => {
            note_refusal(Refusal::Subprotocol, relay);
            return refused(text(StatusCode::BAD_REQUEST, &format!("the handshake must offer the subprotocol {SUBPROTOCOL}\n")));
        }
        Err(refusal @ (Refusal::Origin | Refusal::Host)) => {
            note_refusal(refusal, relay);
            return refused(text(StatusCode::FORBIDDEN, "another origin's page opens no sockets here (see --allow-origin)\n"));
        }
    };
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes()));
    if let Ok(accept) = accept {
        response.headers_mut().insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    let response = with_header(response, header::CONNECTION, "Upgrade");
    let response = with_header(response, header::UPGRADE, "websocket");
    Ok((with_header(response, header::SEC_WEBSOCKET_PROTOCOL, SUBPROTOCOL), has_token))
}

/// Whether `key` is 16 bytes in base64 (RFC 4648 section 4): 22 digits, of which the last has two bits alone, and what fills up the 24.
fn is_key(key: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let digits = key.strip_suffix("==").filter(|digits| digits.len() == 22);
    digits.is_some_and(|digits| digits.bytes().all(is_digit) && digits.ends_with(['A', 'Q', 'g', 'w']))
}

/// For whoever watches over the relay: that it answers, and which it is. Nothing of what it does.
fn health(method: &Method) -> Response<Body> {
    if !matches!(*method, Method::GET | Method::HEAD) {
        return only_get();
    }
    json(StatusCode::OK, concat!("{\"status\":\"ok\",\"version\":\"", env!("CARGO_PKG_VERSION"), "\"}\n"))
}

/// Counts and logs a request that is turned away.
fn note_refusal(refusal: Refusal, relay: &Relay) {
    relay.metrics.refused(refusal.as_str());
    tracing::info!(rule = refusal.as_str(), "a request was refused");
}

fn refuse(refusal: Refusal, local: SocketAddr, relay: &Relay) -> Response<Body> {
    debug_assert_eq!(refusal, Refusal::Host);
    note_refusal(refusal, relay);
    let text_of_it =
        format!("this relay does not go by that name: open {}://{local}/ or start it with --allow-host\n", relay.gate.scheme());
    careful(text(StatusCode::MISDIRECTED_REQUEST, &text_of_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sixteen_bytes() {
        for key in ["dGhlIHNhbXBsZSBub25jZQ==", "AAAAAAAAAAAAAAAAAAAAAA==", "+/+/+/+/+/+/+/+/+/+/+w==", "zzzzzzzzzzzzzzzzzzzzzg=="] {
            assert!(is_key(key), "{key}");
        }
        for other in [
            "",
            "==",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25jZQ= ",
            "dGhlIHNhbXBsZSBub25jZQ=A",
            "dGhlIHNhbXBsZSBub25jZR==",
            "dGhlIHNhbXBsZSBub25j====",
            "dGhlIHNhbXBsZSBub2-jZQ==",
            "dGhlIHNhbXBsZSBub25jZWQ=",
            "dGhlIHNhbXBsZSBub25jZWVl",
            "dGhlIHNhbXBsZSBub25jZQ==dGhlIHNhbXBsZSBub25jZQ==",
            "ÄÄÄÄÄÄÄÄÄÄÄ==",
        ] {
            assert!(!is_key(other), "{other}");
        }
    }
}
