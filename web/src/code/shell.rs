//! The session as commands: `nc` and `socat` in the part that each socket of the session played.
//!
//! They make no single calls. They connect or listen, send what comes in and print what is received, as they like; where that differs from the session a comment says so.

use protocol::{Family, How, Operation, SocketOption};

use super::calls::Outcome;
use super::literal::{Syntax, pieces};
use super::steps::{Kind, Payload, Step};
use super::words;
use super::writer::{Writer, filled};
use super::{Program, file_name};

/// The commands for a POSIX shell, with `nc` as OpenBSD and Debian's `netcat-openbsd` have it.
pub fn shell(program: &Program) -> String {
    let mut out = Writer::new("#", "");
    out.comment("A session of TCP Playground, played by nc (OpenBSD's; Debian: netcat-openbsd) and socat.");
    out.comment("Each command is for a terminal of its own. What is received is printed as it is.");
    for (name, bytes) in program.files() {
        out.comment(
            &[&name, ": ", &bytes.len().to_string(), " bytes that were sent, too many to stand here. It has to lie in this directory."]
                .concat(),
        );
    }
    for (index, socket) in program.sockets.iter().enumerate() {
        match socket.kind {
            Kind::Client => client(program, index, &mut out),
            Kind::Server => server(program, index, &mut out),
            Kind::Accepted => {}
        }
    }
    out.finish()
}

/// What one socket did, as far as a pipe can do it.
#[derive(Default)]
struct Part<'a> {
    /// What it sent; nothing stands for having received in between.
    sends: Vec<Option<&'a Step>>,
    receives: bool,
    /// Whether it saw the end of the stream.
    sees_end: bool,
    /// Whether it ended its own direction and went on.
    ends_first: bool,
    aborts: bool,
    options: Vec<&'static str>,
    reuses: bool,
}

fn part(program: &Program, socket: usize) -> Part<'_> {
    let mut part = Part::default();
    for step in program.steps.iter().filter(|step| step.socket == socket) {
        match (&step.operation, &step.outcome) {
            (Operation::Setsockopt { option, .. }, _) => {
                part.options.push(option.as_str());
                part.reuses |= *option == SocketOption::SO_REUSEADDR;
            }
            (Operation::Send { .. }, Outcome::Returned(_)) => part.sends.push(Some(step)),
            (Operation::Recv { .. }, Outcome::Received { ended, .. }) => {
                part.receives = true;
                part.sees_end |= ended;
                if !part.sends.is_empty() {
                    part.sends.push(None);
                }
            }
            (Operation::Shutdown { how }, Outcome::Returned(_)) => part.ends_first |= *how != How::Read,
            (Operation::Abort, _) => part.aborts = true,
            _ => {}
        }
    }
    while part.sends.last().is_some_and(Option::is_none) {
        part.sends.pop();
    }
    part
}

fn client(program: &Program, socket: usize, out: &mut Writer) {
    let Some(known) = program.sockets.get(socket) else { return };
    let connect = program.steps.iter().rfind(|step| step.socket == socket && matches!(step.operation, Operation::Connect { .. }));
    let Some(step) = connect else { return };
    let Operation::Connect { host, port, .. } = &step.operation else { return };
    out.blank();
    out.comment(&[&known.name, ": a client"].concat());
    if let Some(result) = words::result(step) {
        out.comment(&["connect, ", &result].concat());
    }
    if step.server.is_some() {
        out.comment("The port is the one that the system chose for the listener in the session.");
    }
    let Some(host) = word(host) else {
        return out.comment("The host's name is none that can stand on a command line.");
    };
    let part = part(program, socket);
    options(&part, out);
    let port = port.to_string();
    let command = if part.aborts || !part.receives {
        if part.aborts {
            out.comment("linger=0 makes the close a reset (RST).");
        }
        let direction = if part.receives { "" } else { "-u " };
        let linger = if part.aborts { ",linger=0" } else { "" };
        let host = if host.contains(':') { ["[", host, "]"].concat() } else { host.to_owned() };
        filled("socat $- $:$:$$", &[direction, version(known.family, "TCP4", "TCP6"), &host, &port, linger])
    } else {
        if part.ends_first {
            out.comment("-N: finishes sending after the last byte (shutdown), and goes on receiving.");
        } else if !part.sees_end {
            out.comment("The session closed first. nc stays until the other end closes; Ctrl+C ends it.");
        }
        filled("nc $$$ $", &[if part.ends_first { "-N " } else { "" }, version(known.family, "-4 ", "-6 "), host, &port])
    };
    pipe(&part, &command, out);
}

