//! The options of a socket, with the names that `setsockopt(2)` has for them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an option is set to, and what it is in effect.
///
/// On the wire JSON's own: `true` or `false` for a switch, a whole number, a string, and `null` for what is off or absent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OptionValue {
    /// On or off. A number will do as well, as in C.
    Switch(bool),
    /// A whole number; the option says in which unit.
    Number(i64),
    /// A name.
    Text(String),
    /// Off, or nothing.
    Off,
}

impl fmt::Display for OptionValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => on.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => text.fmt(f),
            Self::Off => f.write_str("off"),
        }
    }
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident;)*) => {
        /// The name of a socket option (`socket(7)`, `tcp(7)`, `ip(7)`, `ipv6(7)`). One that the relay's system lacks fails with `ENOPROTOOPT`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[allow(non_camel_case_types, reason = "POSIX's own spelling")]
        pub enum SocketOption {
            $($(#[$doc])* $name,)*
        }

        impl SocketOption {
            /// Every option.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The name as it is written on the wire and shown to people.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)* }
            }
        }
    };
}

options! {
    /// Switch: `bind` takes a port that only connections in TIME_WAIT still hold.
    SO_REUSEADDR;
    /// Switch: several listeners may share a port, if each has set it before its `bind`. Not on Windows.
    SO_REUSEPORT;
    /// Bytes of the send buffer. Linux doubles what is set, for its own bookkeeping, and cuts it at `net.core.wmem_max`.
    SO_SNDBUF;
    /// Bytes of the receive buffer. Linux doubles what is set, and cuts it at `net.core.rmem_max`.
    SO_RCVBUF;
    /// Seconds for which `close` keeps trying to send what is left; 0 makes it send RST; null is off. The relay's `close` does not wait for it: what is left goes out as it does without the option.
    SO_LINGER;
    /// Switch: an idle connection is probed.
    SO_KEEPALIVE;
    /// The name of the error that is pending, which this takes away, or null. Read only.
    SO_ERROR;
    /// Switch: whether the socket listens. Read only; not on macOS.
    SO_ACCEPTCONN;
    /// Which kind of socket it is: 1, SOCK_STREAM. Read only.
    SO_TYPE;
    /// The number of the address family: 2 is AF_INET and 10 AF_INET6. Read only; Linux and Android.
    SO_DOMAIN;
    /// The number of the protocol: 6, TCP. Read only; Linux and Android.
    SO_PROTOCOL;
    /// Bytes that must be there before `poll` finds `in`, and before the kernel wakes a `recv` that waits; one that finds less when it is called takes it.
    SO_RCVLOWAT;
    /// Switch: only hosts on networks of this machine are reached, past no gateway.
    SO_DONTROUTE;
    /// The priority of the packets within this machine, 0 to 6. Linux and Android.
    SO_PRIORITY;
    /// Switch: urgent data stays among the other bytes (RFC 6093).
    SO_OOBINLINE;
    /// Switch: small segments are sent at once instead of waiting for acknowledgements (Nagle's algorithm, RFC 896, is off).
    TCP_NODELAY;
    /// Switch: acknowledgements are sent at once. Linux; the kernel may change it back.
    TCP_QUICKACK;
    /// Switch: no partial segment is sent, for at most 200 ms. Linux.
    TCP_CORK;
    /// Seconds of silence before the first keepalive probe.
    TCP_KEEPIDLE;
    /// Seconds between two keepalive probes.
    TCP_KEEPINTVL;
    /// Unanswered keepalive probes after which the connection is dropped.
    TCP_KEEPCNT;
    /// Milliseconds after which a connection is dropped whose data stays unacknowledged (RFC 5482); null or 0 is the system's own. Linux.
    TCP_USER_TIMEOUT;
    /// Bytes of the largest segment (RFC 9293 section 3.7.1).
    TCP_MAXSEG;
    /// Bytes that may wait unsent before the socket counts as full. Linux and macOS.
    TCP_NOTSENT_LOWAT;
    /// Seconds for which a listener waits for a client's first bytes before `accept` sees the connection. Linux counts in retransmissions, and rounds up.
    TCP_DEFER_ACCEPT;
    /// SYNs that `connect` sends again before it gives up, 1 to 127. Linux.
    TCP_SYNCNT;
    /// Bytes that the announced window does not exceed. Linux.
    TCP_WINDOW_CLAMP;
    /// How many connections a listener may hold that began with data in their SYN (RFC 7413); 0 is off. Linux.
    TCP_FASTOPEN;
    /// Seconds that a closed connection stays in FIN_WAIT_2; 0 is the system's own, and below that it does not stay at all. Linux.
    TCP_LINGER2;
    /// Name of the congestion control algorithm. Linux and FreeBSD.
    TCP_CONGESTION;
    /// Hops that a packet may travel, over IPv4.
    IP_TTL;
    /// The byte of the IPv4 header that asks for a service (RFC 2474).
    IP_TOS;
    /// Bytes of the largest packet on the way to the other end, over IPv4. Read only, and only while connected; Linux and Android.
    IP_MTU;
    /// The byte of the IPv6 header that asks for a service (RFC 2474).
    IPV6_TCLASS;
    /// Switch: an IPv6 socket does without IPv4. Off, it is dual-stack. To be set before `bind`.
    IPV6_V6ONLY;
    /// Hops that a packet may travel, over IPv6.
    IPV6_UNICAST_HOPS;
}

impl fmt::Display for SocketOption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_written_as_they_are_called() {
        for option in SocketOption::ALL {
            assert_eq!(serde_json::to_string(option).unwrap(), format!("\"{option}\""));
        }
    }

    #[test]
    fn values_are_json_s_own() {
        for (value, text) in [
            (OptionValue::Switch(true), "true"),
            (OptionValue::Number(-7), "-7"),
            (OptionValue::Text("cubic".to_owned()), "\"cubic\""),
            (OptionValue::Off, "null"),
        ] {
            assert_eq!(serde_json::to_string(&value).unwrap(), text);
            assert_eq!(serde_json::from_str::<OptionValue>(text).unwrap(), value);
        }
        assert!(serde_json::from_str::<OptionValue>("[1]").is_err());
    }
}
