//! Figure 5 of RFC 9293 as a drawing: where its states stand, and the ways between them. CLOSED stands there twice, as in the RFC.

use std::fmt::Write as _;

use protocol::TcpState::{self, *};

/// The width of the drawing in pixels.
pub(super) const WIDTH: u32 = 304;
/// Its height.
pub(super) const HEIGHT: u32 = 334;

const BOX_WIDTH: u32 = 88;
const BOX_HEIGHT: u32 = 24;

/// How a state or a way between two is marked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// The path does not go there.
    #[default]
    None,
    /// It does as far as calls and returns tell.
    Inferred,
    /// The kernel said so.
    Said,
}

impl Mark {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Inferred => " inferred",
            Self::Said => " said",
        }
    }
}

/// A state, and where its box begins. The last one is the CLOSED that a path ends in.
const BOXES: [(TcpState, u32, u32); 12] = [
    (CLOSED, 108, 4),
    (LISTEN, 108, 54),
    (SYN_RECEIVED, 4, 104),
    (SYN_SENT, 212, 104),
    (ESTABLISHED, 108, 154),
    (FIN_WAIT_1, 4, 204),
    (CLOSE_WAIT, 212, 204),
    (FIN_WAIT_2, 4, 254),
    (CLOSING, 108, 254),
    (LAST_ACK, 212, 254),
    (TIME_WAIT, 108, 304),
    (CLOSED, 212, 304),
];

/// A way of the figure: its line, where the arrow's head stands and points to, what is sent or arrives.
struct Way {
    from: TcpState,
    to: TcpState,
    line: &'static str,
    head: (u32, u32, char),
    label: Option<(u32, u32, &'static str, &'static str)>,
}

const fn way(
    from: TcpState,
    to: TcpState,
    line: &'static str,
    head: (u32, u32, char),
    label: Option<(u32, u32, &'static str, &'static str)>,
) -> Way {
    Way { from, to, line, head, label }
}

const WAYS: [Way; 20] = [
    way(CLOSED, LISTEN, "M140 28V54", (140, 54, 'd'), Some((134, 44, "end", "listen"))),
    way(LISTEN, CLOSED, "M164 54V28", (164, 28, 'u'), Some((170, 44, "start", "close"))),
    way(CLOSED, SYN_SENT, "M196 11H268V104", (268, 104, 'd'), Some((264, 72, "end", "SYN →"))),
    way(SYN_SENT, CLOSED, "M228 104V21H196", (196, 21, 'l'), Some((232, 34, "start", "close"))),
    way(LISTEN, SYN_RECEIVED, "M124 78V112H92", (92, 112, 'l'), Some((118, 94, "end", "← SYN"))),
    way(LISTEN, SYN_SENT, "M180 78V112H212", (212, 112, 'r'), None),
    way(SYN_SENT, SYN_RECEIVED, "M212 121H92", (92, 121, 'l'), Some((152, 134, "middle", "← SYN"))),
    way(SYN_RECEIVED, ESTABLISHED, "M80 128V162H108", (108, 162, 'r'), Some((86, 146, "start", "← ACK"))),
    way(SYN_SENT, ESTABLISHED, "M224 128V162H196", (196, 162, 'l'), Some((220, 146, "end", "← SYN+ACK"))),
    way(SYN_RECEIVED, FIN_WAIT_1, "M20 128V204", (20, 204, 'd'), Some((26, 170, "start", "FIN →"))),
    way(ESTABLISHED, FIN_WAIT_1, "M124 178V212H92", (92, 212, 'l'), Some((118, 196, "end", "FIN →"))),
    way(ESTABLISHED, CLOSE_WAIT, "M180 178V212H212", (212, 212, 'r'), Some((186, 196, "start", "← FIN"))),
    way(FIN_WAIT_1, FIN_WAIT_2, "M40 228V254", (40, 254, 'd'), Some((46, 244, "start", "← ACK"))),
    way(FIN_WAIT_1, CLOSING, "M92 220H140V254", (140, 254, 'd'), Some((146, 240, "start", "← FIN"))),
    way(FIN_WAIT_1, TIME_WAIT, "M92 224H100V308H108", (108, 308, 'r'), None),
    way(CLOSE_WAIT, LAST_ACK, "M256 228V254", (256, 254, 'd'), Some((262, 244, "start", "FIN →"))),
    way(FIN_WAIT_2, TIME_WAIT, "M40 278V318H108", (108, 318, 'r'), Some((46, 296, "start", "← FIN"))),
    way(CLOSING, TIME_WAIT, "M152 278V304", (152, 304, 'd'), Some((158, 294, "start", "← ACK"))),
    way(LAST_ACK, CLOSED, "M256 278V304", (256, 304, 'd'), Some((262, 294, "start", "← ACK"))),
    way(TIME_WAIT, CLOSED, "M196 316H212", (212, 316, 'r'), None),
];

