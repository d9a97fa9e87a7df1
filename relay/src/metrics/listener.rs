//! The listener that tells the metrics: to whom, how many at a time, and for how long. What is told is in `metrics.rs`.

use std::{collections::VecDeque, convert::Infallible, io, net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    task::{AbortHandle, JoinSet},
    time,
};
use tokio_util::sync::CancellationToken;

use super::Metrics;
use crate::{
    careful::{Careful, careful},
    gate::MetricsGate,
    http::MAX_HEAD_BYTES,
};

/// How long an exchange may take, from the connection to the last byte of the answer.
const EXCHANGE_TIME: Duration = Duration::from_secs(10);

/// How many connections are served at a time; a monitoring system needs one.
const MAX_CONNECTIONS: usize = 16;

/// What all connections share.
struct Teller {
    metrics: Metrics,
    gate: MetricsGate,
}

/// Tells `metrics` at `/metrics` to whoever connects to `listener`, until `shutdown` is cancelled. There is no token: who may know is decided by where it listens.
///
/// A `Host` that is a name must be `localhost`, on loopback, or one of `allow_hosts`, with or without a port; so a page whose own name leads here reads nothing.
///
/// A connection is for one request and has ten seconds. Where there are too many the oldest makes room.
pub async fn serve_metrics(listener: TcpListener, metrics: Metrics, allow_hosts: &[String], shutdown: CancellationToken) {
    let teller = Arc::new(Teller { metrics, gate: MetricsGate::new(allow_hosts) });
    let mut connections = JoinSet::new();
    let mut under_way = VecDeque::new();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept() => match accepted.and_then(|(stream, _)| Ok((stream.local_addr()?, stream))) {
                Ok((local, stream)) => {
                    make_room(&mut under_way);
                    let teller = Arc::clone(&teller);
                    under_way.push_back(connections.spawn(async move { serve_connection(stream, local, &teller, EXCHANGE_TIME).await }));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection for metrics");
                    time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    connections.shutdown().await;
}

/// Ends the oldest connection where there are as many as there may be: an honest one is done in milliseconds.
fn make_room(under_way: &mut VecDeque<AbortHandle>) {
    under_way.retain(|connection| !connection.is_finished());
    if under_way.len() >= MAX_CONNECTIONS
        && let Some(oldest) = under_way.pop_front()
    {
        tracing::debug!("a connection for metrics made room for a newer one");
        oldest.abort();
    }
}

/// One request and its answer, for which there is so much `time`: also for a client that does not read.
async fn serve_connection<S>(stream: S, local: SocketAddr, teller: &Teller, time: Duration)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let service = service_fn(|request: Request<Incoming>| {
        let response = answer(&request, local, teller);
        async { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.max_buf_size(MAX_HEAD_BYTES).keep_alive(false);
    match time::timeout(time, http.serve_connection(TokioIo::new(Careful::new(stream)), service)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection for metrics ended early"),
        Err(_) => tracing::debug!("a client did not take the metrics in time"),
    }
}

fn answer(request: &Request<Incoming>, local: SocketAddr, teller: &Teller) -> Response<Full<Bytes>> {
    if let Err(refusal) = teller.gate.check_host(request.uri(), request.headers(), local) {
        teller.metrics.refused(refusal.as_str());
        tracing::info!(rule = refusal.as_str(), "a request for metrics was refused");
        let text = format!("metrics are not told under that name: ask for http://{local}/metrics or start the relay with --allow-host\n");
        return response(StatusCode::MISDIRECTED_REQUEST, "text/plain", text);
    }
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match teller.metrics.text() {
            Ok(text) => response(StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
            Err(error) => response(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", format!("{}\n", io::Error::other(error))),
        },
        (_, "/metrics") => response(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET here\n".to_owned()),
        _ => response(StatusCode::NOT_FOUND, "text/plain", "the metrics are at /metrics\n".to_owned()),
    }
}

fn response(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    careful(response)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    /// A client that sent `request` over a connection that holds 64 bytes, and what serves it for a moment.
    async fn served(request: &str) -> tokio::io::DuplexStream {
        let (mut client, stream) = duplex(64);
        let teller = Teller { metrics: Metrics::default(), gate: MetricsGate::new(&[]) };
        let local = SocketAddr::from(([127, 0, 0, 1], 9090));
        let served = serve_connection(stream, local, &teller, Duration::from_millis(100));
        let (served, sent) = tokio::join!(time::timeout(Duration::from_secs(20), served), client.write_all(request.as_bytes()));
        assert!(served.is_ok(), "it goes on beyond its time");
        sent.unwrap();
        client
    }

    #[tokio::test]
    async fn who_does_not_read_has_so_much_time() {
        let mut client = served("GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n").await;
        let mut read = String::new();
        client.read_to_string(&mut read).await.unwrap();
        assert!(read.starts_with("HTTP/1.1 200 OK") && read.len() == 64, "what there was room for: {read}");
    }

    #[tokio::test]
    async fn who_does_not_ask_has_so_much_time() {
        let mut client = served("GET /metrics HTTP/1.1\r\n").await;
        assert_eq!(client.read(&mut [0; 64]).await.unwrap(), 0);
    }
}
