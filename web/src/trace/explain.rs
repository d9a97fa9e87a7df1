//! What a failure means: what happened, why, what to do about it, and what Python calls it.

use protocol::{Failure, Holder, Name, Operation, Rule, TcpState};

use super::no_port::{REMEDY, is_no_port};
use super::seconds_in_words;
use super::socket::timeout_ms;

/// A failure in plain words.
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
        title: if forbidden { "Forbidden by the relay" } else { failure.name.as_str() },
        address: failure.address.clone(),
        cause,
        remedy,
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
        self.failure.address.as_deref().unwrap_or("that address")
    }

    fn host(&self) -> &str {
        match self.operation {
            Some(Operation::Connect { host, .. }) => host,
            Some(Operation::Bind { address, .. }) => address,
            _ => self.place(),
        }
    }

    fn words(&self) -> (String, String) {
        let (cause, remedy): (String, &str) = match self.failure.name {
            Name::FORBIDDEN => return self.forbidden(),
            Name::ETIMEDOUT => return self.timed_out(),
            Name::EINVAL | Name::EACCES | Name::EADDRINUSE | Name::EPIPE => return self.wrong_here(),
            Name::ECONNREFUSED => (
                format!("Nobody is listening on {}. The machine answered at once with RST.", self.place()),
                "Start a server there, or check the port.",
            ),
            Name::ECONNRESET => (
                "The other end cut the connection with RST; bytes on the way are lost.".to_owned(),
                "Look at the last events: an end that closes with unread bytes, or a program that is killed, resets.",
            ),
            Name::ECONNABORTED => ("The connection was given up before it was used.".to_owned(), "Connect again."),
            Name::EADDRNOTAVAIL => (
                format!("No interface of this computer has the address {}, or no free port is left.", self.place()),
                "Use 0.0.0.0 (all addresses), 127.0.0.1 (this computer only) or one of the computer's own addresses.",
            ),
            Name::EAI_NONAME => (
                format!("The name {} does not exist, or there is no DNS in this room.", self.host()),
                "Check the spelling, or use an address such as 127.0.0.1 or the name localhost.",
            ),
            Name::EAI_AGAIN => {
                (format!("No name server answered the question for {}.", self.host()), "Try again, or use an address instead of the name.")
            }
            Name::EAI_FAIL => (
                format!("The name server refused to answer for {}.", self.host()),
                "Use an address instead of the name; trying again is unlikely to help.",
            ),
            Name::EAI_NODATA | Name::EAI_ADDRFAMILY => (
                format!("The name {} exists, but has no address of this socket's family.", self.host()),
                "Make a new socket of the other family (IPv4 or IPv6).",
            ),
            Name::EAI_SYSTEM => {
                ("The resolver met an error of the system.".to_owned(), "The system's words say which; try an address instead of the name.")
            }
            Name::EHOSTUNREACH | Name::EHOSTDOWN => (
                format!("{} cannot be reached: no machine answers there, or a router on the way knows no path.", self.place()),
                "Check the address, and that the machine is on and in the same network.",
            ),
            Name::ENETUNREACH | Name::ENETDOWN => (
                format!("This computer has no way to the network of {}.", self.place()),
                "Check that the computer is online, and that its network has this address family (IPv6 often is missing).",
            ),
            Name::EAFNOSUPPORT => (
                format!("{} is not an address of this socket's family.", self.place()),
                "Make a new socket of the other family (IPv4 or IPv6).",
            ),
            Name::EPERM => {
                ("A firewall or a security rule of this computer did not permit it.".to_owned(), "Check the firewall, or use another port.")
            }
            _ => return self.of_the_program(),
        };
        (cause, remedy.to_owned())
    }

    fn wrong_here(&self) -> (String, String) {
        match (self.failure.name, self.port) {
            (Name::EINVAL, Some(port)) if port > 65535 => (is_no_port(&port.to_string()), REMEDY.to_owned()),
            (Name::EINVAL, _) => (
                "An argument is wrong, or the call does not fit the state that the socket is in.".to_owned(),
                "Look at the arguments, and at the state of the socket in the tree.".to_owned(),
            ),
            (Name::EACCES, Some(port @ 1..1024)) => {
                ("Ports below 1024 need rights that the relay does not have.".to_owned(), format!("Use port {} instead.", port + 8000))
            }
            (Name::EACCES, _) => (
                format!("The system does not permit {} for {}.", self.failure.call, self.place()),
                "A broadcast address or a firewall is the usual reason. Use another address or port.".to_owned(),
            ),
            (Name::EADDRINUSE, _) => self.in_use(),
            _ => (
                "You wrote after the end: the connection is closed or was reset. The first write after a peer's close still succeeds."
                    .to_owned(),
                "Close this socket and connect again.".to_owned(),
            ),
        }
    }

    /// Told apart where the system tells who holds the port.
    fn in_use(&self) -> (String, String) {
        let what = match self.port {
            Some(port) if port > 0 => format!("Port {port}"),
            _ => self.place().to_owned(),
        };
        let choose = "Choose another port (0 lets the system choose a free one)";
        match self.failure.holder {
            Some(Holder { state: TcpState::LISTEN, .. }) => {
                (format!("{what} is taken: another socket listens there."), format!("{choose}, or close the one that listens."))
            }
            Some(Holder { state: TcpState::TIME_WAIT, ends_in_ms }) => {
                let left = ends_in_ms.map_or_else(String::new, |ms| format!(", for another {} s", ms.div_ceil(1000)));
                let wait = "wait for that, or set SO_REUSEADDR before you bind.";
                (format!("{what} is taken: an earlier connection is in TIME_WAIT{left}."), format!("{choose}, {wait}"))
            }
            Some(Holder { state, .. }) => {
                (format!("{what} is taken by another connection, in state {state}."), format!("{choose}, or close that connection."))
            }
            None => (
                format!("{what} is taken, by a listener or by a connection in TIME_WAIT."),
                format!("{choose}, close the other program, or wait a minute."),
            ),
        }
    }

    fn timed_out(&self) -> (String, String) {
        let after = self.operation.and_then(timeout_ms).map(|limit| seconds_in_words(limit as f64).replace(".00 s", " s"));
        match (self.failure.call.as_str(), after) {
            ("connect", after) => (
                match after {
                    Some(after) => format!(
                        "No answer from {} in {after}: a firewall drops it, the host is off, or its accept queue is full.",
                        self.place()
                    ),
                    None => format!("No answer from {}: a firewall drops it, the host is off, or its accept queue is full.", self.place()),
                },
                "Check the address, or allow more time. A machine that is there and has no listener refuses at once instead.".to_owned(),
            ),
            ("recv", Some(after)) => {
                (format!("No bytes came in {after}. The connection is still there."), "Receive again, or with a longer timeout.".to_owned())
            }
            ("accept", Some(after)) => (format!("Nobody connected in {after}."), "Accept again, and connect from somewhere.".to_owned()),
            ("send", Some(after)) => (
                format!("The kernel took nothing in {after}: its buffer is full because the other end does not read."),
                "Let the other end receive.".to_owned(),
            ),
            _ => (
                "The other end did not acknowledge for so long that the system gave the connection up.".to_owned(),
                "Check the other machine and the network between, then connect again.".to_owned(),
            ),
        }
    }

    fn forbidden(&self) -> (String, String) {
        let rule = self.failure.rule.map_or_else(String::new, |rule| format!(" (rule {rule})"));
        let (why, remedy) = match self.failure.rule {
            Some(Rule::OwnPort) => ("it is the relay's own port", "Use another port."),
            Some(Rule::LinkLocal) => ("it is link-local, where clouds keep their secrets", "Use another address."),
            Some(Rule::Multicast) => ("multicast and broadcast are not for TCP", "Use the address of one machine."),
            Some(Rule::Denied) => ("the operator of the relay denied it", "Use another address, or ask the operator."),
            Some(Rule::NotAllowed) | None => ("nothing allows it on this relay", "Ask the operator of the relay to allow it."),
        };
        (format!("This is no error of TCP: the relay does not go to {}{rule}, because {why}.", self.place()), remedy.to_owned())
    }

    /// Failures that a mistake in a program, or a full machine, brings about.
    fn of_the_program(&self) -> (String, String) {
        let (cause, remedy) = match self.failure.name {
            Name::EAGAIN => ("There is nothing to do just now, and the call was told not to wait.", "Call again later, or let it wait."),
            Name::EALREADY | Name::EINPROGRESS => ("A connection attempt is under way already.", "Wait for it, or cancel it."),
            Name::EBADF => ("There is no such descriptor: the socket, or its listener, is closed.", "Make a new socket."),
            Name::ECANCELED => ("The call was cancelled.", "Call it again whenever you like."),
            Name::EDESTADDRREQ => ("The call needs a destination.", "Connect first."),
            Name::EINTR => ("A signal came first.", "Call it again."),
            Name::EISCONN => ("The socket is connected already. A socket connects once.", "Make a new socket for another connection."),
            Name::ENOTCONN => ("The socket is not connected.", "Connect first."),
            Name::EMFILE => ("No more sockets are possible for this page or for the relay.", "Close some sockets, then try again."),
            Name::ENFILE => ("This computer has no more descriptors.", "Close some programs or sockets, then try again."),
            Name::EMSGSIZE => ("That is larger than one send may be.", "Send it in smaller pieces."),
            Name::ENOBUFS | Name::ENOMEM => {
                ("There is no room in a queue, or no memory.", "Wait until earlier calls have returned, then try again.")
            }
            Name::ENOENT => ("The system knows nothing of that name.", "Check the spelling of the option's value."),
            Name::ENOPROTOOPT => ("The relay's system has no such option, or only reads it.", "Do without it, or read it."),
            Name::ENOSYS => ("The relay has no such call.", "Use the page that this relay serves: reload it."),
            Name::EOPNOTSUPP => {
                ("That is not possible on this kind of socket.", "A listener accepts; only a connected socket sends and receives.")
            }
            Name::EPROTONOSUPPORT => ("The protocol is not available on this computer.", "Use the other address family."),
            _ => ("The system reported an error that has no name here.", "Its own words say more."),
        };
        (cause.to_owned(), remedy.to_owned())
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
    }

    #[test]
    fn what_the_relay_forbids_is_no_tcp_error() {
        let failure = Failure::forbidden(Rule::LinkLocal, "connect", "text").at("169.254.169.254:80");
        let explanation = explain(&failure, None);
        assert_eq!(explanation.title, "Forbidden by the relay");
        assert!(explanation.cause.contains("rule link-local"), "{}", explanation.cause);
    }
}
