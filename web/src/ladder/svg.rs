//! Writing SVG. On the page elements have classes, for its style sheet to dress them in the colours of the day; in a file they carry their own colours, because
//! no style sheet goes with it and the page's security policy lets none stand in it.

use std::fmt;
use std::fmt::Write as _;

use crate::trace::control_name;

/// Who dresses the elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dress {
    /// The page's style sheet, by their classes.
    Page,
    /// They themselves: light colours, on paper.
    File,
}

/// What an element is, which says how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// The line of an end that is a socket of the page.
    Life,
    /// The line of an end of which only the other one tells, and of any while nothing happens.
    Far,
    /// A call under way.
    Bar,
    /// One that still waits.
    OpenBar,
    /// A call that came back at once.
    Dot,
    /// Bytes from left to right, and the head of their arrow.
    Right,
    RightHead,
    /// Bytes from right to left.
    Left,
    LeftHead,
    /// A segment that nobody captured.
    Inferred,
    InferredHead,
    /// One that cuts the connection.
    Reset,
    ResetHead,
    /// A call.
    Call,
    /// What is said of it.
    Said,
    /// A failure.
    Bad,
    /// What an arrow carries.
    Label,
    /// What an inferred one stands for.
    Guess,
    /// The state of an end.
    State,
    /// A time.
    Time,
    /// What an end is.
    Head,
    /// Where it is.
    Address,
    /// What somebody may press.
    Press,
    /// The ground of a row.
    Ground,
    /// That of one that belongs to what somebody points at.
    Lit,
}

const MONO: &str = "ui-monospace,monospace";
const SANS: &str = "system-ui,sans-serif";

impl Ink {
    /// Its class, and what it looks like in a file.
    fn look(self) -> (&'static str, Look) {
        use Look::{Fill, Line, Text};
        match self {
            Self::Life => ("life", Line("#85888f", "1.5", "")),
            Self::Far => ("far", Line("#85888f", "1.5", "2 4")),
            Self::Bar => ("bar", Fill("#c9d8f6")),
            Self::OpenBar => ("bar open", Fill("#f3d9a6")),
            Self::Dot => ("dot", Fill("#1a1d22")),
            Self::Right => ("right", Line("#2353c2", "1.75", "")),
            Self::RightHead => ("right-head", Fill("#2353c2")),
            Self::Left => ("left", Line("#0a6649", "1.75", "")),
            Self::LeftHead => ("left-head", Fill("#0a6649")),
            Self::Inferred => ("inferred", Line("#555c67", "1.25", "5 4")),
            Self::InferredHead => ("inferred-head", Fill("#555c67")),
            Self::Reset => ("reset", Line("#a8201a", "1.25", "5 4")),
            Self::ResetHead => ("reset-head", Fill("#a8201a")),
            Self::Call => ("call", Text("#1a1d22", MONO, "12", "400")),
            Self::Said => ("said", Text("#555c67", SANS, "11", "400")),
            Self::Bad => ("bad", Text("#a8201a", SANS, "11", "700")),
            Self::Label => ("label", Text("#1a1d22", SANS, "11", "400")),
            Self::Guess => ("guess", Text("#555c67", SANS, "11", "400")),
            Self::State => ("at-state", Text("#555c67", SANS, "9.5", "700")),
            Self::Time => ("time", Text("#555c67", SANS, "11", "400")),
            Self::Head => ("head", Text("#1a1d22", SANS, "12.5", "650")),
            Self::Address => ("address", Text("#555c67", MONO, "11", "400")),
            Self::Press => ("press", Text("#2353c2", SANS, "11", "600")),
            Self::Ground => ("ground", Fill("none")),
            Self::Lit => ("lit", Fill("#e6f3ee")),
        }
    }
}

