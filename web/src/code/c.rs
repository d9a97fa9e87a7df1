//! The session in C, with the sockets of POSIX.

use protocol::{Failure, Family, How, Name, Operation, PollEvent, RecvFlag, SendFlag, SocketOption};

use super::c_parts::{HEADERS, PARTS};
use super::calls::Outcome;
use super::literal::{Syntax, pieces, quoted};
use super::steps::{Payload, Step};
use super::words::{self, Setting, introduce, level, setting};
use super::writer::{Writer, filled};
use super::{Program, file_name};
use crate::trace::timeout_ms;

/// The program for a C99 compiler on a POSIX system.
pub fn c(program: &Program) -> String {
    let mut body = Writer::new("/*", " */");
    body.indent(true);
    let mut c = C { program, send_timeouts: vec![None; program.sockets.len()] };
    let mut last = "";
    for step in &program.steps {
        if !introduce(step, program, &mut body, &mut last) {
            c.step(step, &mut body);
        }
    }
    body.blank();
    words::tail(program, &mut body);
    let body = body.finish();

    let mut out = Writer::new("/*", " */");
    words::head(program, &mut out, "Build it with: cc -o session session.c");
    out.blank();
    out.line("$$", &[HEADERS, parts(&body).trim_end()]);
    out.line("int main(void)\n{", &[]);
    out.line("    /* A send after the end fails with EPIPE instead of ending the program. */", &[]);
    out.line("    signal(SIGPIPE, SIG_IGN);", &[]);
    out.line("    /* Whoever reads the output through a pipe has each line at once. */", &[]);
    out.line("    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);\n", &[]);
    out.line("$    return 0;\n}", &[&body]);
    out.finish()
}

/// The functions that `body` calls, and those that they call.
fn parts(body: &str) -> String {
    let calls = |text: &str, name: &str| text.contains(&[name, "("].concat());
    let mut needed = vec![false; PARTS.len()];
    for (index, (name, _)) in PARTS.iter().enumerate().rev() {
        let by_others = PARTS.iter().enumerate().skip(index + 1).any(|(other, (_, text))| needed[other] && calls(text, name));
        needed[index] = by_others || calls(body, name);
    }
    PARTS.iter().zip(needed).filter(|(_, needed)| *needed).map(|((_, text), _)| *text).collect()
}

struct C<'a> {
    program: &'a Program,
    /// What SO_SNDTIMEO was set to last.
    send_timeouts: Vec<Option<u64>>,
}

