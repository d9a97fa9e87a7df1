//! What happens, counted for an operator's monitoring, in the text format of OpenMetrics, which Prometheus reads. Who is told it is in `metrics/listener.rs`.
//!
//! Nothing here names a learner, an address or a byte that was sent.

mod listener;

use std::{fmt, sync::Arc, time::Duration};

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

pub use self::listener::serve_metrics;

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
