//! The session in Python, as an introduction to sockets writes it.

use protocol::{Failure, Family, How, Name, Operation, PollEvent, RecvFlag, SendFlag, SocketOption};

use super::calls::Outcome;
use super::literal::{Syntax, pieces, quoted};
use super::steps::{Kind, Payload, Step};
use super::words::{self, Setting, introduce, level, setting};
use super::writer::{Writer, filled};
use super::{Program, file_name};
use crate::trace::timeout_ms;

/// The program for Python 3.10 and later.
pub fn python(program: &Program) -> String {
    let mut out = Writer::new("#", "");
    words::head(program, &mut out, "Run it with: python3 session.py");
    let needs = |test: &dyn Fn(&Operation) -> bool| program.steps.iter().any(|step| test(&step.operation));
    if needs(&|operation| matches!(operation, Operation::Poll { .. })) {
        out.line("import select", &[]);
    }
    out.line("import socket", &[]);
    if needs(&|operation| matches!(operation, Operation::Abort) || is_linger(operation)) {
        out.line("import struct", &[]);
    }
    let has = |kind| program.sockets.iter().any(|socket| socket.kind == kind);
    let function = match (has(Kind::Client), has(Kind::Server)) {
        (true, false) => "tcp_client",
        (false, true) => "tcp_server",
        _ => "tcp_session",
    };
    out.line("\n\ndef $():", &[function]);
    out.indent(true);
    if program.steps.is_empty() {
        out.line("pass  # Nothing happened yet.", &[]);
    }
    let mut python = Python { program, timeouts: vec![None; program.sockets.len()] };
    let mut last = "";
    for step in &program.steps {
        if !introduce(step, program, &mut out, &mut last) {
            python.step(step, &mut out);
        }
    }
    out.blank();
    words::tail(program, &mut out);
    out.indent(false);
    out.blank();
    out.line("\n$()", &[function]);
    out.finish()
}

/// An option's number. Python has no name for one of them.
fn constant(option: SocketOption) -> String {
    if option == SocketOption::IP_MTU { "14".to_owned() } else { ["socket.", option.as_str()].concat() }
}

fn is_linger(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Setsockopt { option: SocketOption::SO_LINGER, .. } | Operation::Getsockopt { option: SocketOption::SO_LINGER }
    )
}

struct Python<'a> {
    program: &'a Program,
    /// What `settimeout` was told last.
    timeouts: Vec<Option<u64>>,
}

impl<'a> Python<'a> {
    fn name(&self, socket: usize) -> &'a str {
        self.program.sockets.get(socket).map_or("", |socket| &socket.name)
    }

    fn step(&mut self, step: &Step, out: &mut Writer) {
        let name = self.name(step.socket);
        let waits = matches!(
            step.operation,
            Operation::Accept { .. } | Operation::Connect { .. } | Operation::Recv { .. } | Operation::Send { .. }
        );
        let timeout = timeout_ms(&step.operation);
        if let Some(current) = self.timeouts.get_mut(step.socket)
            && waits
            && *current != timeout
        {
            *current = timeout;
            let seconds = timeout.map_or_else(|| "None".to_owned(), words::seconds);
            out.line("$.settimeout($)", &[name, &seconds]);
        }
        let mut lines = self.call(step, name);
        if let (Some(first), Some(result)) = (lines.first_mut(), words::result(step)) {
            // Where the call is written on several lines the remark stands at the first.
            first.push_str(&out.remark(&result));
        }
        match &step.outcome {
            Outcome::Failed(failure) => expect(step.operation.name(), &lines, failure, out),
            _ => {
                out.lines(&lines);
                out.lines(&self.afterwards(step, name));
            }
        }
    }

    /// The call itself.
    fn call(&self, step: &Step, name: &str) -> Vec<String> {
        let line = |template: &str, arguments: &[&str]| vec![filled(template, arguments)];
        match &step.operation {
            Operation::Socket { family } => {
                let family = if *family == Family::Inet { "AF_INET" } else { "AF_INET6" };
                line("$ = socket.socket(socket.$, socket.SOCK_STREAM)", &[name, family])
            }
            Operation::Setsockopt { option, value } => {
                let value = match setting(*option, value) {
                    Setting::Number(number) => number.to_string(),
                    Setting::Linger(on, seconds) => filled("struct.pack(\"ii\", $, $)", &[&on.to_string(), &seconds.to_string()]),
                    Setting::Text(text) => ["b\"", &pieces(text.as_bytes(), Syntax::Python).concat(), "\""].concat(),
                };
                line("$.setsockopt(socket.$, $, $)", &[name, level(*option), &constant(*option), &value])
            }
            Operation::Getsockopt { option } => {
                let size = match option {
                    SocketOption::SO_LINGER => ", 8",
                    SocketOption::TCP_CONGESTION => ", 16",
                    _ => "",
                };
                line("print(\"$:\", $.getsockopt(socket.$, $$))", &[option.as_str(), name, level(*option), &constant(*option), size])
            }
            Operation::Bind { address, port } => line("$.bind(($, $))", &[name, &quoted(address, Syntax::Python), &port.to_string()]),
            Operation::Listen { backlog } => line("$.listen($)", &[name, &backlog.to_string()]),
            Operation::Accept { .. } => {
                let accepted = step.accepted.map_or("conn", |accepted| self.name(accepted));
                line("$, addr = $.accept()", &[accepted, name])
            }
            Operation::Connect { host, port, .. } => {
                let port = match step.server {
                    Some(server) => filled("$.getsockname()[1]", &[self.name(server)]),
                    None => port.to_string(),
                };
                line("$.connect(($, $))", &[name, &quoted(host, Syntax::Python), &port])
            }
            Operation::Send { flags, .. } => send(step, name, flags),
            Operation::Recv { max, flags, .. } => recv(step, name, &max.to_string(), flags),
            Operation::Shutdown { how } => {
                let how = match how {
                    How::Read => "SHUT_RD",
                    How::Write => "SHUT_WR",
                    How::Both => "SHUT_RDWR",
                };
                line("$.shutdown(socket.$)", &[name, how])
            }
            Operation::Abort => vec![
                filled("$.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack(\"ii\", 1, 0))", &[name]),
                filled("$.close()", &[name]),
            ],
            Operation::Getsockname => line("print(\"getsockname:\", $.getsockname())", &[name]),
            Operation::Getpeername => line("print(\"getpeername:\", $.getpeername())", &[name]),
            Operation::Poll { events, timeout_ms } => {
                let list = |event| if events.contains(&event) { name } else { "" };
                let timeout = timeout_ms
                    .map_or_else(|| "None".to_owned(), |timeout| if timeout == 0 { "0".to_owned() } else { words::seconds(timeout) });
                line("select.select([$], [$], [$], $)", &[list(PollEvent::In), list(PollEvent::Out), name, &timeout])
            }
            _ => line("$.close()", &[name]),
        }
    }

    /// What is printed after it.
    fn afterwards(&self, step: &Step, name: &str) -> Vec<String> {
        match &step.operation {
            Operation::Listen { .. } => {
                let address = if self.program.sockets.get(step.socket).is_some_and(|socket| socket.family == Family::Inet6) {
                    "[{host}]:{port}"
                } else {
                    "{host}:{port}"
                };
                vec![filled("host, port = $.getsockname()[:2]", &[name]), filled("print(f\"[*] Listening on $\")", &[address])]
            }
            Operation::Accept { .. } => vec!["print(f\"[*] Accepted connection from {addr[0]}:{addr[1]}\")".to_owned()],
            Operation::Recv { .. } if !words::is_run(step) => vec!["print(data)".to_owned()],
            _ => vec![],
        }
    }
}

