//! Lines of a program, with their indentation, and comments that nothing gets out of.

/// The longest that a comment is, in characters.
const WIDTH: usize = 100;

/// The longest text of somebody else in a comment, in characters.
const MAX_FOREIGN: usize = 200;

/// Collects lines.
pub(super) struct Writer {
    text: String,
    indent: usize,
    begin: &'static str,
    end: &'static str,
}

impl Writer {
    /// Nothing yet. Comments stand between `begin` and `end`.
    pub(super) fn new(begin: &'static str, end: &'static str) -> Self {
        Self { text: String::new(), indent: 0, begin, end }
    }

    /// Indents what follows, by 4 columns more or less.
    pub(super) fn indent(&mut self, more: bool) {
        self.indent = if more { self.indent + 1 } else { self.indent.saturating_sub(1) };
    }

    /// A line: `template`, with each `$` in it replaced by the next of `arguments`.
    pub(super) fn line(&mut self, template: &str, arguments: &[&str]) {
        for _ in 0..self.indent {
            self.text.push_str("    ");
        }
        fill(&mut self.text, template, arguments);
        self.text.push('\n');
    }

    /// Several lines as they stand.
    pub(super) fn lines(&mut self, lines: &[String]) {
        for line in lines {
            self.line("$", &[line]);
        }
    }

    /// An empty line, unless there is one or a block begins.
    pub(super) fn blank(&mut self) {
        if !self.text.ends_with("\n\n") && !self.text.ends_with(":\n") && !self.text.ends_with("{\n") && !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A comment, on as many lines as it takes.
    pub(super) fn comment(&mut self, text: &str) {
        let text = harmless(text);
        let mut line = String::new();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            if !line.is_empty() && line.len() + word.len() >= WIDTH {
                self.comment_line(&line);
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.comment_line(&line);
    }

    fn comment_line(&mut self, text: &str) {
        let (begin, end) = (self.begin, self.end);
        self.line("$ $$", &[begin, text, end]);
    }

    /// What `text` is as a comment at the end of a line.
    pub(super) fn remark(&self, text: &str) -> String {
        ["  ", self.begin, " ", &harmless(text), self.end].concat()
    }

    /// All of it.
    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// `template`, with each `$` in it replaced by the next of `arguments`.
pub(super) fn filled(template: &str, arguments: &[&str]) -> String {
    let mut text = String::new();
    fill(&mut text, template, arguments);
    text
}

fn fill(text: &mut String, template: &str, arguments: &[&str]) {
    let mut arguments = arguments.iter();
    let mut parts = template.split('$');
    text.push_str(parts.next().unwrap_or_default());
    for part in parts {
        text.push_str(arguments.next().unwrap_or(&"$"));
        text.push_str(part);
    }
}

/// A text of somebody else, of which a comment holds only the beginning.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(MAX_FOREIGN).collect()
}

/// A text that ends no comment and begins no other line, in no language: no line breaks, no backslashes, no ends of comments, no trigraphs.
fn harmless(text: &str) -> String {
    let mut before = ' ';
    let visible = |c| {
        let is_bad = !matches!(c, ' '..='~') || c == '\\' || (c == '?' && before == '?');
        before = if is_bad { '_' } else { c };
        before
    };
    text.chars().map(visible).collect::<String>().replace("*/", "* /").replace("/*", "/ *")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_a_comment() {
        let mut writer = Writer::new("/*", " */");
        writer.comment("x */ exit(1); /*\n?\u{2028}??/ \\");
        assert_eq!(writer.finish(), "/* x * / exit(1); / *_?_?_/ _ */\n");
        for made in ["*/", "**/", "/*/", "???/", "*//*/"] {
            let harmless = harmless(made);
            assert!(!["*/", "/*", "??"].iter().any(|mark| harmless.contains(mark)), "{harmless}");
        }
    }

    #[test]
    fn what_is_filled_in_is_not_filled_again() {
        assert_eq!(filled("$.send($)", &["$", "b\"$1\""]), "$.send(b\"$1\")");
    }

    #[test]
    fn long_comments_are_wrapped() {
        let mut writer = Writer::new("#", "");
        writer.comment(&"word ".repeat(50));
        let text = writer.finish();
        assert!(text.lines().count() > 1 && text.lines().all(|line| line.starts_with("# word") && line.len() <= WIDTH + 2), "{text}");
    }
}
