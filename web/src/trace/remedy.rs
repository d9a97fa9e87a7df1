//! What the page can do about a failure with one click.

use std::net::{IpAddr, SocketAddr};

use protocol::{Failure, Family, Holder, Name, Operation, TcpState};

use crate::texts::errors as text;

/// One thing to do. It is done by the calls that somebody would make by hand, and stands in the trace as they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Make a server that listens where nobody did.
    StartServer(SocketAddr),
    /// Connect to a port of this computer where nobody listens, to see the difference between no answer and a refusal.
    CompareWithRefused,
    /// Call `bind` again, with this port.
    Bind(u16),
    /// Set SO_REUSEADDR, then call `bind` again.
    ReuseAddress,
    /// Wait for so many milliseconds, then call `bind` again.
    Wait(u64),
    /// Look at the events that led to it.
    LastEvents,
    /// Call `connect` again, with the name that needs no name server.
    ConnectToLocalhost,
    /// Make a socket of this family.
    OtherFamily(Family),
}

impl Remedy {
    /// What its button says.
    pub fn label(&self) -> String {
        match self {
            Self::StartServer(place) => text::do_start_server(place),
            Self::CompareWithRefused => text::do_compare().to_owned(),
            Self::Bind(0) => text::do_free_port().to_owned(),
            Self::Bind(port) => text::do_port(port),
            Self::ReuseAddress => text::do_reuse().to_owned(),
            Self::Wait(ms) => text::do_wait(&ms.div_ceil(1000)),
            Self::LastEvents => text::do_last_events().to_owned(),
            Self::ConnectToLocalhost => text::do_localhost().to_owned(),
            Self::OtherFamily(family) => text::do_other_family(&if *family == Family::Inet6 { "IPv6" } else { "IPv4" }),
        }
    }
}

/// What can be done about `failure`, which `operation` met.
pub(super) fn remedies(failure: &Failure, operation: Option<&Operation>) -> Vec<Remedy> {
    let place = failure.address.as_deref().and_then(|address| address.parse::<SocketAddr>().ok());
    match (failure.name, operation) {
        // Only on this computer can the page start a server.
        (Name::ECONNREFUSED, Some(Operation::Connect { .. })) => {
            place.filter(|place| place.ip().is_loopback() && place.port() > 0).map(Remedy::StartServer).into_iter().collect()
        }
        (Name::ETIMEDOUT, Some(Operation::Connect { .. })) => vec![Remedy::CompareWithRefused],
        (Name::EADDRINUSE, Some(Operation::Bind { .. })) => match failure.holder {
            Some(Holder { state: TcpState::TIME_WAIT, ends_in_ms }) => {
                let wait = ends_in_ms.map(|ms| Remedy::Wait(ms.div_ceil(1000) * 1000));
                [Remedy::Bind(0), Remedy::ReuseAddress].into_iter().chain(wait).collect()
            }
            _ => vec![Remedy::Bind(0)],
        },
        (Name::EACCES, Some(Operation::Bind { port, .. })) => match u16::try_from(*port) {
            Ok(port @ 1..1024) => vec![Remedy::Bind(port + 8000)],
            _ => vec![],
        },
        (Name::ECONNRESET | Name::EPIPE, _) => vec![Remedy::LastEvents],
        (Name::EAI_NONAME | Name::EAI_AGAIN | Name::EAI_FAIL, Some(Operation::Connect { .. })) => vec![Remedy::ConnectToLocalhost],
        (Name::EAI_ADDRFAMILY, Some(Operation::Connect { host: written, .. } | Operation::Bind { address: written, .. })) => {
            let other = written.parse::<IpAddr>().ok().map(|written| if written.is_ipv6() { Family::Inet6 } else { Family::Inet });
            other.map(Remedy::OtherFamily).into_iter().collect()
        }
        (Name::EAFNOSUPPORT, _) => {
            let other = place.map(|place| if place.is_ipv6() { Family::Inet6 } else { Family::Inet });
            other.map(Remedy::OtherFamily).into_iter().collect()
        }
        _ => vec![],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(name: Name, operation: &Operation, address: &str) -> Vec<Remedy> {
        remedies(&Failure::new(name, operation.name(), "text").at(address), Some(operation))
    }

    #[test]
    fn a_server_is_offered_on_this_computer_alone() {
        let connect = Operation::Connect { host: "x".to_owned(), port: 9, timeout_ms: None };
        assert_eq!(offered(Name::ECONNREFUSED, &connect, "127.0.0.1:9"), [Remedy::StartServer("127.0.0.1:9".parse().unwrap())]);
        assert_eq!(offered(Name::ECONNREFUSED, &connect, "[::1]:9"), [Remedy::StartServer("[::1]:9".parse().unwrap())]);
        assert_eq!(offered(Name::ECONNREFUSED, &connect, "192.0.2.1:9"), []);
        assert_eq!(offered(Name::EAI_NONAME, &connect, "x:9"), [Remedy::ConnectToLocalhost]);
        let connect = Operation::Connect { host: "::1".to_owned(), port: 9, timeout_ms: None };
        assert_eq!(offered(Name::EAI_ADDRFAMILY, &connect, "::1"), [Remedy::OtherFamily(Family::Inet6)]);
    }

    #[test]
    fn what_is_offered_for_a_port_depends_on_who_holds_it() {
        let bind = Operation::Bind { address: "0.0.0.0".to_owned(), port: 80 };
        assert_eq!(offered(Name::EACCES, &bind, "0.0.0.0:80"), [Remedy::Bind(8080)]);
        assert_eq!(offered(Name::EADDRINUSE, &bind, "0.0.0.0:80"), [Remedy::Bind(0)]);
        let held = Failure {
            holder: Some(Holder { state: TcpState::TIME_WAIT, ends_in_ms: Some(42_100) }),
            ..Failure::new(Name::EADDRINUSE, "bind", "text")
        };
        let offered = remedies(&held, Some(&bind));
        assert_eq!(offered, [Remedy::Bind(0), Remedy::ReuseAddress, Remedy::Wait(43_000)]);
        assert_eq!(offered[2].label(), "Wait 43 s and bind");
    }
}