fn send(step: &Step, name: &str, flags: &[SendFlag]) -> Vec<String> {
    let flags: String = flags
        .iter()
        .map(|flag| match flag {
            SendFlag::Dontwait => "socket.MSG_DONTWAIT",
            SendFlag::More => "socket.MSG_MORE",
            SendFlag::Oob => "socket.MSG_OOB",
        })
        .collect::<Vec<_>>()
        .join(" | ");
    // What is sent without waiting may be a part only, as in the session.
    let function = if flags.contains("DONTWAIT") { "send" } else { "sendall" };
    let separator = if flags.is_empty() { "" } else { ", " };
    let (mut lines, data) = match &step.payload {
        Some(Payload::File(index)) => {
            let file = file_name(*index);
            (vec![filled("with open(\"$\", \"rb\") as file:", &[&file]), "    data = file.read()".to_owned()], vec!["data".to_owned()])
        }
        Some(Payload::Here(bytes)) => {
            (vec![], pieces(bytes, Syntax::Python).iter().map(|piece| filled("b\"$\"", &[piece])).collect::<Vec<_>>())
        }
        None => (vec![], vec!["b\"\"".to_owned()]),
    };
    let indent = if step.times > 1 {
        lines.push(filled("for _ in range($):", &[&step.times.to_string()]));
        "    "
    } else {
        ""
    };
    match data.as_slice() {
        [data] => lines.push(filled("$$.$($$$)", &[indent, name, function, data, separator, &flags])),
        data => {
            lines.push(filled("$$.$(", &[indent, name, function]));
            lines.extend(data.iter().map(|data| filled("$    $", &[indent, data])));
            lines.push(filled("$$$)", &[indent, separator, &flags]));
        }
    }
    lines
}

fn recv(step: &Step, name: &str, max: &str, flags: &[RecvFlag]) -> Vec<String> {
    let flags: String = flags
        .iter()
        .map(|flag| match flag {
            RecvFlag::Peek => "socket.MSG_PEEK",
            RecvFlag::Dontwait => "socket.MSG_DONTWAIT",
            RecvFlag::Waitall => "socket.MSG_WAITALL",
            RecvFlag::Oob => "socket.MSG_OOB",
        })
        .collect::<Vec<_>>()
        .join(" | ");
    let separator = if flags.is_empty() { "" } else { ", " };
    match step.outcome {
        Outcome::Received { ended: true, .. } if words::is_run(step) => {
            vec![filled("while data := $.recv($):", &[name, max]), "    print(data)".to_owned()]
        }
        Outcome::Received { bytes, .. } if words::is_run(step) => vec![
            filled("missing = $", &[&bytes.to_string()]),
            filled("while missing > 0 and (data := $.recv($)):", &[name, max]),
            "    print(data)".to_owned(),
            "    missing -= len(data)".to_owned(),
        ],
        _ => vec![filled("data = $.recv($$$)", &[name, max, separator, &flags])],
    }
}

/// A call that failed in the session, and may do so again in the same way.
fn expect(call: &str, lines: &[String], failure: &Failure, out: &mut Writer) {
    out.line("try:", &[]);
    out.indent(true);
    out.lines(lines);
    out.indent(false);
    // Python looks at the size of a number before it calls.
    let exception = if failure.name == Name::EINVAL { "(OSError, OverflowError)" } else { failure.name.python() };
    out.line("except $ as error:", &[exception]);
    out.line("    print(\"$:\", error)", &[call]);
}