impl<'a> C<'a> {
    fn name(&self, socket: usize) -> &'a str {
        self.program.sockets.get(socket).map_or("", |socket| &socket.name)
    }

    fn family(&self, socket: usize) -> &'static str {
        let is_v6 = self.program.sockets.get(socket).is_some_and(|socket| socket.family == Family::Inet6);
        if is_v6 { "AF_INET6" } else { "AF_INET" }
    }

    fn step(&mut self, step: &Step, out: &mut Writer) {
        let name = self.name(step.socket);
        match &step.operation {
            Operation::Socket { .. } => {
                let call = filled("socket($, SOCK_STREAM, 0)", &[self.family(step.socket)]);
                self.make(step, name, &call, out);
            }
            Operation::Accept { .. } => {
                if let Some(timeout) = timeout_ms(&step.operation) {
                    statement(step, &filled("wait_for($, POLLIN, $)", &[name, &timeout.to_string()]), out);
                    if matches!(&step.outcome, Outcome::Failed(failure) if failure.name == Name::ETIMEDOUT) {
                        return;
                    }
                }
                let call = filled("accept_from($)", &[name]);
                match step.accepted {
                    Some(accepted) => self.make(step, self.name(accepted), &call, out),
                    None => statement(step, &call, out),
                }
            }
            Operation::Send { flags, timeout_ms } => {
                if let Some(current) = self.send_timeouts.get_mut(step.socket)
                    && current != timeout_ms
                {
                    *current = *timeout_ms;
                    let time = timeout_ms.map_or(0, |timeout| timeout.max(1)).to_string();
                    out.line("check(\"setsockopt\", set_send_timeout($, $));", &[name, &time]);
                }
                send(step, name, flags, out);
            }
            Operation::Recv { max, flags, .. } => recv(step, name, &max.to_string(), flags, out),
            Operation::Abort => {
                statement(step, &filled("set_linger($, 1, 0)", &[name]), out);
                statement(step, &filled("close($)", &[name]), out);
            }
            other => {
                let call = self.call(step, other, name);
                statement(step, &call, out);
                if matches!((other, &step.outcome), (Operation::Listen { .. }, Outcome::Returned(_))) {
                    out.line("check(\"getsockname\", print_own_address(\"[*] Listening on \", $));", &[name]);
                }
            }
        }
    }

    /// A call that makes a descriptor.
    fn make(&self, step: &Step, name: &str, call: &str, out: &mut Writer) {
        let remark = words::result(step).map(|result| out.remark(&result)).unwrap_or_default();
        match &step.outcome {
            Outcome::Failed(_) => {
                out.line("int $ = $;", &[name, call]);
                statement(step, name, out);
            }
            _ => out.line("int $ = check(\"$\", $);$", &[name, step.operation.name(), call, &remark]),
        }
    }

    /// One of the calls that return nothing but an error.
    fn call(&self, step: &Step, operation: &Operation, name: &str) -> String {
        let family = self.family(step.socket);
        match operation {
            Operation::Setsockopt { option, value } => match setting(*option, value) {
                Setting::Number(number) => filled("set_number($, $, $, $)", &[name, level(*option), option.as_str(), &int(number)]),
                Setting::Linger(on, seconds) => filled("set_linger($, $, $)", &[name, &on.to_string(), &int(seconds)]),
                Setting::Text(text) => {
                    let literal = pieces(text.as_bytes(), Syntax::C).concat();
                    filled("setsockopt($, $, $, \"$\", $)", &[name, level(*option), option.as_str(), &literal, &text.len().to_string()])
                }
            },
            Operation::Getsockopt { option } => match option {
                SocketOption::SO_LINGER => filled("print_linger($)", &[name]),
                SocketOption::TCP_CONGESTION => filled("print_text(\"TCP_CONGESTION\", $, IPPROTO_TCP, TCP_CONGESTION)", &[name]),
                _ => filled("print_number(\"$\", $, $, $)", &[option.as_str(), name, level(*option), option.as_str()]),
            },
            Operation::Bind { address, port } => {
                filled("bind_to($, $, $, \"$\")", &[name, family, &quoted(address, Syntax::C), &port.to_string()])
            }
            Operation::Listen { backlog } => filled("listen($, $)", &[name, &int(*backlog)]),
            Operation::Connect { host, port, timeout_ms } => {
                let port = match step.server {
                    Some(server) => filled("port_of($)", &[self.name(server)]),
                    None => filled("\"$\"", &[&port.to_string()]),
                };
                let time = timeout_ms.map_or_else(|| "-1".to_owned(), |timeout| timeout.to_string());
                filled("connect_to($, $, $, $, $)", &[name, family, &quoted(host, Syntax::C), &port, &time])
            }
            Operation::Shutdown { how } => {
                let how = match how {
                    How::Read => "SHUT_RD",
                    How::Write => "SHUT_WR",
                    How::Both => "SHUT_RDWR",
                };
                filled("shutdown($, $)", &[name, how])
            }
            Operation::Getsockname => filled("print_own_address(\"getsockname: \", $)", &[name]),
            Operation::Getpeername => filled("print_other_address(\"getpeername: \", $)", &[name]),
            Operation::Poll { events, timeout_ms } => {
                let flags = [(PollEvent::In, "POLLIN"), (PollEvent::Out, "POLLOUT")];
                let flags = flags.iter().filter(|(event, _)| events.contains(event)).map(|(_, name)| *name).collect::<Vec<_>>();
                let time = timeout_ms.map_or_else(|| "-1".to_owned(), |timeout| timeout.to_string());
                filled("wait_for($, $, $)", &[name, &or(&flags), &time])
            }
            _ => filled("close($)", &[name]),
        }
    }
}

