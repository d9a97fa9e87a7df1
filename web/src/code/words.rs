//! What the comments say, the same in every language.

use protocol::{Name, Operation, OptionValue, Return, SocketOption};

use super::Program;
use super::calls::Outcome;
use super::steps::{Kind, Payload, Step};
use super::writer::{Writer, cut};
use crate::trace::bytes_in_words;

/// The first lines of every program.
pub(super) fn head(program: &Program, out: &mut Writer, how_to_run: &str) {
    out.comment("A session of TCP Playground as a program.");
    out.comment(how_to_run);
    if program.steps.iter().any(|step| matches!(step.operation, Operation::Recv { .. })) {
        out.comment("What recv returns is printed as Python writes bytes.");
    }
    for (name, bytes) in program.files() {
        let text =
            [&name, ": ", &bytes_in_words(bytes.len() as u64), " that were sent, too many to stand here. It has to lie beside this."];
        out.comment(&text.concat());
    }
    if program.is_headless {
        out.comment("The trace no longer has the beginning of some sockets. They are left out.");
    }
}

/// The last lines of every program: what the session left undone.
pub(super) fn tail(program: &Program, out: &mut Writer) {
    if program.left_out > 0 {
        out.comment(&["The session goes on. This program ends here, before ", &program.left_out.to_string(), " further calls."].concat());
    }
    let open: Vec<&str> = program.sockets.iter().filter(|socket| socket.is_open).map(|socket| socket.name.as_str()).collect();
    if !open.is_empty() {
        let be = if open.len() == 1 { " was" } else { " were" };
        out.comment(&[&open.join(", "), be, " not closed in the session. The end of the program does it."].concat());
    }
}

/// What a call is for, as the introduction says it.
pub(super) fn purpose(step: &Step, program: &Program) -> &'static str {
    let kind = program.sockets.get(step.socket).map(|socket| socket.kind);
    match (&step.operation, kind) {
        (Operation::Socket { .. }, _) => "Create a socket object",
        (Operation::Setsockopt { .. }, _) => "Set an option",
        (Operation::Getsockopt { .. }, _) => "Read an option",
        (Operation::Bind { .. }, _) => "Bind the socket to its host and port",
        (Operation::Listen { .. }, _) => "Start listening for incoming connections",
        (Operation::Accept { .. }, _) => "Accept client connection",
        (Operation::Connect { .. }, _) => "Connect to the server",
        (Operation::Send { .. }, Some(Kind::Accepted)) => "Send data to the client",
        (Operation::Send { .. }, _) => "Send data to the server",
        (Operation::Recv { .. }, Some(Kind::Accepted)) => "Receive data from the client",
        (Operation::Recv { .. }, _) => "Receive data from the server",
        (Operation::Shutdown { .. }, _) => "End one direction, or both",
        (Operation::Close, Some(Kind::Accepted)) => "Close the client connection",
        (Operation::Close, _) => "Close the socket",
        (Operation::Abort, _) => "Close the connection with a reset (RST)",
        (Operation::Poll { .. }, _) => "Wait until something can be done",
        _ => "Ask for an address",
    }
}

/// Writes the comment that stands before a step. Returns whether it stands in place of the call.
pub(super) fn introduce(step: &Step, program: &Program, out: &mut Writer, last: &mut &'static str) -> bool {
    let name = step.operation.name();
    let variable = program.sockets.get(step.socket).map_or("", |socket| &socket.name);
    let instead = match &step.outcome {
        Outcome::Waiting => [variable, ": ", name, "() had not returned when this program was made."].concat(),
        Outcome::Failed(failure) if failure.name == Name::FORBIDDEN => {
            [variable, ": the relay forbade ", name, "(), which no error of TCP is: ", &cut(&failure.text)].concat()
        }
        _ => String::new(),
    };
    let purpose = purpose(step, program);
    if !instead.is_empty() || *last != purpose {
        out.blank();
    }
    if !instead.is_empty() {
        out.comment(&instead);
        *last = "";
        return true;
    }
    if *last != purpose {
        out.comment(purpose);
        *last = purpose;
    }
    if let Outcome::Gone(text) = &step.outcome {
        out.comment(&["Nobody called this: the relay ended the socket. ", &cut(text)].concat());
    }
    if step.may_wait_forever {
        out.comment(
            "In the session this waited while the other end received. Both are here in one thread, so it may wait forever; then let another thread make this call.",
        );
    }
    if let Some(run) = run(step) {
        out.comment(&run);
    }
    false
}