enum Look {
    /// Colour, width and dashes.
    Line(&'static str, &'static str, &'static str),
    Fill(&'static str),
    /// Colour, family, size and weight.
    Text(&'static str, &'static str, &'static str, &'static str),
}

/// Which end of a text stands at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// Markup that grows.
pub(super) struct Svg {
    pub(super) out: String,
    dress: Dress,
    /// Whether what is written happened later than what is looked at.
    pub(super) is_later: bool,
}

impl Svg {
    pub(super) fn new(dress: Dress) -> Self {
        Self { out: String::new(), dress, is_later: false }
    }

    pub(super) fn is_file(&self) -> bool {
        self.dress == Dress::File
    }

    /// Opens an element that goes down the page to `y`; `attributes` are whole.
    pub(super) fn open(&mut self, y: i32, attributes: &str) {
        put(&mut self.out, format_args!("<g transform=\"translate(0 {y})\"{attributes}>"));
    }

    pub(super) fn close(&mut self) {
        self.out.push_str("</g>");
    }

    pub(super) fn line(&mut self, ink: Ink, from: (i32, i32), to: (i32, i32)) {
        self.begin("line", ink);
        put(&mut self.out, format_args!(" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>", from.0, from.1, to.0, to.1));
    }

    pub(super) fn rect(&mut self, ink: Ink, at: (i32, i32), size: (i32, i32)) {
        self.begin("rect", ink);
        put(&mut self.out, format_args!(" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>", at.0, at.1, size.0, size.1));
    }

    pub(super) fn dot(&mut self, ink: Ink, at: (i32, i32), radius: i32) {
        self.begin("circle", ink);
        put(&mut self.out, format_args!(" cx=\"{}\" cy=\"{}\" r=\"{radius}\"/>", at.0, at.1));
    }

    /// The head of an arrow that comes from `from`.
    pub(super) fn head(&mut self, ink: Ink, from: (i32, i32), to: (i32, i32)) {
        let (dx, dy) = (f64::from(to.0 - from.0), f64::from(to.1 - from.1));
        let length = dx.hypot(dy).max(1.0);
        let (dx, dy) = (dx / length, dy / length);
        let corner = |side: f64| (f64::from(to.0) - 8.0 * dx - side * dy, f64::from(to.1) - 8.0 * dy + side * dx);
        let ((ax, ay), (bx, by)) = (corner(4.0), corner(-4.0));
        self.begin("path", ink);
        put(&mut self.out, format_args!(" d=\"M{} {}L{ax:.1} {ay:.1}L{bx:.1} {by:.1}z\"/>", to.0, to.1));
    }

    pub(super) fn text(&mut self, ink: Ink, anchor: Anchor, at: (i32, i32), text: &str) {
        self.text_with(ink, anchor, at, "", text);
    }

    pub(super) fn text_with(&mut self, ink: Ink, anchor: Anchor, at: (i32, i32), attributes: &str, text: &str) {
        self.begin("text", ink);
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        put(&mut self.out, format_args!(" x=\"{}\" y=\"{}\"{anchor}{attributes}>", at.0, at.1));
        let control = match self.dress {
            Dress::Page => "<tspan class=\"control-name\" dx=\"1\">",
            Dress::File => "<tspan dx=\"1\" font-size=\"8\" font-weight=\"700\" fill=\"#875100\">",
        };
        escape_with(&mut self.out, text, |out, picture| {
            put(out, format_args!("{control}{}</tspan>", control_name(picture)));
        });
        self.out.push_str("</text>");
    }

    fn begin(&mut self, element: &str, ink: Ink) {
        let (class, look) = ink.look();
        self.out.push('<');
        self.out.push_str(element);
        if self.dress == Dress::Page {
            let later = if self.is_later { " later" } else { "" };
            return put(&mut self.out, format_args!(" class=\"{class}{later}\""));
        }
        let out = &mut self.out;
        match look {
            Look::Fill(colour) => put(out, format_args!(" fill=\"{colour}\"")),
            Look::Line(colour, width, dashes) => {
                put(out, format_args!(" stroke=\"{colour}\" stroke-width=\"{width}\""));
                if !dashes.is_empty() {
                    put(out, format_args!(" stroke-dasharray=\"{dashes}\""));
                }
            }
            // The ground's colour around the letters keeps them legible where a line crosses them.
            Look::Text(colour, family, size, weight) => put(
                out,
                format_args!(
                    " fill=\"{colour}\" font-family=\"{family}\" font-size=\"{size}\" font-weight=\"{weight}\" stroke=\"#ffffff\" \
                     stroke-width=\"3\" stroke-linejoin=\"round\" paint-order=\"stroke\""
                ),
            ),
        }
        if self.is_later {
            out.push_str(" opacity=\"0.35\"");
        }
    }
}

/// Appends `what`.
pub(super) fn put(out: &mut String, what: fmt::Arguments<'_>) {
    match out.write_fmt(what) {
        // Writing into a `String` cannot fail.
        Ok(()) | Err(fmt::Error) => {}
    }
}

/// Appends `text` so that no markup is in it, nor a character that XML does not have.
pub(super) fn escape(out: &mut String, text: &str) {
    escape_with(out, text, |out, picture| out.push(picture));
}

/// The same; `control` appends the pictures of control characters, which few fonts have.
pub(super) fn escape_with(out: &mut String, text: &str, control: impl Fn(&mut String, char)) {
    for c in text.chars() {
        match c {
            '\u{2400}'..='\u{2421}' => control(out, c),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}
