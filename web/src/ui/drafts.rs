//! What people typed and did not call yet. Each socket has its own, so that choosing another one loses nothing.

use std::collections::BTreeMap;

use leptos::prelude::*;
use protocol::{Family, PollEvent, RecvFlag, SocketOption};

use crate::messages::Message;
use crate::net::SocketId;
use crate::payload::LineEnding;

/// How the composer takes what was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SendAs {
    /// Text with escapes.
    #[default]
    Text,
    /// Hexadecimal.
    Hex,
    /// A file.
    File,
}

/// The arguments of one socket's calls, as they were typed.
#[derive(Clone, Copy)]
pub(crate) struct Draft {
    pub(crate) host: RwSignal<String>,
    pub(crate) port: RwSignal<String>,
    pub(crate) timeout: RwSignal<String>,
    pub(crate) address: RwSignal<String>,
    pub(crate) bind_port: RwSignal<String>,
    pub(crate) backlog: RwSignal<String>,
    pub(crate) max: RwSignal<String>,
    pub(crate) recv_timeout: RwSignal<String>,
    pub(crate) how: RwSignal<String>,
    pub(crate) recv_flags: RwSignal<Vec<RecvFlag>>,
    pub(crate) option: RwSignal<SocketOption>,
    pub(crate) value: RwSignal<String>,
    pub(crate) poll_events: RwSignal<Vec<PollEvent>>,
    pub(crate) poll_timeout: RwSignal<String>,
    pub(crate) name: RwSignal<String>,
    pub(crate) name_family: RwSignal<Option<Family>>,
    pub(crate) data: RwSignal<String>,
    pub(crate) send_as: RwSignal<SendAs>,
    pub(crate) line_ending: RwSignal<LineEnding>,
    /// Messages that a link brought for this socket, or for the connections of this listener.
    pub(crate) offered: RwSignal<Vec<Message>>,
}

impl Draft {
    fn new(family: Family) -> Self {
        let text = |text: &str| RwSignal::new(text.to_owned());
        Self {
            host: text("localhost"),
            port: text("8000"),
            timeout: text("5"),
            address: text(if family == Family::Inet6 { "::" } else { "0.0.0.0" }),
            bind_port: text("8080"),
            backlog: text("5"),
            max: text("4096"),
            recv_timeout: text(""),
            how: text("write"),
            recv_flags: RwSignal::default(),
            option: RwSignal::new(SocketOption::TCP_NODELAY),
            value: text("on"),
            poll_events: RwSignal::new(vec![PollEvent::In]),
            poll_timeout: text("5"),
            name: text("localhost"),
            name_family: RwSignal::default(),
            data: text(""),
            send_as: RwSignal::default(),
            line_ending: RwSignal::default(),
            offered: RwSignal::default(),
        }
    }
}

impl Draft {
    /// Takes over where to, from the draft of a socket that this one stands in for.
    pub(super) fn take_place_of(&self, other: &Self) {
        for (mine, theirs) in
            [(self.host, other.host), (self.port, other.port), (self.address, other.address), (self.bind_port, other.bind_port)]
        {
            mine.set(theirs.get_untracked());
        }
    }
}

/// The drafts of all sockets.
pub(crate) struct Drafts {
    owner: Owner,
    drafts: BTreeMap<SocketId, Draft>,
}

impl Drafts {
    /// None yet. Their signals live as long as the component that calls this.
    pub(super) fn new() -> Self {
        Self { owner: Owner::current().unwrap_or_default(), drafts: BTreeMap::new() }
    }

    /// The draft of `socket`, which begins with arguments that work on one's own computer.
    pub(crate) fn of(&mut self, socket: SocketId, family: Family) -> Draft {
        *self.drafts.entry(socket).or_insert_with(|| self.owner.with(|| Draft::new(family)))
    }
}
