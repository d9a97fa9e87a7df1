//! Markup out of what comes from outside.

use crate::trace::{SpanKind, control_name, visible};

/// `text` as it stands in markup and in its attributes.
pub fn escaped(text: &str) -> String {
    let mut markup = String::with_capacity(text.len());
    push_escaped(&mut markup, text);
    markup
}

pub(super) fn push_escaped(markup: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => markup.push_str("&amp;"),
            '<' => markup.push_str("&lt;"),
            '>' => markup.push_str("&gt;"),
            '"' => markup.push_str("&quot;"),
            '\'' => markup.push_str("&#39;"),
            _ => markup.push(c),
        }
    }
}

/// Bytes as people read them, as markup.
pub fn shown(bytes: &[u8]) -> String {
    let mut markup = String::new();
    push_visible(&mut markup, bytes);
    markup
}

/// Bytes as people read them, with marks for what cannot be seen, as the stream shows them.
pub(super) fn push_visible(markup: &mut String, bytes: &[u8]) {
    for span in visible(bytes) {
        match span.kind {
            SpanKind::Plain => push_escaped(markup, &span.text),
            SpanKind::Control => {
                for c in span.text.chars() {
                    markup.push_str("<span class=\"control\" data-name=\"");
                    markup.push_str(control_name(c));
                    markup.push_str("\">");
                    markup.push(c);
                    markup.push_str("</span>");
                }
            }
            SpanKind::Escape => {
                markup.push_str("<span class=\"escape\">");
                push_escaped(markup, &span.text);
                markup.push_str("</span>");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_outside_is_markup() {
        assert_eq!(escaped("<img src=\"x\" alt='y'>&"), "&lt;img src=&quot;x&quot; alt=&#39;y&#39;&gt;&amp;");
        let mut markup = String::new();
        push_visible(&mut markup, b"<b>\r\xff");
        assert_eq!(markup, "&lt;b&gt;<span class=\"control\" data-name=\"CR\">\u{240d}</span><span class=\"escape\">\\xff</span>");
    }
}