/// What a run of `recv`s did.
fn run(step: &Step) -> Option<String> {
    let Outcome::Received { calls, bytes, ended } = step.outcome else { return None };
    is_run(step).then(|| {
        let end = if ended { ", the last of which found the end of the stream" } else { "" };
        ["In the session: ", &bytes_in_words(bytes), " in ", &calls.to_string(), " calls", end, "."].concat()
    })
}

/// Whether a step is a loop of `recv`s.
pub(super) fn is_run(step: &Step) -> bool {
    matches!(step.outcome, Outcome::Received { calls: 2.., .. })
}

/// What a call came to in the session, where that is worth saying.
pub(super) fn result(step: &Step) -> Option<String> {
    let text = match (&step.operation, &step.outcome) {
        _ if is_run(step) => return None,
        (_, Outcome::Failed(failure)) => failure.name.as_str().to_owned(),
        (_, Outcome::Received { ended: true, .. }) => "the end of the stream".to_owned(),
        (_, Outcome::Received { bytes, .. }) => bytes_in_words(*bytes),
        (_, Outcome::Returned(Return::Accept { peer, .. })) => ["a connection from ", &peer.to_string()].concat(),
        (Operation::Setsockopt { value: asked, .. }, Outcome::Returned(Return::Setsockopt { value })) if value != asked => {
            ["in effect was ", &cut(&value.to_string())].concat()
        }
        (_, Outcome::Returned(Return::Getsockopt { value })) => cut(&value.to_string()),
        (_, Outcome::Returned(Return::Send { sent })) => match &step.payload {
            Some(Payload::Here(bytes)) if (bytes.len() as u64) > *sent => ["the kernel took ", &bytes_in_words(*sent)].concat(),
            _ => return None,
        },
        _ => return None,
    };
    Some(["in the session: ", &text].concat())
}

/// The level of an option, a constant of that name in Python and in C.
pub(super) fn level(option: SocketOption) -> &'static str {
    match option.as_str().as_bytes() {
        [b'T', ..] => "IPPROTO_TCP",
        [b'I', b'P', b'V', ..] => "IPPROTO_IPV6",
        [b'I', ..] => "IPPROTO_IP",
        _ => "SOL_SOCKET",
    }
}

/// What an option is set to, as C has it.
pub(super) enum Setting<'a> {
    /// An `int`.
    Number(i32),
    /// The two of a `struct linger`: whether, and for how many seconds.
    Linger(i32, i32),
    /// Characters.
    Text(&'a str),
}

/// What an option is set to.
pub(super) fn setting(option: SocketOption, value: &OptionValue) -> Setting<'_> {
    let number = match value {
        OptionValue::Text(text) => return Setting::Text(text),
        OptionValue::Switch(on) => i32::from(*on),
        OptionValue::Number(number) => i32::try_from(*number).unwrap_or(if *number < 0 { i32::MIN } else { i32::MAX }),
        OptionValue::Off => 0,
    };
    match option {
        SocketOption::SO_LINGER => Setting::Linger(i32::from(*value != OptionValue::Off), number),
        _ => Setting::Number(number),
    }
}

/// Milliseconds as seconds, as Python writes them: `5`, `0.25`. Nothing waits for 0 s: that is no timeout but another way to call.
pub(super) fn seconds(milliseconds: u64) -> String {
    let milliseconds = milliseconds.max(1);
    let (whole, rest) = (milliseconds / 1000, milliseconds % 1000);
    match rest {
        0 => whole.to_string(),
        _ => {
            let digits = (1000 + rest).to_string();
            [&whole.to_string(), ".", digits.get(1..).unwrap_or_default().trim_end_matches('0')].concat()
        }
    }
}
