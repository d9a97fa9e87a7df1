//! What the kernel knows of a socket.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What the kernel knows of a socket. What this system does not tell is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The state of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<TcpState>,
    /// Bytes that arrived and no `recv` took (SIOCINQ, `tcp(7)`; SO_NREAD on macOS, FIONREAD on Windows).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recv_queue_bytes: Option<u64>,
    /// Bytes that were sent and are not acknowledged yet (SIOCOUTQ, `tcp(7)`; SO_NWRITE on macOS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_queue_bytes: Option<u64>,
    /// The queue of a listener.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept_queue: Option<AcceptQueue>,
    /// After how long the state ends by itself, in milliseconds: TIME_WAIT as a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_in_ms: Option<u64>,
    /// TCP_INFO (`tcp(7)`), of a connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tcp: Option<TcpInfo>,
}

/// The queue of connections that wait to be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptQueue {
    /// How many wait.
    pub waiting: u32,
    /// The backlog in effect. Linux admits one more.
    pub backlog: u32,
}

macro_rules! tcp_info {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)*) => {
        /// What TCP_INFO tells: `tcp(7)` and `linux/tcp.h`, TCP_CONNECTION_INFO on macOS, SIO_TCP_INFO on Windows. Times are in microseconds, amounts in bytes,
        /// unless they say otherwise.
        ///
        /// Nothing is derived: a field that the relay's system does not tell, or in another unit, is absent. `docs/systems.md` says which are where.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct TcpInfo {
            $($(#[$doc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $name: Option<$type>,)*
        }
    };
}

tcp_info! {
    /// Smoothed round-trip time (RFC 6298).
    rtt_us: u32;
    /// Its variation.
    rttvar_us: u32;
    /// The shortest that was seen lately.
    min_rtt_us: u32;
    /// Retransmission timeout.
    rto_us: u32;
    /// Segments retransmitted so far.
    retransmits: u32;
    /// Bytes retransmitted so far.
    retransmitted_bytes: u64;
    /// Segments under way, not acknowledged.
    unacked_segments: u32;
    /// Bytes under way, not acknowledged.
    unacked_bytes: u32;
    /// Congestion window, in segments.
    cwnd_segments: u32;
    /// Congestion window, in bytes.
    cwnd_bytes: u32;
    /// Slow start threshold, in segments; absent while none was set.
    ssthresh_segments: u32;
    /// Slow start threshold, in bytes; absent while none was set.
    ssthresh_bytes: u32;
    /// The largest segment that is sent.
    send_mss_bytes: u32;
    /// The window that the other end has announced.
    send_window_bytes: u32;
    /// The window that this end announces.
    recv_window_bytes: u32;
    /// The largest window that this end would announce now.
    recv_window_limit_bytes: u32;
    /// Bytes that were not sent yet.
    not_sent_bytes: u32;
    /// Bytes that were sent, retransmissions included.
    sent_bytes: u64;
    /// Bytes that the other end has acknowledged.
    acked_bytes: u64;
    /// Bytes that arrived in order.
    received_bytes: u64;
    /// Recent rate at which bytes were delivered, a second.
    delivery_rate_bytes: u64;
    /// For how long there was something to send.
    busy_us: u64;
    /// For how long of that the other end's window was the limit.
    rwnd_limited_us: u64;
    /// For how long of that the send buffer was the limit.
    sndbuf_limited_us: u64;
    /// For how long the congestion window was the limit.
    cwnd_limited_us: u64;
}

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident = $linux:literal;)*) => {
        /// The state of a TCP connection (RFC 9293 section 3.3.2).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[allow(clippy::upper_case_acronyms, non_camel_case_types, reason = "the RFC's own spelling")]
        pub enum TcpState {
            $($(#[$doc])* $name,)*
        }

        impl TcpState {
            /// Every state.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name of the state.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }

            /// The state that Linux has this number for (`include/net/tcp_states.h`).
            pub const fn from_linux(number: u8) -> Option<Self> {
                match number { $($linux => Some(Self::$name),)* _ => None }
            }
        }
    };
}

states! {
    /// A connection, in both directions.
    ESTABLISHED = 1;
    /// A connection was asked for.
    SYN_SENT = 2;
    /// A connection was asked for by the other end, and granted.
    SYN_RECEIVED = 3;
    /// This end finished sending, which is not acknowledged yet.
    FIN_WAIT_1 = 4;
    /// This end finished sending; the other did not.
    FIN_WAIT_2 = 5;
    /// Both have finished; what is under way may still arrive.
    TIME_WAIT = 6;
    /// No connection.
    CLOSED = 7;
    /// The other end finished sending; this one did not.
    CLOSE_WAIT = 8;
    /// Both have finished; the acknowledgement of the second end is missing.
    LAST_ACK = 9;
    /// It listens.
    LISTEN = 10;
    /// Both finished at once; the acknowledgements are missing.
    CLOSING = 11;
}

impl fmt::Display for TcpState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_written_as_the_rfc_has_them() {
        for state in TcpState::ALL {
            assert_eq!(serde_json::to_string(state).unwrap(), format!("\"{state}\""));
        }
        assert_eq!(TcpState::from_linux(10), Some(TcpState::LISTEN));
        assert_eq!(TcpState::from_linux(12), None);
    }

    #[test]
    fn what_is_not_known_is_absent() {
        assert_eq!(serde_json::to_string(&Info::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Info>("{}").unwrap(), Info::default());
    }
}
