//! The session in Rust, with the standard library alone. What it cannot say is a comment, and what comes nearest to it.

use std::io::ErrorKind;

use protocol::{Failure, Family, How, Name, Operation, RecvFlag, SendFlag};

use super::calls::Outcome;
use super::literal::{Syntax, pieces, quoted};
use super::rust_parts::{IMPORTS, PARTS};
use super::steps::{Payload, Step};
use super::words::{self, introduce};
use super::writer::{Writer, filled};
use super::{Program, file_name};
use crate::trace::timeout_ms;

/// The program for Rust 1.83 and later.
pub fn rust(program: &Program) -> String {
    let mut body = Writer::new("//", "");
    body.indent(true);
    let mut rust = Rust { program, variables: program.sockets.iter().map(|_| Variable::default()).collect() };
    let mut last = "";
    for step in &program.steps {
        if !introduce(step, program, &mut body, &mut last) {
            rust.step(step, &mut body);
        }
    }
    body.blank();
    words::tail(program, &mut body);
    let body = body.finish();

    let parts: String = PARTS.iter().filter(|(used, _)| body.contains(used)).map(|(_, text)| *text).collect();
    let mut out = Writer::new("//", "");
    words::head(program, &mut out, "Build it with: rustc --edition 2024 session.rs");
    out.blank();
    out.line("use std::io;", &[]);
    for (used, path) in IMPORTS {
        if body.contains(used) || parts.contains(used) {
            out.line("use $;", &[path]);
        }
    }
    out.line("\nfn main() -> io::Result<()> {", &[]);
    if let Some(max) = largest_recv(program).filter(|_| body.contains("&mut data[")) {
        out.line("    let mut data = vec![0; $];\n", &[&max.to_string()]);
    }
    out.line("$    Ok(())\n}$", &[&body, parts.trim_end()]);
    out.finish()
}

/// The size of the buffer; nothing where nobody receives.
pub(super) fn largest_recv(program: &Program) -> Option<u64> {
    let max = |step: &Step| match step.operation {
        Operation::Recv { max, .. } => Some(max),
        _ => None,
    };
    program.steps.iter().filter_map(max).max()
}

/// What stands in the variable of a socket.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Held {
    #[default]
    Nothing,
    Stream,
    Listener,
}

#[derive(Default)]
pub(super) struct Variable {
    held: Held,
    /// Where `bind` was told to go.
    bound: Option<(String, u64)>,
    /// Options that were set before there was a variable.
    pub(super) options: Vec<String>,
    read_timeout: Option<u64>,
    write_timeout: Option<u64>,
}

pub(super) struct Rust<'a> {
    pub(super) program: &'a Program,
    pub(super) variables: Vec<Variable>,
}

