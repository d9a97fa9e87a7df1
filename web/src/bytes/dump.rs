//! The ruler as rows of bytes in hexadecimal with their text beside them.

use super::fields;
use super::markup::push_escaped;
use super::{Overlay, Piece, Ruler, Selection};
use crate::texts::bytes as texts;
use crate::trace::Direction;

/// How the rows are to be drawn.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The bytes.
    pub ruler: &'a Ruler,
    /// What they are taken for.
    pub overlay: Option<&'a Overlay>,
    /// Which are chosen.
    pub selection: Option<Selection>,
    /// The event that is looked at: what came after it is faded. Nothing for now.
    pub cursor: Option<u64>,
    /// How many bytes a row has.
    pub width: u64,
}

/// How many bytes in hexadecimal fit beside their offset and their text in a line of so many characters.
pub fn bytes_a_row(columns: usize) -> u64 {
    [16, 8].into_iter().find(|bytes| 8 + bytes * 4 + bytes / 8 <= columns).unwrap_or(4) as u64
}

/// The rows from `from` up to `to`, counted from offset 0, as markup. A byte is a cell of a grid, in two places: the hexadecimal one has its role and
/// its name, the one in the text is for the eye.
pub fn rows(look: Look<'_>, from: u64, to: u64) -> String {
    let mut markup = String::new();
    for row in from..to {
        let start = row.saturating_mul(look.width);
        let end = start.saturating_add(look.width).min(look.ruler.end());
        markup.push_str(&format!(
            "<div class=\"bytes-row\" role=\"row\" aria-rowindex=\"{}\"><span class=\"offset\" role=\"rowheader\">{start:06x}</span><span class=\"hex\">",
            row.saturating_add(1)
        ));
        let mut text = String::new();
        for offset in start..start.saturating_add(look.width) {
            let byte = if offset < end { look.ruler.byte(offset) } else { None };
            match byte.zip(look.ruler.piece_at(offset)) {
                Some((byte, piece)) => push_byte(&mut markup, &mut text, look, offset, byte, piece),
                None => {
                    markup.push_str("<span class=\"none\">  </span>");
                    text.push_str("<i> </i>");
                }
            }
        }
        markup.push_str(&format!("</span><span class=\"chars\" aria-hidden=\"true\">{text}</span></div>"));
    }
    markup
}

fn push_byte(markup: &mut String, text: &mut String, look: Look<'_>, offset: u64, byte: u8, piece: &Piece) {
    let is_selected = look.selection.is_some_and(|selection| selection.holds(offset));
    let begins = offset == piece.start;
    let mut class = String::new();
    let mut says = |condition: bool, name: &str| {
        if condition {
            class.push_str(name);
        }
    };
    says(piece.number % 2 == 1, " odd");
    says(begins, " begin");
    let is_later = look.cursor.is_some_and(|cursor| piece.event > cursor);
    let is_taken = piece.taken.is_some_and(|taken| look.cursor.is_none_or(|cursor| taken <= cursor));
    says(is_later, " later");
    says(!is_later && !is_taken, " untaken");
    says(look.cursor == Some(piece.event), " now");
    says(is_selected, " chosen");
    says(look.selection.is_some_and(|selection| selection.active == offset), " active");
    if let Some((_, field)) = look.overlay.and_then(|overlay| overlay.at(offset)) {
        class.push_str(" f-");
        class.push_str(fields::class(field.what));
        if offset == field.start {
            class.push_str(" f-first");
        }
    }
    markup.push_str(&format!(
        "<span role=\"gridcell\" id=\"byte-{offset}\" data-at=\"{offset}\" aria-selected=\"{is_selected}\" class=\"b{class}\""
    ));
    if begins {
        let event = piece.ordinal;
        let name = match look.ruler.subject().1 {
            Direction::Sent => texts::begins_send(&format!("{byte:02x}"), &event),
            Direction::Received => texts::begins_recv(&format!("{byte:02x}"), &event),
        };
        markup.push_str(&format!(" aria-label=\"{name}\" title=\"{name}\""));
    }
    markup.push_str(&format!(">{byte:02x}</span>"));
    text.push_str(&format!("<i data-at=\"{offset}\" class=\"b{class}\">"));
    match byte {
        b'!'..=b'~' => push_escaped(text, char::from(byte).encode_utf8(&mut [0; 4])),
        b' ' => text.push(' '),
        _ => text.push('·'),
    }
    text.push_str("</i>");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Protocol;
    use super::super::ruler::tests::received;
    use super::*;

    fn look(ruler: &Ruler) -> Look<'_> {
        Look { ruler, overlay: None, selection: None, cursor: None, width: 8 }
    }

    /// What the rows say, without their markup.
    fn shown(markup: &str) -> String {
        let mut text = String::new();
        for piece in markup.replace("</div>", "\n").split('<') {
            text.push_str(piece.split_once('>').map_or(piece, |(_, text)| text));
        }
        text
    }

    #[test]
    fn a_row_has_its_offset_its_bytes_and_its_text() {
        let ruler = received(&[b"GET / <\r\nab"]);
        let text = shown(&rows(look(&ruler), 0, 2));
        assert_eq!(text, "000000474554202f203c0dGET / &lt;·\n0000080a6162          ·ab     \n");
    }

    #[test]
    fn each_recv_is_marked_where_it_began() {
        let ruler = received(&[b"abc", b"de"]);
        let markup = rows(look(&ruler), 0, 1);
        assert_eq!(markup.matches("aria-label").count(), 2, "{markup}");
        assert!(
            markup.contains("data-at=\"3\" aria-selected=\"false\" class=\"b odd begin\" aria-label=\"64, recv, event 4\""),
            "{markup}"
        );
    }

    #[test]
    fn what_is_later_is_faded_and_what_is_chosen_is_said() {
        let ruler = received(&[b"abc", b"de"]);
        let markup = rows(Look { cursor: Some(1), selection: Selection::of(1, 3), ..look(&ruler) }, 0, 1);
        assert!(markup.contains("data-at=\"2\" aria-selected=\"true\" class=\"b now chosen active\""), "{markup}");
        assert!(markup.contains("data-at=\"3\" aria-selected=\"false\" class=\"b odd begin later\""), "{markup}");
    }

    #[test]
    fn widths_follow_the_room() {
        assert_eq!([120, 74, 73, 41, 40, 10].map(bytes_a_row), [16, 16, 8, 8, 4, 4]);
    }

    proptest! {
        #[test]
        fn whatever_bytes_there_are(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..6), width in 1_u64..17) {
            let pieces: Vec<&[u8]> = pieces.iter().map(Vec::as_slice).collect();
            let ruler = received(&pieces);
            let mut overlay = Overlay::new(Protocol::Http);
            overlay.read(&ruler, None);
            let markup = rows(Look { overlay: Some(&overlay), width, ..look(&ruler) }, 0, ruler.end().div_ceil(width));
            prop_assert_eq!(markup.matches("gridcell").count(), pieces.concat().len());
            prop_assert_eq!(markup.matches('<').count(), markup.matches('>').count());
        }
    }
}
