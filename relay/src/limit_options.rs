//! The limits among the command's arguments.

use std::time::Duration;

use relay::{Limits, Shares};

/// How much the relay gives. The defaults suit a computer of one's own, and a room.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitOptions {
    /// Hold at most this many sockets; one more fails with EMFILE
    #[arg(long, default_value_t = Limits::default().relay.sockets, value_name = "COUNT")]
    max_sockets: usize,

    /// Hold at most this many listeners; one more fails with ENOBUFS
    #[arg(long, default_value_t = Limits::default().relay.listeners, value_name = "COUNT")]
    max_listeners: usize,

    /// Keep at most this many WebSockets that have made no socket yet
    #[arg(long, default_value_t = Limits::default().relay.idle, value_name = "COUNT")]
    max_idle: usize,

    /// Of the sockets, those who have the same token get at most this many [default: all]
    #[arg(long, value_name = "COUNT")]
    token_sockets: Option<usize>,

    /// Of the listeners, those who have the same token get at most this many [default: all]
    #[arg(long, value_name = "COUNT")]
    token_listeners: Option<usize>,

    /// Of the idle WebSockets, those who have the same token get at most this many [default: all]
    #[arg(long, value_name = "COUNT")]
    token_idle: Option<usize>,

    /// Have at most this many connections that have shown no token yet; beyond, the oldest of them is cut
    #[arg(long, default_value_t = Limits::default().handshakes as u64, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    max_handshakes: u64,

    /// Give a client this many seconds to send the head of a request
    #[arg(long, default_value_t = Limits::default().head_timeout.as_secs(), value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    head_timeout: u64,

    /// Ping a page that was silent for this many seconds, and give it up after six times as many
    #[arg(long, default_value_t = 20, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=3600))]
    ping_interval: u64,
}

impl LimitOptions {
    /// The limits that were chosen.
    pub(crate) fn limits(&self) -> Limits {
        let relay = Shares { sockets: self.max_sockets, listeners: self.max_listeners, idle: self.max_idle };
        let token = Shares {
            sockets: self.token_sockets.unwrap_or(relay.sockets),
            listeners: self.token_listeners.unwrap_or(relay.listeners),
            idle: self.token_idle.unwrap_or(relay.idle),
        };
        let handshakes = usize::try_from(self.max_handshakes).unwrap_or(usize::MAX);
        Limits { relay, token, handshakes, head_timeout: Duration::from_secs(self.head_timeout) }
    }

    /// After how long a silence a page is pinged.
    pub(crate) fn ping_interval(&self) -> Duration {
        Duration::from_secs(self.ping_interval)
    }
}
