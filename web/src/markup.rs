//! Markup made of text: what the views draw as strings.

/// `text` as it stands in HTML and SVG, in text and in quoted attributes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A text of the page: what stands between backticks is code, what stands between asterisks is stressed.
pub fn prose(text: &str) -> String {
    let mut marked = String::with_capacity(text.len() + 32);
    let (mut in_code, mut is_stressed) = (false, false);
    for piece in escape(text).split_inclusive(['`', '*']) {
        let (words, mark) = match piece.chars().last() {
            Some(mark @ ('`' | '*')) => (&piece[..piece.len() - 1], mark),
            _ => (piece, ' '),
        };
        marked.push_str(words);
        match mark {
            '`' => {
                in_code = !in_code;
                marked.push_str(if in_code { "<code>" } else { "</code>" });
            }
            '*' => {
                is_stressed = !is_stressed;
                marked.push_str(if is_stressed { "<b>" } else { "</b>" });
            }
            _ => {}
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_comes_from_outside_is_markup() {
        assert_eq!(escape("<a href='x'>&\"</a>"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;");
    }

    #[test]
    fn texts_have_code_and_stress() {
        assert_eq!(prose("`recv` *waits* & sees"), "<code>recv</code> <b>waits</b> &amp; sees");
        assert_eq!(prose("plain"), "plain");
    }
}