/// What is drawn: how each box and each way is marked.
#[derive(Debug, Default)]
pub(super) struct Marks {
    boxes: [Mark; 12],
    now: [bool; 12],
    ways: [Mark; 20],
    /// Ways that the figure has none for, as a reset ends a connection from anywhere.
    others: Vec<(usize, usize, Mark)>,
    /// The box of the last step.
    at: Option<usize>,
}

impl Marks {
    /// The path goes on to `states` (more than one where it is not known which).
    pub(super) fn go(&mut self, states: &[TcpState], mark: Mark) {
        for state in states {
            let to = self.box_of(*state);
            if let Some(from) = self.at.filter(|from| *from != to) {
                let both = mark.min(self.boxes[from]);
                match WAYS.iter().position(|way| way.from == BOXES[from].0 && way.to == *state) {
                    Some(way) => self.ways[way] = self.ways[way].max(both),
                    None => self.others.push((from, to, both)),
                }
            }
            self.boxes[to] = self.boxes[to].max(mark);
            self.at = Some(to);
        }
    }

    /// It has got as far as `states`.
    pub(super) fn stand(&mut self, states: &[TcpState]) {
        for state in states {
            self.now[self.box_at(*state)] = true;
        }
    }

    /// Which CLOSED it is: the upper one before there was a connection, the lower one after.
    fn box_of(&self, state: TcpState) -> usize {
        let first = BOXES.iter().position(|(name, ..)| *name == state).unwrap_or_default();
        let is_end = state == CLOSED && self.at.is_some_and(|at| !matches!(BOXES[at].0, CLOSED | LISTEN | SYN_SENT));
        if is_end || (state == CLOSED && self.at == Some(BOXES.len() - 1)) { BOXES.len() - 1 } else { first }
    }

    fn box_at(&self, state: TcpState) -> usize {
        match self.at {
            Some(at) if BOXES[at].0 == state => at,
            _ => self.box_of(state),
        }
    }

    /// The drawing, without its frame. Writing into a string cannot fail.
    pub(super) fn draw(&self, svg: &mut String) {
        for (index, way) in WAYS.iter().enumerate().filter(|(_, way)| way.line != WAYS[14].line) {
            draw_way(svg, way, self.ways[index]);
        }
        // The figure leaves it out, and says so in its second note.
        if self.ways[14] != Mark::None {
            draw_way(svg, &WAYS[14], self.ways[14]);
        }
        for (from, to, mark) in &self.others {
            let ((_, x1, y1), (_, x2, y2)) = (BOXES[*from], BOXES[*to]);
            let (x1, x2) = (x1 + BOX_WIDTH / 2, x2 + BOX_WIDTH / 2);
            let (y1, y2) = (y1 + BOX_HEIGHT / 2, y2 + BOX_HEIGHT / 2);
            write!(svg, r#"<path class="way{}" d="M{x1} {y1}L{x2} {y2}"/>"#, mark.class()).ok();
        }
        for (index, (state, x, y)) in BOXES.iter().enumerate() {
            let now = if self.now[index] { " now" } else { "" };
            let (middle, base) = (x + BOX_WIDTH / 2, y + 16);
            write!(
                svg,
                r#"<g class="state{}{now}"><rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="4"/><text x="{middle}" y="{base}" text-anchor="middle">{state}</text></g>"#,
                self.boxes[index].class(),
            )
            .ok();
        }
    }
}

fn draw_way(svg: &mut String, way: &Way, mark: Mark) {
    let class = mark.class();
    let (x, y, direction) = way.head;
    let head = match direction {
        'd' => "l-3.5 -6h7z",
        'u' => "l-3.5 6h7z",
        'l' => "l6 -3.5v7z",
        _ => "l-6 -3.5v7z",
    };
    write!(svg, r#"<path class="way{class}" d="{}"/><path class="head{class}" d="M{x} {y}{head}"/>"#, way.line).ok();
    if let Some((x, y, anchor, label)) = way.label {
        write!(svg, r#"<text class="label{class}" x="{x}" y="{y}" text-anchor="{anchor}">{label}</text>"#).ok();
    }
}