impl<'a> Rust<'a> {
    pub(super) fn name(&self, socket: usize) -> &'a str {
        self.program.sockets.get(socket).map_or("", |socket| &socket.name)
    }

    pub(super) fn held(&self, socket: usize) -> Held {
        self.variables.get(socket).map_or(Held::Nothing, |variable| variable.held)
    }

    fn step(&mut self, step: &Step, out: &mut Writer) {
        if let Some(result) = words::result(step) {
            out.comment(&capital(&result));
        }
        let name = self.name(step.socket);
        let held = self.held(step.socket);
        match &step.operation {
            Operation::Socket { .. } => out.comment("std makes the socket where it connects or listens."),
            Operation::Bind { address, port } => self.bind(step, address, *port, out),
            Operation::Listen { backlog } => self.listen(step, *backlog, out),
            Operation::Accept { .. } if held == Held::Listener => self.accept(step, name, out),
            Operation::Connect { host, port, .. } if held == Held::Nothing => self.connect(step, host, *port, out),
            Operation::Setsockopt { .. } | Operation::Getsockopt { .. } => self.option(step, name, out),
            Operation::Send { flags, .. } if held == Held::Stream => self.send(step, name, flags, out),
            Operation::Recv { max, flags, .. } if held == Held::Stream => self.recv(step, name, *max, flags, out),
            Operation::Shutdown { how } if held == Held::Stream => {
                let how = match how {
                    How::Read => "Read",
                    How::Write => "Write",
                    How::Both => "Both",
                };
                statement(step, &filled("$.shutdown(Shutdown::$)", &[name, how]), out);
            }
            Operation::Close | Operation::Abort if held != Held::Nothing => {
                if step.operation == Operation::Abort {
                    out.comment("std can't send RST (SO_LINGER of zero seconds). It closes: FIN, unless something was not received.");
                }
                out.line("drop($);", &[name]);
                self.holds(step.socket, Held::Nothing);
            }
            Operation::Getsockname if held != Held::Nothing => out.line("println!(\"getsockname: {}\", $.local_addr()?);", &[name]),
            Operation::Getpeername if held == Held::Stream => {
                statement(step, &filled("$.peer_addr().map(|peer| println!(\"getpeername: {peer}\"))", &[name]), out);
            }
            other => out.comment(&["std has no ", other.name(), "() for this socket here."].concat()),
        }
    }

    fn holds(&mut self, socket: usize, held: Held) {
        if let Some(variable) = self.variables.get_mut(socket) {
            *variable =
                Variable { held, bound: variable.bound.take(), options: std::mem::take(&mut variable.options), ..Variable::default() };
        }
    }

    /// `mut`, where something is sent or received through the variable later on.
    fn mutable(&self, socket: usize) -> &'static str {
        let moves = |step: &Step| {
            let moves_bytes = match &step.operation {
                Operation::Send { flags, .. } => !flags.contains(&SendFlag::Oob),
                Operation::Recv { flags, .. } => !flags.contains(&RecvFlag::Oob) && *flags != [RecvFlag::Peek],
                _ => false,
            };
            step.socket == socket && moves_bytes && !matches!(step.outcome, Outcome::Waiting)
        };
        if self.program.steps.iter().any(moves) { "mut " } else { "" }
    }

    fn bind(&mut self, step: &Step, address: &str, port: u64, out: &mut Writer) {
        let at = place(address, port);
        match (&step.outcome, at) {
            (_, None) => out.comment(&[&port.to_string(), " is no port: std takes none above 65535."].concat()),
            (Outcome::Failed(_), Some(at)) => statement(step, &filled("TcpListener::bind($)", &[&at]), out),
            (_, Some(_)) => {
                out.comment("std binds where it listens; it can't bind a socket that connects.");
                if let Some(variable) = self.variables.get_mut(step.socket) {
                    variable.bound = Some((address.to_owned(), port));
                }
            }
        }
    }

    fn listen(&mut self, step: &Step, backlog: i32, out: &mut Writer) {
        let name = self.name(step.socket);
        if self.held(step.socket) != Held::Nothing {
            return out.comment(&["std can't listen again, with a backlog of ", &backlog.to_string(), "."].concat());
        }
        let is_v4 = self.program.sockets.get(step.socket).is_none_or(|socket| socket.family == Family::Inet);
        let anywhere = || (if is_v4 { "0.0.0.0" } else { "::" }.to_owned(), 0);
        let bound = self.variables.get(step.socket).and_then(|variable| variable.bound.clone());
        let (address, port) = bound.unwrap_or_else(anywhere);
        let Some(at) = place(&address, port) else { return };
        out.comment(
            &["std sets SO_REUSEADDR, except on Windows, and a backlog of its own; here it was ", &backlog.to_string(), "."].concat(),
        );
        let call = filled("TcpListener::bind($)", &[&at]);
        if matches!(step.outcome, Outcome::Failed(_)) {
            return statement(step, &call, out);
        }
        out.line("let $ = $?;", &[name, &call]);
        out.line("println!(\"[*] Listening on {}\", $.local_addr()?);", &[name]);
        self.made(step.socket, Held::Listener, out);
    }

    /// The variable is there: what was to be set before can be now.
    fn made(&mut self, socket: usize, held: Held, out: &mut Writer) {
        self.holds(socket, held);
        if let Some(variable) = self.variables.get_mut(socket) {
            for option in std::mem::take(&mut variable.options) {
                out.line("$;", &[&option]);
            }
        }
    }

    fn accept(&mut self, step: &Step, name: &str, out: &mut Writer) {
        let call = match timeout_ms(&step.operation) {
            Some(timeout) => filled("accept_within(&$, $)", &[name, &duration(timeout)]),
            None => filled("$.accept()", &[name]),
        };
        let Some(accepted) = step.accepted else { return statement(step, &call, out) };
        out.line("let ($$, address) = $?;", &[self.mutable(accepted), self.name(accepted), &call]);
        out.line("println!(\"[*] Accepted connection from {address}\");", &[]);
        self.made(accepted, Held::Stream, out);
    }

    fn connect(&mut self, step: &Step, host: &str, port: u64, out: &mut Writer) {
        let name = self.name(step.socket);
        let Ok(port) = u16::try_from(port) else {
            return out.comment(&[&port.to_string(), " is no port: std takes none above 65535."].concat());
        };
        let port = match step.server.filter(|server| self.held(*server) == Held::Listener) {
            Some(server) => filled("$.local_addr()?.port()", &[self.name(server)]),
            None => port.to_string(),
        };
        let is_v4 = self.program.sockets.get(step.socket).is_none_or(|socket| socket.family == Family::Inet);
        let host = quoted(host, Syntax::Rust);
        let call = match timeout_ms(&step.operation) {
            None => filled("TcpStream::connect(($, $))", &[&host, &port]),
            Some(timeout) => {
                let is_v4 = if is_v4 { "true" } else { "false" };
                let resolved = filled("resolve($, $, $)", &[&host, &port, is_v4]);
                filled("$.and_then(|address| TcpStream::connect_timeout(&address, $))", &[&resolved, &duration(timeout)])
            }
        };
        if matches!(step.outcome, Outcome::Failed(_)) {
            return statement(step, &call, out);
        }
        out.line("let $$ = $?;", &[self.mutable(step.socket), name, &call]);
        self.made(step.socket, Held::Stream, out);
    }

    fn send(&mut self, step: &Step, name: &str, flags: &[SendFlag], out: &mut Writer) {
        if flags.contains(&SendFlag::Oob) {
            return out.comment("std has no MSG_OOB: nothing is sent here.");
        }
        if flags.contains(&SendFlag::More) {
            out.comment("std has no MSG_MORE.");
        }
        self.timeout(step, name, "write", out);
        let data = match &step.payload {
            Some(Payload::File(index)) => filled("&std::fs::read(\"$\")?", &[&file_name(*index)]),
            Some(Payload::Here(bytes)) => literal(bytes, step.times > 1),
            None => "b\"\"".to_owned(),
        };
        if step.times > 1 {
            out.line("for _ in 0..$ {", &[&step.times.to_string()]);
            out.indent(true);
        }
        let call = if flags.contains(&SendFlag::Dontwait) {
            filled("without_waiting(&mut $, |stream| stream.write($))", &[name, &data])
        } else {
            filled("$.write_all($)", &[name, &data])
        };
        statement(step, &call, out);
        if step.times > 1 {
            out.indent(false);
            out.line("}", &[]);
        }
    }

    fn recv(&mut self, step: &Step, name: &str, max: u64, flags: &[RecvFlag], out: &mut Writer) {
        if flags.contains(&RecvFlag::Oob) {
            return out.comment("std has no MSG_OOB: nothing is received here.");
        }
        self.timeout(step, name, "read", out);
        let max = max.to_string();
        let function = if flags.contains(&RecvFlag::Peek) { "peek" } else { "read" };
        let call = if flags.contains(&RecvFlag::Dontwait) {
            filled("without_waiting(&mut $, |stream| stream.$(&mut data[..$]))", &[name, function, &max])
        } else if flags.contains(&RecvFlag::Waitall) && function == "read" {
            filled("read_all(&mut $, &mut data[..$])", &[name, &max])
        } else {
            filled("$.$(&mut data[..$])", &[name, function, &max])
        };
        match (&step.outcome, words::is_run(step)) {
            (Outcome::Failed(failure), _) => {
                out.line("match $ {", &[&call]);
                out.line("    $,", &[&expected("recv", failure, timeout_ms(&step.operation).is_some())]);
                out.line("    result => print_bytes(&data[..result?]),", &[]);
                out.line("}", &[]);
            }
            (Outcome::Received { ended, bytes, .. }, true) => {
                let until_end = *ended;
                if until_end {
                    out.line("loop {", &[]);
                } else {
                    out.line("let mut missing: usize = $;", &[&bytes.to_string()]);
                    out.line("while missing > 0 {", &[]);
                }
                out.line("    let n = $?;", &[&call]);
                out.line("    if n == 0 {", &[]);
                out.line("        break;", &[]);
                out.line("    }", &[]);
                out.line("    print_bytes(&data[..n]);", &[]);
                if !until_end {
                    out.line("    missing = missing.saturating_sub(n);", &[]);
                }
                out.line("}", &[]);
            }
            _ => {
                out.line("let n = $?;", &[&call]);
                out.line("print_bytes(&data[..n]);", &[]);
            }
        }
    }

    fn timeout(&mut self, step: &Step, name: &str, way: &str, out: &mut Writer) {
        let Some(variable) = self.variables.get_mut(step.socket) else { return };
        let current = if way == "read" { &mut variable.read_timeout } else { &mut variable.write_timeout };
        let timeout = timeout_ms(&step.operation);
        if *current != timeout {
            *current = timeout;
            let time = timeout.map_or_else(|| "None".to_owned(), |timeout| ["Some(", &duration(timeout), ")"].concat());
            out.line("$.set_$_timeout($)?;", &[name, way, &time]);
        }
    }
}

