//! What a failure means: what happened, why, what to do about it, and what Python calls it.

use protocol::{Failure, Holder, Name, Operation, Rule, TcpState};

use super::remedy::{Remedy, remedies};
use super::seconds_in_words;
use super::socket::timeout_ms;
use crate::texts::errors as text;

/// A failure in plain words, in the language of the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The POSIX name; of what the relay's own rules forbid: that.
    pub title: &'static str,
    /// The address or name that it is about.
    pub address: Option<String>,
    /// What happened, and why.
    pub cause: String,
    /// What to do.
    pub remedy: String,
    /// What the page can do about it.
    pub remedies: Vec<Remedy>,
    /// The exception of Python's `socket`.
    pub python: &'static str,
    /// The words of whoever noticed it, as a rule the operating system's.
    pub text: String,
}

/// Explains `failure`, which `operation` met, as far as that is known.
pub fn explain(failure: &Failure, operation: Option<&Operation>) -> Explanation {
    let about = About { failure, operation, port: port_of(operation) };
    let (cause, remedy) = about.words();
    let forbidden = failure.name == Name::FORBIDDEN;
    Explanation {
        title: if forbidden { text::forbidden_title() } else { failure.name.as_str() },
        address: failure.address.clone(),
        cause,
        remedy,
        remedies: remedies(failure, operation),
        // Python looks at the number before the system does.
        python: if about.port_is_impossible() { "OverflowError" } else { failure.name.python() },
        text: failure.text.clone(),
    }
}

fn port_of(operation: Option<&Operation>) -> Option<u64> {
    match operation {
        Some(Operation::Connect { port, .. } | Operation::Bind { port, .. }) => Some(*port),
        _ => None,
    }
}

struct About<'a> {
    failure: &'a Failure,
    operation: Option<&'a Operation>,
    port: Option<u64>,
}