fn server(program: &Program, socket: usize, out: &mut Writer) {
    let Some(known) = program.sockets.get(socket) else { return };
    let mut place = (version(known.family, "0.0.0.0", "::").to_owned(), 0);
    let mut backlog = None;
    let mut connections = vec![];
    out.blank();
    out.comment(&[&known.name, ": a server"].concat());
    for step in program.steps.iter().filter(|step| step.socket == socket) {
        match &step.operation {
            Operation::Bind { address, port } => place = (address.clone(), *port),
            Operation::Listen { backlog: asked } => backlog = Some(*asked),
            Operation::Accept { .. } => connections.extend(step.accepted),
            _ => continue,
        }
        if let Outcome::Failed(_) = step.outcome {
            out.comment(&[step.operation.name(), ", ", &words::result(step).unwrap_or_default()].concat());
        }
    }
    let Some(host) = word(&place.0) else {
        return out.comment("The address is none that can stand on a command line.");
    };
    let port = place.1.to_string();
    let own = part(program, socket);
    let parts: Vec<Part<'_>> = connections.iter().map(|connection| part(program, *connection)).collect();
    let scripts: Vec<String> = parts.iter().map(|part| script(part).concat()).collect();
    let is_same = parts.len() > 1 && parts.iter().all(|part| !part.receives) && scripts.iter().all(|script| *script == scripts[0]);
    if is_same {
        out.comment("Every client gets the same, and nothing is received: one socat for all of them, until Ctrl+C.");
        let reuse = if own.reuses { ",reuseaddr" } else { "" };
        let backlog = backlog.map_or_else(String::new, |backlog| [",backlog=", &backlog.max(0).to_string()].concat());
        let listen = filled(
            "$:$,bind=$$$,fork",
            &[
                version(known.family, "TCP4-LISTEN", "TCP6-LISTEN"),
                &port,
                &if host.contains(':') { ["[", host, "]"].concat() } else { host.to_owned() },
                &backlog,
                reuse,
            ],
        );
        block(&parts[0], " > answer.bin", out);
        out.line("socat -U $ OPEN:answer.bin", &[&listen]);
        return;
    }
    options(&own, out);
    if place.1 == 0 {
        out.comment("The system chooses the port; -v tells it.");
    }
    if parts.len() > 1 {
        out.comment("Each nc takes one connection and ends with it; between two of them nobody listens.");
    }
    let verbose = if place.1 == 0 { "-v " } else { "" };
    let command = filled("nc -N $$-l $ $", &[verbose, version(known.family, "-4 ", "-6 "), host, &port]);
    for (part, connection) in parts.iter().zip(&connections) {
        if let (true, Some(connection)) = (parts.len() > 1, program.sockets.get(*connection)) {
            out.blank();
            out.comment(&connection.name);
        }
        if part.aborts {
            out.comment("nc sends no RST: it closes.");
        }
        options(part, out);
        pipe(part, &command, out);
    }
    if parts.is_empty() {
        out.line("$", &[&command]);
    }
}

/// A host that is only itself on a command line and in an address of socat: no option, no other option of socat, nothing to expand.
fn word(host: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'%');
    (!host.is_empty() && !host.starts_with('-') && host.bytes().all(is_plain)).then_some(host)
}

fn version(family: Family, v4: &'static str, v6: &'static str) -> &'static str {
    if family == Family::Inet { v4 } else { v6 }
}

fn options(part: &Part<'_>, out: &mut Writer) {
    if !part.options.is_empty() {
        out.comment(&["The session set ", &part.options.join(", "), "; nc has no option for that, socat has."].concat());
    }
}

/// The commands that write what was sent, each on a line.
fn script(part: &Part<'_>) -> Vec<String> {
    let mut lines = vec![];
    for send in &part.sends {
        let Some(step) = send else {
            if lines.last().is_some_and(|line| line != "sleep 1") {
                lines.push("sleep 1".to_owned());
            }
            continue;
        };
        let mut commands: Vec<String> = match &step.payload {
            Some(Payload::File(index)) => vec![["cat ", &file_name(*index)].concat()],
            Some(Payload::Here(bytes)) if !bytes.is_empty() => {
                pieces(bytes, Syntax::Printf).iter().map(|piece| ["printf '", piece, "'"].concat()).collect()
            }
            _ => vec![],
        };
        if step.times > 1 && !commands.is_empty() {
            commands.insert(0, filled("for i in $(seq $); do", &["$", &step.times.to_string()]));
            commands.push("done".to_owned());
        }
        lines.extend(commands);
    }
    lines
}

fn pipe(part: &Part<'_>, command: &str, out: &mut Writer) {
    if part.sends.is_empty() {
        out.line("$ < /dev/null", &[command]);
    } else {
        block(part, &[" | ", command].concat(), out);
    }
}

/// What was sent, into whatever `end` says.
fn block(part: &Part<'_>, end: &str, out: &mut Writer) {
    let lines = script(part);
    if lines.iter().any(|line| line == "sleep 1") {
        out.comment("The session received before it went on; a pipe can't wait for that, and sleeps instead.");
    }
    match lines.as_slice() {
        [] => out.line(":$", &[end]),
        [line] => out.line("$$", &[line, end]),
        lines => {
            out.line("{", &[]);
            out.indent(true);
            out.lines(lines);
            out.indent(false);
            out.line("}$", &[end]);
        }
    }
}
