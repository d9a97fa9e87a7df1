//! Where a line of a program is after the program was edited.

/// The line of `now` that line `line` of `ran` became, both from 1: the one with the same text that is nearest; nothing where it is gone.
pub fn line_in(now: &str, ran: &str, line: u32) -> Option<u32> {
    let index = line.checked_sub(1)? as usize;
    let text = ran.lines().nth(index)?;
    let same = now.lines().enumerate().filter(|(_, other)| *other == text).map(|(at, _)| at);
    same.min_by_key(|at| at.abs_diff(index)).map(|at| at as u32 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_where_it_went() {
        let ran = "import socket\ns.accept()\n\ns.accept()\n";
        assert_eq!(line_in(ran, ran, 2), Some(2));
        assert_eq!(line_in(ran, ran, 4), Some(4));
        let now = "# one\n# another\nimport socket\ns.accept()\n";
        assert_eq!(line_in(now, ran, 1), Some(3));
        assert_eq!(line_in(now, ran, 2), Some(4));
        assert_eq!(line_in("import socket\n", ran, 2), None, "it is gone");
        assert_eq!(line_in(now, ran, 9), None);
        assert_eq!(line_in(now, ran, 0), None);
    }
}