impl About<'_> {
    fn port_is_impossible(&self) -> bool {
        self.failure.name == Name::EINVAL && self.port.is_some_and(|port| port > 65535)
    }

    fn place(&self) -> &str {
        self.failure.address.as_deref().unwrap_or(text::that_address())
    }

    fn host(&self) -> &str {
        match self.operation {
            Some(Operation::Connect { host, .. }) => host,
            Some(Operation::Bind { address, .. }) => address,
            _ => self.place(),
        }
    }

    fn words(&self) -> (String, String) {
        let (place, host) = (&self.place(), &self.host());
        let (cause, remedy): (String, &str) = match self.failure.name {
            Name::FORBIDDEN => return self.forbidden(),
            Name::ETIMEDOUT => return self.timed_out(),
            Name::EINVAL | Name::EACCES | Name::EADDRINUSE | Name::EPIPE => return self.wrong_here(),
            Name::ECONNREFUSED => (text::refused(place), text::refused_remedy()),
            Name::EADDRNOTAVAIL => (text::not_available(place), text::not_available_remedy()),
            Name::EAI_NONAME if host.contains(['/', ':', '[', ' ']) => (text::no_name(host), text::only_a_name_remedy()),
            Name::EAI_NONAME => (text::no_name(host), text::no_name_remedy()),
            Name::EAI_AGAIN => (text::again(host), text::again_remedy()),
            Name::EAI_FAIL => (text::resolver_failed(host), text::resolver_failed_remedy()),
            Name::EAI_NODATA | Name::EAI_ADDRFAMILY => (text::no_such_family(host), text::other_family_remedy()),
            Name::EHOSTUNREACH | Name::EHOSTDOWN => (text::host_unreachable(place), text::host_unreachable_remedy()),
            Name::ENETUNREACH | Name::ENETDOWN => (text::network_unreachable(place), text::network_unreachable_remedy()),
            Name::EAFNOSUPPORT => (text::wrong_family(place), text::other_family_remedy()),
            name => {
                let (cause, remedy) = always_the_same(name);
                (cause.to_owned(), remedy)
            }
        };
        (cause, remedy.to_owned())
    }

    fn wrong_here(&self) -> (String, String) {
        match (self.failure.name, self.port) {
            (Name::EINVAL, Some(port)) if port > 65535 => (text::no_port(&port), text::no_port_remedy().to_owned()),
            (Name::EINVAL, _) => (text::invalid().to_owned(), text::invalid_remedy().to_owned()),
            (Name::EACCES, Some(port @ 1..1024)) => (text::privileged().to_owned(), text::privileged_remedy(&(port + 8000))),
            (Name::EACCES, _) => (text::access(&self.failure.call, &self.place()), text::access_remedy().to_owned()),
            (Name::EADDRINUSE, _) => self.in_use(),
            _ => (text::pipe().to_owned(), text::pipe_remedy().to_owned()),
        }
    }

    /// Told apart where the system tells who holds the port.
    fn in_use(&self) -> (String, String) {
        let what = match self.port {
            Some(port) if port > 0 => text::port_named(&port),
            _ => self.place().to_owned(),
        };
        let (cause, remedy) = match self.failure.holder {
            Some(Holder { state: TcpState::LISTEN, .. }) => (text::taken_by_listener(&what), text::taken_by_listener_remedy()),
            Some(Holder { state: TcpState::TIME_WAIT, ends_in_ms }) => {
                let cause = match ends_in_ms {
                    Some(ms) => text::taken_by_time_wait_left(&what, &ms.div_ceil(1000)),
                    None => text::taken_by_time_wait(&what),
                };
                (cause, text::taken_by_time_wait_remedy())
            }
            Some(Holder { state, .. }) => (text::taken_by_connection(&what, &state), text::taken_by_connection_remedy()),
            None => (text::taken(&what), text::taken_remedy()),
        };
        (cause, remedy.to_owned())
    }

    fn timed_out(&self) -> (String, String) {
        let after = self.operation.and_then(timeout_ms).map(|limit| {
            let words = seconds_in_words(limit as f64);
            words.replace(".00 s", " s").replace(",00 s", " s")
        });
        let (cause, remedy) = match (self.failure.call.as_str(), after) {
            ("connect", Some(after)) => (text::no_answer_in(&self.place(), &after), text::no_answer_remedy()),
            ("connect", None) => (text::no_answer(&self.place()), text::no_answer_remedy()),
            ("recv", Some(after)) => (text::recv_timed_out(&after), text::recv_timed_out_remedy()),
            ("accept", Some(after)) => (text::accept_timed_out(&after), text::accept_timed_out_remedy()),
            ("send", Some(after)) => (text::send_timed_out(&after), text::send_timed_out_remedy()),
            _ => (text::given_up().to_owned(), text::given_up_remedy()),
        };
        (cause, remedy.to_owned())
    }

    fn forbidden(&self) -> (String, String) {
        let rule = self.failure.rule.map_or_else(String::new, |rule| text::forbidden_rule(&rule));
        let (why, remedy) = match self.failure.rule {
            Some(Rule::OwnPort) => (text::own_port(), text::own_port_remedy()),
            Some(Rule::LinkLocal) => (text::link_local(), text::link_local_remedy()),
            Some(Rule::Multicast) => (text::multicast(), text::multicast_remedy()),
            Some(Rule::Denied) => (text::denied(), text::denied_remedy()),
            Some(Rule::NotAllowed) | None => (text::not_allowed(), text::not_allowed_remedy()),
        };
        (text::forbidden(&self.place(), &rule, &why), remedy.to_owned())
    }
}