/// The smallest `int` has no literal of its own.
fn int(number: i32) -> String {
    if number == i32::MIN { "-2147483647 - 1".to_owned() } else { number.to_string() }
}

fn or(flags: &[&str]) -> String {
    if flags.is_empty() { "0".to_owned() } else { flags.join(" | ") }
}

/// A call that succeeds, or fails as it did in the session.
fn statement(step: &Step, call: &str, out: &mut Writer) {
    let remark = words::result(step).map(|result| out.remark(&result)).unwrap_or_default();
    let name = step.operation.name();
    match &step.outcome {
        Outcome::Failed(failure) => out.line("expect(\"$\", $, $);$", &[name, call, errno(failure), &remark]),
        _ => out.line("check(\"$\", $);$", &[name, call, &remark]),
    }
}

/// What `errno` is then.
fn errno(failure: &Failure) -> &'static str {
    match failure.name.as_str() {
        name if name.starts_with("EAI_") => "0",
        name => name,
    }
}

fn send(step: &Step, name: &str, flags: &[SendFlag], out: &mut Writer) {
    let flags: Vec<&str> = flags
        .iter()
        .map(|flag| match flag {
            SendFlag::Dontwait => "MSG_DONTWAIT",
            SendFlag::More => "MSG_MORE",
            SendFlag::Oob => "MSG_OOB",
        })
        .collect();
    let flags_text = or(&flags);
    if step.times > 1 {
        out.line("for (int i = 0; i < $; i++) {", &[&step.times.to_string()]);
        out.indent(true);
    }
    let nothing: std::rc::Rc<[u8]> = std::rc::Rc::default();
    match step.payload.as_ref().unwrap_or(&Payload::Here(nothing)) {
        Payload::File(index) => {
            statement(step, &filled("send_file($, \"$\", $)", &[name, &file_name(*index), &flags_text]), out);
        }
        Payload::Here(bytes) => {
            // What is sent without waiting may be a part only, as in the session.
            let function = if flags.contains(&"MSG_DONTWAIT") { "(int)send" } else { "send_all" };
            let literal = literal(bytes);
            statement(step, &filled("$($, $, $, $)", &[function, name, &literal, &bytes.len().to_string(), &flags_text]), out);
        }
    }
    if step.times > 1 {
        out.indent(false);
        out.line("}", &[]);
    }
}

/// A string, on several lines where it is long.
fn literal(bytes: &[u8]) -> String {
    let pieces: Vec<String> = pieces(bytes, Syntax::C).iter().map(|piece| filled("\"$\"", &[piece])).collect();
    match pieces.as_slice() {
        [one] => one.clone(),
        pieces => ["\n        ", &pieces.join("\n        ")].concat(),
    }
}

fn recv(step: &Step, name: &str, max: &str, flags: &[RecvFlag], out: &mut Writer) {
    let flags: Vec<&str> = flags
        .iter()
        .map(|flag| match flag {
            RecvFlag::Peek => "MSG_PEEK",
            RecvFlag::Dontwait => "MSG_DONTWAIT",
            RecvFlag::Waitall => "MSG_WAITALL",
            RecvFlag::Oob => "MSG_OOB",
        })
        .collect();
    let flags = or(&flags);
    let call = match timeout_ms(&step.operation) {
        Some(timeout) => filled("receive_within($, $, $, $)", &[name, max, &flags, &timeout.to_string()]),
        None => filled("receive($, $, $)", &[name, max, &flags]),
    };
    match (&step.outcome, words::is_run(step)) {
        (Outcome::Received { ended: true, .. }, true) => {
            out.line("while (check(\"recv\", $) > 0)", &[&call]);
            out.line("    continue;", &[]);
        }
        (Outcome::Received { bytes, .. }, true) => {
            out.line("for (long n = 1, missing = $; n > 0 && missing > 0; missing -= n)", &[&bytes.to_string()]);
            out.line("    n = check(\"recv\", $);", &[&call]);
        }
        _ => statement(step, &call, out),
    }
}
