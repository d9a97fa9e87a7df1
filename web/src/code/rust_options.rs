//! Socket options in Rust's standard library, which has few of them.

use protocol::{Operation, SocketOption};

use super::calls::Outcome;
use super::rust::{Held, Rust, statement};
use super::steps::{Kind, Step};
use super::words::{Setting, setting};
use super::writer::{Writer, cut, filled};

impl Rust<'_> {
    /// `setsockopt` and `getsockopt`, of the few options that std has.
    pub(super) fn option(&mut self, step: &Step, name: &str, out: &mut Writer) {
        let held = self.held(step.socket);
        let call = match &step.operation {
            Operation::Setsockopt { option, value } => match (option, setting(*option, value)) {
                (SocketOption::TCP_NODELAY, Setting::Number(on)) => {
                    Some(filled("$.set_nodelay($)", &[name, if on == 0 { "false" } else { "true" }]))
                }
                (SocketOption::IP_TTL, Setting::Number(ttl @ 0..)) => Some(filled("$.set_ttl($)", &[name, &ttl.to_string()])),
                _ => None,
            },
            Operation::Getsockopt { option } => match option {
                SocketOption::TCP_NODELAY => Some(filled("$.nodelay().map(|on| println!(\"TCP_NODELAY: {on}\"))", &[name])),
                SocketOption::IP_TTL => Some(filled("$.ttl().map(|ttl| println!(\"IP_TTL: {ttl}\"))", &[name])),
                SocketOption::SO_ERROR => Some(filled("$.take_error().map(|error| println!(\"SO_ERROR: {error:?}\"))", &[name])),
                _ => None,
            },
            _ => None,
        };
        let (Operation::Setsockopt { option, .. } | Operation::Getsockopt { option }) = &step.operation else { return };
        // A listener of std has no TCP_NODELAY.
        let call = call.filter(|_| held != Held::Listener || *option != SocketOption::TCP_NODELAY);
        match (call, held, &step.outcome) {
            (None, _, _) => {
                let value = match &step.operation {
                    Operation::Setsockopt { value, .. } => [", which was set to ", &cut(&value.to_string())].concat(),
                    _ => String::new(),
                };
                out.comment(&["std has no ", option.as_str(), value.as_str(), "."].concat());
            }
            (Some(call), Held::Nothing, Outcome::Returned(_)) if matches!(step.operation, Operation::Setsockopt { .. }) => {
                out.comment("There is no socket yet. The option is set as soon as there is one.");
                let is_server = self.program.sockets.get(step.socket).is_some_and(|socket| socket.kind == Kind::Server);
                if let Some(variable) = self.variables.get_mut(step.socket)
                    && !(is_server && *option == SocketOption::TCP_NODELAY)
                {
                    variable.options.push([&call, "?"].concat());
                }
            }
            (Some(_), Held::Nothing, _) => out.comment("There is no socket yet whose option std could reach."),
            (Some(call), ..) => statement(step, &call, out),
        }
    }
}
