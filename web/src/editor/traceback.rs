//! What a traceback comes to.

/// The line of a traceback that names the exception: the last one that is not indented. `pieces` is what was written to standard error, in the pieces in which it came.
pub fn exception_of<'a>(pieces: impl Iterator<Item = &'a str>) -> String {
    let (mut line, mut last) = (String::new(), String::new());
    let mut take = |line: &mut String| {
        let is_one = line.chars().next().is_some_and(|first| !first.is_whitespace());
        if is_one && !line.starts_with("Traceback ") {
            last.clear();
            last.push_str(line.trim_end());
        }
        line.clear();
    };
    for piece in pieces {
        for part in piece.split_inclusive('\n') {
            line.push_str(part);
            if part.ends_with('\n') {
                take(&mut line);
            }
        }
    }
    take(&mut line);
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exception_stands_last() {
        let pieces = [
            "Traceback (most recent call last):\n  File \"main.py\", line 9, in <module>\n    x\nConnection",
            "RefusedError: [Errno 111] Connection refused\n",
        ];
        assert_eq!(exception_of(pieces.into_iter()), "ConnectionRefusedError: [Errno 111] Connection refused");
        assert_eq!(exception_of(["warning\n", "\n", "  more"].into_iter()), "warning");
        assert_eq!(exception_of([].into_iter()), "");
    }
}