/// Failures that are explained in the same words whatever the call was about: a mistake in a program, or a full machine, as a rule.
fn always_the_same(name: Name) -> (&'static str, &'static str) {
    match name {
        Name::ECONNRESET => (text::reset(), text::reset_remedy()),
        Name::ECONNABORTED => (text::aborted(), text::aborted_remedy()),
        Name::EAI_SYSTEM => (text::resolver_system(), text::resolver_system_remedy()),
        Name::EPERM => (text::not_permitted(), text::not_permitted_remedy()),
        Name::EAGAIN => (text::nothing_now(), text::nothing_now_remedy()),
        Name::EALREADY | Name::EINPROGRESS => (text::under_way(), text::under_way_remedy()),
        Name::EBADF => (text::bad_descriptor(), text::bad_descriptor_remedy()),
        Name::ECANCELED => (text::cancelled(), text::cancelled_remedy()),
        Name::EDESTADDRREQ => (text::no_destination(), text::connect_first()),
        Name::EINTR => (text::signal(), text::signal_remedy()),
        Name::EISCONN => (text::is_connected(), text::is_connected_remedy()),
        Name::ENOTCONN => (text::not_connected(), text::connect_first()),
        Name::EMFILE => (text::too_many(), text::too_many_remedy()),
        Name::ENFILE => (text::too_many_open(), text::too_many_open_remedy()),
        Name::EMSGSIZE => (text::too_large(), text::too_large_remedy()),
        Name::ENOBUFS | Name::ENOMEM => (text::no_room(), text::no_room_remedy()),
        Name::ENOENT => (text::no_entry(), text::no_entry_remedy()),
        Name::ENOPROTOOPT => (text::no_option(), text::no_option_remedy()),
        Name::ENOSYS => (text::no_call(), text::no_call_remedy()),
        Name::EOPNOTSUPP => (text::not_supported(), text::not_supported_remedy()),
        Name::EPROTONOSUPPORT => (text::no_protocol(), text::no_protocol_remedy()),
        _ => (text::unnamed(), text::unnamed_remedy()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connect(host: &str, port: u64) -> Operation {
        Operation::Connect { host: host.to_owned(), port, timeout_ms: Some(5000) }
    }

    fn bind(port: u64) -> Operation {
        Operation::Bind { address: "0.0.0.0".to_owned(), port }
    }

    fn explained(name: Name, operation: &Operation) -> Explanation {
        explain(&Failure::new(name, operation.name(), "text").at("127.0.0.1:9"), Some(operation))
    }

    #[test]
    fn every_name_is_explained() {
        for &name in Name::ALL {
            let explanation = explained(name, &connect("localhost", 9));
            assert!(explanation.cause.ends_with('.') && explanation.remedy.ends_with('.'), "{name}: {explanation:?}");
            assert!(!explanation.python.is_empty());
            let is_known = !explanation.cause.contains("has no name here");
            assert_eq!(is_known, name != Name::EIO, "{name} has its own words");
            let title = if name == Name::FORBIDDEN { "Forbidden by the relay" } else { name.as_str() };
            assert_eq!(explanation.title, title);
        }
    }

    #[test]
    fn refused_names_the_address() {
        let explanation = explained(Name::ECONNREFUSED, &connect("localhost", 9));
        assert_eq!(explanation.cause, "Nobody is listening on 127.0.0.1:9. The machine answered at once with RST.");
        assert_eq!(explanation.python, "ConnectionRefusedError");
    }

    #[test]
    fn no_answer_names_the_time() {
        assert!(explained(Name::ETIMEDOUT, &connect("localhost", 9)).cause.starts_with("No answer from 127.0.0.1:9 in 5 s:"));
        let recv = Operation::Recv { max: 1, flags: vec![], timeout_ms: Some(1500) };
        assert!(explained(Name::ETIMEDOUT, &recv).cause.contains("1.50 s"));
        let recv = Operation::Recv { max: 1, flags: vec![], timeout_ms: None };
        assert!(explained(Name::ETIMEDOUT, &recv).cause.contains("gave the connection up"));
    }

    #[test]
    fn an_impossible_port_is_what_python_calls_it() {
        let explanation = explained(Name::EINVAL, &connect("localhost", 70000));
        assert!(explanation.cause.contains("70000 is no port"));
        assert_eq!(explanation.python, "OverflowError");
        assert_eq!(explained(Name::EINVAL, &connect("localhost", 80)).python, "OSError");
    }

    #[test]
    fn a_taken_and_a_privileged_port() {
        assert!(explained(Name::EADDRINUSE, &bind(8080)).cause.starts_with("Port 8080 is taken"));
        assert_eq!(explained(Name::EACCES, &bind(80)).remedy, "Use port 8080 instead.");
    }

    #[test]
    fn who_holds_a_port_is_told_where_it_is_known() {
        let held = |state, ends_in_ms| {
            let failure = Failure { holder: Some(Holder { state, ends_in_ms }), ..Failure::new(Name::EADDRINUSE, "bind", "text") };
            explain(&failure, Some(&bind(8080)))
        };
        assert_eq!(held(TcpState::LISTEN, None).cause, "Port 8080 is taken: another socket listens there.");
        let waiting = held(TcpState::TIME_WAIT, Some(42_100));
        assert_eq!(waiting.cause, "Port 8080 is taken: an earlier connection is in TIME_WAIT, for another 43 s.");
        assert!(waiting.remedy.contains("SO_REUSEADDR"));
        assert!(held(TcpState::ESTABLISHED, None).cause.ends_with("in state ESTABLISHED."));
    }

    #[test]
    fn a_name_that_does_not_resolve_is_named() {
        assert!(explained(Name::EAI_NONAME, &connect("nowhere.invalid", 80)).cause.contains("nowhere.invalid"));
        for host in ["http://localhost/", "localhost:80", "[::1]", "my host"] {
            let remedy = explained(Name::EAI_NONAME, &connect(host, 80)).remedy;
            assert!(remedy.contains("name or the address alone"), "{host}: {remedy}");
        }
    }

    #[test]
    fn what_the_relay_forbids_is_no_tcp_error() {
        let failure = Failure::forbidden(Rule::LinkLocal, "connect", "text").at("169.254.169.254:80");
        let explanation = explain(&failure, None);
        assert_eq!(explanation.title, "Forbidden by the relay");
        assert!(explanation.cause.contains("rule link-local"), "{}", explanation.cause);
    }
}