/// An address and a port as an argument; nothing for what is no port.
fn place(address: &str, port: u64) -> Option<String> {
    (port <= 65535).then(|| filled("($, $)", &[&quoted(address, Syntax::Rust), &port.to_string()]))
}

/// A byte string, on several lines where it is long.
fn literal(bytes: &[u8], is_deep: bool) -> String {
    let indent = if is_deep { "              " } else { "          " };
    ["b\"", &pieces(bytes, Syntax::Rust).join(&["\\\n", indent].concat()), "\""].concat()
}

fn duration(milliseconds: u64) -> String {
    filled("Duration::from_millis($)", &[&milliseconds.max(1).to_string()])
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A call whose result is not needed: it succeeds, or fails as it did in the session.
pub(super) fn statement(step: &Step, call: &str, out: &mut Writer) {
    match &step.outcome {
        Outcome::Failed(failure) => {
            out.line("match $ {", &[call]);
            out.line("    $,", &[&expected(step.operation.name(), failure, timeout_ms(&step.operation).is_some())]);
            out.line("    result => {", &[]);
            out.line("        result?;", &[]);
            out.line("    }", &[]);
            out.line("}", &[]);
        }
        _ => out.line("$?;", &[call]),
    }
}

/// The arm of a `match` for the failure of the session.
fn expected(call: &str, failure: &Failure, has_timeout: bool) -> String {
    let kind = failure.name.kind();
    let print = filled("println!(\"$: {error}\")", &[call]);
    match failure.name {
        // What std says when its own timeout is over depends on the system.
        Name::ETIMEDOUT if has_timeout => {
            filled("Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => $", &[&print])
        }
        // std has no name for it.
        _ if kind == ErrorKind::Other => filled("Err(error) => $", &[&print]),
        _ => filled("Err(error) if error.kind() == io::ErrorKind::$ => $", &[&format!("{kind:?}"), &print]),
    }
}
