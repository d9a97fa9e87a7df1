//! The fields that an overlay found, in words: the list that is equivalent to the marks on the ruler.

use super::markup::push_visible;
use super::overlay::{Field, Overlay, What, Why};
use super::{Ruler, Selection};
use crate::texts::bytes as texts;
use crate::trace::{bytes_in_words, number_in_words};

/// How many bytes of a field the list shows.
const SHOWN_BYTES: u64 = 60;

/// Where bytes are, and how many: `Offset 16 (0x10), 14 bytes`.
pub fn place(start: u64, end: u64) -> String {
    texts::place(&number_in_words(start), &format!("{start:x}"), &bytes_in_words(end.saturating_sub(start)))
}

/// What colours a field.
pub(super) fn class(what: What) -> &'static str {
    match what {
        What::Method | What::Status | What::Verb | What::Code | What::Type(_) => "start",
        What::Name => "name",
        What::Length | What::ChunkSize | What::Prefix(_) => "length",
        What::Body | What::BodyToEnd | What::Chunk | What::Content | What::Inline | What::Message | What::Prefixed => "body",
        What::EndOfHead | What::EndOfChunks | What::EndOfMessage | What::More | What::EmptyLine => "end",
        What::Strange | What::BareLineFeed | What::Unread(_) => "broken",
        What::Unfinished => "partial",
        What::Target | What::Version | What::Reason | What::Value | What::Argument | What::Text | What::Upgraded => "value",
    }
}

/// What a field is called.
fn label(what: What) -> &'static str {
    match what {
        What::Method => texts::http_method(),
        What::Target => texts::http_target(),
        What::Version => texts::http_version(),
        What::Status => texts::http_status(),
        What::Reason => texts::http_reason(),
        What::Name => texts::http_name(),
        What::Value => texts::http_value(),
        What::EndOfHead => texts::http_end_of_head(),
        What::Body => texts::http_body(),
        What::BodyToEnd => texts::http_body_to_end(),
        What::ChunkSize => texts::http_chunk_size(),
        What::Chunk => texts::http_chunk(),
        What::EndOfChunks => texts::http_end_of_chunks(),
        What::Upgraded => texts::http_upgraded(),
        What::Type(byte) => type_name(byte),
        What::Length => texts::resp_length(),
        What::Content => texts::resp_value(),
        What::Inline => texts::resp_inline(),
        What::Verb => texts::smtp_command(),
        What::Argument => texts::smtp_argument(),
        What::Code => texts::smtp_code(),
        What::More => texts::smtp_more(),
        What::Text => texts::smtp_text(),
        What::Message => texts::smtp_message(),
        What::EndOfMessage => texts::smtp_end_of_message(),
        What::Prefix(_) => texts::prefix_length(),
        What::Prefixed => texts::prefix_message(),
        What::EmptyLine => texts::empty_line(),
        What::BareLineFeed => texts::bare_line_feed(),
        What::Unfinished => texts::unfinished_line(),
        What::Strange => texts::strange_line(),
        What::Unread(Why::NotThis) => texts::not_this(),
        What::Unread(Why::NoLength) => texts::no_length(),
        What::Unread(Why::NoEnd) => texts::no_end(),
        What::Unread(Why::LongLine) => texts::long_line(),
        What::Unread(Why::Deep) => texts::deep(),
    }
}

fn type_name(byte: u8) -> &'static str {
    match byte {
        b'+' => texts::resp_simple(),
        b'-' => texts::resp_error(),
        b':' => texts::resp_integer(),
        b'$' => texts::resp_bulk(),
        b'*' => texts::resp_array(),
        b'_' => texts::resp_null(),
        b'#' => texts::resp_boolean(),
        b',' => texts::resp_double(),
        b'(' => texts::resp_big(),
        b'!' => texts::resp_bulk_error(),
        b'=' => texts::resp_verbatim(),
        b'%' => texts::resp_map(),
        b'~' => texts::resp_set(),
        b'>' => texts::resp_push(),
        _ => texts::resp_attribute(),
    }
}

/// How much of a field is there: `14 bytes`, or `4 of 17 bytes so far`.
fn size(field: &Field, is_ended: bool) -> String {
    let there = field.end - field.start;
    match (field.of, field.what) {
        (Some(of), _) if is_ended => texts::cut(&number_in_words(there), &bytes_in_words(of)),
        (Some(of), _) => texts::so_far_of(&number_in_words(there), &bytes_in_words(of)),
        (None, What::Unfinished | What::BodyToEnd | What::Upgraded) if !is_ended => texts::so_far(&bytes_in_words(there)),
        _ => bytes_in_words(there),
    }
}

/// The fields from `from` up to `to` as options of a list. What is chosen is the field that the selection is exactly.
pub fn list(ruler: &Ruler, overlay: &Overlay, selection: Option<Selection>, from: usize, to: usize) -> String {
    let mut markup = String::new();
    for index in from..to.min(overlay.len()) {
        let Some(field) = overlay.get(index) else { break };
        let is_chosen = selection.is_some_and(|selection| selection.range() == (field.start, field.end));
        markup.push_str(&format!(
            "<div role=\"option\" class=\"field-row f-{}\" id=\"field-{index}\" data-field=\"{index}\" aria-selected=\"{is_chosen}\" aria-posinset=\"{}\" aria-setsize=\"{}\">",
            class(field.what),
            index + 1,
            overlay.len(),
        ));
        markup.push_str(&format!("<span class=\"offset\">{:06x}</span> ", field.start));
        (0..field.depth.min(8)).for_each(|_| markup.push_str("<span class=\"within\"></span>"));
        markup.push_str(&format!("<span class=\"label\">{}</span> <span class=\"value\">", label(field.what)));
        markup.push_str(&value(ruler, field));
        markup.push_str(&format!("</span> <span class=\"size\">{}</span></div>", size(field, ruler.is_ended())));
    }
    markup
}

/// What a field says, as markup: the number of a length in bytes, else the beginning of its bytes.
pub fn value(ruler: &Ruler, field: &Field) -> String {
    if let What::Prefix(length) = field.what
        && field.of.is_none()
    {
        return number_in_words(length);
    }
    let mut markup = String::new();
    push_visible(&mut markup, &ruler.copy(field.start, field.end.min(field.start + SHOWN_BYTES)));
    if field.end - field.start > SHOWN_BYTES {
        markup.push('…');
    }
    markup
}
