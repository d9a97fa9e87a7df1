//! What an operator learns of one socket: its span in the log, and its part of the metrics. It is read off the answers that the page gets, so that it is what
//! happened; but for the bytes that the kernel took, which are counted as it takes them: a page may vanish before the answer. Nothing of it is what went over the
//! connection.

use std::net::SocketAddr;

use protocol::{Failure, Operation, Return};
use tracing::{Span, field};

use crate::metrics::{Metrics, Role};

/// Kept by the outbox, through which every answer goes.
#[derive(Debug)]
pub(super) struct Account {
    metrics: Metrics,
    span: Span,
    /// As what the socket is counted; `None` while it has no descriptor.
    role: Option<Role>,
    sent_bytes: u64,
    received_bytes: u64,
}

impl Account {
    /// For a socket whose task runs in the current span.
    pub(super) fn new(metrics: Metrics) -> Self {
        Self { metrics, span: Span::current(), role: None, sent_bytes: 0, received_bytes: 0 }
    }

    /// Notes the answer to a call.
    pub(super) fn answered(&mut self, result: &Result<Return, Failure>) {
        match result {
            Ok(value) => {
                tracing::debug!(call = value.name(), "returned");
                self.metrics.call_returned(value.name());
                self.note(value);
            }
            Err(failure) => {
                // The name of a call that there is none of is whatever a page wrote.
                let call = Operation::NAMES.iter().find(|known| **known == failure.call).copied().unwrap_or("other");
                tracing::debug!(call, error = %failure.name, "failed");
                self.metrics.call_failed(call, failure.name);
                if let Some(rule) = failure.rule {
                    self.metrics.refused(rule.as_str());
                    tracing::info!(%rule, call, address = failure.address, "refused");
                }
            }
        }
    }

    /// Notes bytes that a `recv` brought, which are its answer. Those that it left in the queue (`peek`) come again, and are counted then.
    pub(super) fn received(&mut self, bytes: usize, peek: bool) {
        tracing::debug!(call = "recv", bytes, peek, "returned");
        self.metrics.call_returned("recv");
        if !peek {
            self.metrics.received(bytes as u64);
            self.received_bytes += bytes as u64;
        }
    }

    /// Notes bytes that the kernel took, of a `send` that may not be answered yet.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.metrics.sent(bytes as u64);
        self.sent_bytes += bytes as u64;
    }

    /// Notes the end of the socket.
    pub(super) fn ended(&mut self) {
        if self.role.is_some() {
            tracing::info!(sent_bytes = self.sent_bytes, received_bytes = self.received_bytes, "closed");
        }
        self.become_role(None);
    }

    fn note(&mut self, value: &Return) {
        match value {
            Return::Socket => self.become_role(Some(Role::New)),
            Return::Listen { local, .. } => {
                self.become_role(Some(Role::Listener));
                self.span.record("role", Role::Listener.as_str()).record("local", field::display(local));
                tracing::info!("listens");
            }
            Return::Accept { local, peer } => self.connected(Role::Accepted, local, peer),
            Return::Connect { local, peer } => self.connected(Role::Client, local, peer),
            Return::Close | Return::Abort => self.ended(),
            _ => {}
        }
    }

    fn connected(&mut self, role: Role, local: &SocketAddr, peer: &SocketAddr) {
        self.become_role(Some(role));
        self.span.record("role", role.as_str()).record("local", field::display(local)).record("peer", field::display(peer));
        tracing::info!("connected");
    }

    fn become_role(&mut self, role: Option<Role>) {
        self.metrics.role_changed(self.role, role);
        self.role = role;
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        // A socket whose task was stopped has said nothing of its end.
        self.become_role(None);
    }
}
