//! What happens, counted for an operator's monitoring, and the listener that tells it: the text format of OpenMetrics, which Prometheus reads.
//!
//! Nothing here names a learner, an address or a byte that was sent.

use std::{convert::Infallible, fmt, io, sync::Arc, time::Duration};

use http_body_util::Full;
use hyper::{
    Method, Request, Response, StatusCode,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use protocol::Name;
use tokio::{net::TcpListener, task::JoinSet, time};
use tokio_util::sync::CancellationToken;

use crate::http::MAX_HEAD_BYTES;

/// How long a client may take to send the head of a request for the metrics.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// What a relay counts. Clones count together.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    sockets: Family<[(&'static str, &'static str); 1], Gauge>,
    calls: Family<[(&'static str, &'static str); 2], Counter>,
    refusals: Family<[(&'static str, &'static str); 1], Counter>,
    handshakes: Histogram,
    /// Those of `calls` and of the bytes that are counted most often.
    sends: Counter,
    recvs: Counter,
    sent_bytes: Counter,
    received_bytes: Counter,
}

/// What a socket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Neither connected nor listening.
    New,
    /// It connected.
    Client,
    /// It listens.
    Listener,
    /// A listener accepted it.
    Accepted,
}

impl Role {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Client => "client",
            Self::Listener => "listener",
            Self::Accepted => "accepted",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("tcp_playground");
        let sockets = Family::default();
        registry.register("sockets", "Open sockets, by what they are", sockets.clone());
        let bytes: Family<[(&'static str, &'static str); 1], Counter> = Family::default();
        registry.register_with_unit("socket", "Bytes that the kernel took from pages, and that pages received", Unit::Bytes, bytes.clone());
        let calls = Family::default();
        registry.register(
            "calls",
            "Calls answered, by name and result; bare sends that were carried out together count as one",
            calls.clone(),
        );
        let refusals = Family::default();
        registry.register("refusals", "Requests and calls that were refused, by the rule", refusals.clone());
        // From a millisecond to eight seconds.
        let handshakes = Histogram::new(exponential_buckets(0.001, 2.0, 14));
        let help = "Time from the connection of a page to its WebSocket";
        registry.register_with_unit("handshake", help, Unit::Seconds, handshakes.clone());
        let of = |call| Counter::clone(&calls.get_or_create(&ok(call)));
        let moved = |direction| Counter::clone(&bytes.get_or_create(&[("direction", direction)]));
        let (sends, recvs, sent_bytes, received_bytes) = (of("send"), of("recv"), moved("sent"), moved("received"));
        Self(Arc::new(Inner { registry, sockets, calls, refusals, handshakes, sends, recvs, sent_bytes, received_bytes }))
    }
}

fn ok(call: &'static str) -> [(&'static str, &'static str); 2] {
    [("call", call), ("result", "ok")]
}

impl Metrics {
    /// A socket becomes another; `None` is none.
    pub(crate) fn role_changed(&self, before: Option<Role>, now: Option<Role>) {
        let gauge = |role: Role| Gauge::clone(&self.0.sockets.get_or_create(&[("role", role.as_str())]));
        if let Some(role) = before {
            gauge(role).dec();
        }
        if let Some(role) = now {
            gauge(role).inc();
        }
    }

    pub(crate) fn call_returned(&self, call: &'static str) {
        match call {
            "send" => self.0.sends.inc(),
            "recv" => self.0.recvs.inc(),
            _ => self.0.calls.get_or_create(&ok(call)).inc(),
        };
    }

    pub(crate) fn call_failed(&self, call: &'static str, name: Name) {
        self.0.calls.get_or_create(&[("call", call), ("result", name.as_str())]).inc();
    }

    pub(crate) fn sent(&self, bytes: u64) {
        self.0.sent_bytes.inc_by(bytes);
    }

    pub(crate) fn received(&self, bytes: u64) {
        self.0.received_bytes.inc_by(bytes);
    }

    pub(crate) fn refused(&self, rule: &'static str) {
        self.0.refusals.get_or_create(&[("rule", rule)]).inc();
    }

    pub(crate) fn handshake_took(&self, time: Duration) {
        self.0.handshakes.observe(time.as_secs_f64());
    }

    fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0.registry)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// How many connections are served at a time; a monitoring system needs one.
const MAX_CONNECTIONS: usize = 16;

/// Tells `metrics` at `/metrics` to whoever connects to `listener`, until `shutdown` is cancelled. It checks nothing: who may know is decided by where it listens.
pub async fn serve_metrics(listener: TcpListener, metrics: Metrics, shutdown: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => break,
            Some(_ended) = connections.join_next() => {}
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(serve_connection(stream, metrics.clone()));
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

async fn serve_connection(stream: tokio::net::TcpStream, metrics: Metrics) {
    let service = service_fn(|request: Request<Incoming>| {
        let response = answer(&request, &metrics);
        async { Ok::<_, Infallible>(response) }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD_BYTES);
    if let Err(error) = http.serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection for metrics ended early");
    }
}

fn answer(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match metrics.text() {
            Ok(text) => (StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, "text/plain", format!("{}\n", io::Error::other(error))),
        },
        (_, "/metrics") => (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET here\n".to_owned()),
        _ => (StatusCode::NOT_FOUND, "text/plain", "the metrics are at /metrics\n".to_owned()),
    };
    let mut response = Response::new(Full::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_told() {
        let metrics = Metrics::default();
        metrics.role_changed(None, Some(Role::New));
        metrics.role_changed(Some(Role::New), Some(Role::Client));
        metrics.role_changed(None, Some(Role::Listener));
        metrics.role_changed(Some(Role::Listener), None);
        metrics.call_returned("connect");
        metrics.call_returned("send");
        metrics.call_failed("connect", Name::ECONNREFUSED);
        metrics.sent(7);
        metrics.refused("host");
        metrics.handshake_took(Duration::from_millis(3));
        let text = metrics.text().unwrap();
        for line in [
            "tcp_playground_sockets{role=\"client\"} 1",
            "tcp_playground_sockets{role=\"new\"} 0",
            "tcp_playground_sockets{role=\"listener\"} 0",
            "tcp_playground_calls_total{call=\"connect\",result=\"ok\"} 1",
            "tcp_playground_calls_total{call=\"send\",result=\"ok\"} 1",
            "tcp_playground_calls_total{call=\"connect\",result=\"ECONNREFUSED\"} 1",
            "tcp_playground_socket_bytes_total{direction=\"sent\"} 7",
            "tcp_playground_socket_bytes_total{direction=\"received\"} 0",
            "tcp_playground_refusals_total{rule=\"host\"} 1",
            "tcp_playground_handshake_seconds_bucket{le=\"0.004\"} 1",
            "tcp_playground_handshake_seconds_count 1",
            "# EOF",
        ] {
            assert!(text.lines().any(|found| found == line), "{line:?} is not in:\n{text}");
        }
    }
}
