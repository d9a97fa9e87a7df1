//! What a pasted text means at the prompt.

/// A text as the prompt takes it: what is entered, and what stays in the field to be written on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// The lines with a line end behind them, without the last one.
    pub entered: Option<String>,
    /// What stands behind the last line end.
    pub rest: String,
}

/// Reads a text that was pasted behind `field`. Nothing where it is a part of a line and nothing is to be changed in it.
///
/// As in a terminal, what a line end stands behind is entered. The prompts of a console go (`>>> `, `... `), with the lines that were printed between them, and
/// so does the indentation that all lines have, where they begin a statement.
pub fn pasted(field: &str, text: &str, goes_on: bool) -> Option<Pasted> {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let begins = field.trim().is_empty();
    let (text, is_changed) = match without_prompts(&text) {
        Some(code) if begins => (code, true),
        _ if begins && !goes_on => (without_common_indentation(&text), false),
        _ => (text, false),
    };
    if !text.contains('\n') && !is_changed {
        return None;
    }
    // A line that brings its indentation needs none of the field's.
    let field = if begins && text.starts_with([' ', '\t']) { "" } else { field };
    Some(match text.rsplit_once('\n') {
        Some((lines, rest)) => Pasted { entered: Some(format!("{field}{lines}")), rest: rest.to_owned() },
        None => Pasted { entered: None, rest: format!("{field}{text}") },
    })
}

/// What was entered in a console that this is copied from; nothing where it is not.
fn without_prompts(text: &str) -> Option<String> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    entered_in(first, ">>>")?;
    let code = text.lines().filter_map(|line| entered_in(line, ">>>").or_else(|| entered_in(line, "...")));
    let code = code.collect::<Vec<_>>().join("\n");
    Some(if text.ends_with('\n') { code + "\n" } else { code })
}

fn entered_in<'a>(line: &'a str, prompt: &str) -> Option<&'a str> {
    let rest = line.trim_start().strip_prefix(prompt)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
}

fn without_common_indentation(text: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let common = text.split('\n').filter(|line| !line.trim().is_empty()).map(indentation).min().unwrap_or(0);
    text.split('\n').map(|line| line.get(common..).unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(text: &str) -> Option<(Option<String>, String)> {
        pasted("", text, false).map(|pasted| (pasted.entered, pasted.rest))
    }

    fn lines(entered: &str, rest: &str) -> Option<(Option<String>, String)> {
        Some((Some(entered.to_owned()), rest.to_owned()))
    }

    #[test]
    fn what_a_line_end_stands_behind_is_entered() {
        assert_eq!(entered("one"), None);
        assert_eq!(entered("one\n"), lines("one", ""));
        assert_eq!(entered("one\r\ntwo\rthree"), lines("one\ntwo", "three"));
        assert_eq!(entered("\n"), lines("", ""));
        assert_eq!(entered(""), None);
    }

    #[test]
    fn the_prompts_of_a_console_go_and_what_it_printed() {
        assert_eq!(entered(">>> 1 + 2"), Some((None, "1 + 2".to_owned())));
        assert_eq!(entered(">>> 1 + 2\n3\n"), lines("1 + 2", ""));
        let session = "  >>> for i in range(2):\n  ...     print(i)\n  ...\n  0\n  1\n  >>> i";
        assert_eq!(entered(session), lines("for i in range(2):\n    print(i)\n", "i"));
        // What only looks like it is Python's business.
        assert_eq!(entered("...\n"), lines("...", ""));
        assert_eq!(entered(">>>x\n"), lines(">>>x", ""));
    }

    #[test]
    fn the_indentation_that_all_lines_have_goes_where_a_statement_begins() {
        assert_eq!(entered("    if x:\n\n        y\n"), lines("if x:\n\n    y", ""));
        assert_eq!(entered("    a\n  b\n"), lines("  a\nb", ""));
        assert_eq!(entered("\ta\n\t\tü\n"), lines("a\n\tü", ""));
        let goes_on = |field, text| pasted(field, text, true).map(|pasted| (pasted.entered, pasted.rest));
        assert_eq!(goes_on("    ", "    a\n    b\n"), lines("    a\n    b", ""), "it brings its own");
        assert_eq!(goes_on("    ", "a\n    b\n"), lines("    a\n    b", ""), "its first line was selected without");
        assert_eq!(goes_on("x = ", "1\n"), lines("x = 1", ""));
    }
}
