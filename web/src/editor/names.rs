//! What a script may be called: a file name that every system takes, as scripts are saved and tracebacks name them.

/// The longest name, in characters, the ending included.
const MOST_CHARACTERS: usize = 60;

/// What the files of Python end with.
const ENDING: &str = ".py";

/// The name of a script, which ends with `.py`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileName(String);

/// Why something is no name of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// Nothing is left of it.
    Empty,
    /// It has more than 60 characters.
    TooLong,
    /// It has a character that some system permits in no file name.
    Forbidden(char),
}

impl FileName {
    /// Takes what somebody wrote, with `.py` behind it where that is missing.
    ///
    /// # Errors
    ///
    /// See [`Mistake`].
    pub fn new(written: &str) -> Result<Self, Mistake> {
        let name = written.trim().trim_start_matches('.');
        let stem = name.strip_suffix(ENDING).unwrap_or(name).trim();
        if stem.is_empty() {
            return Err(Mistake::Empty);
        }
        if let Some(forbidden) = stem.chars().find(|c| c.is_control() || r#"/\:*?"<>|"#.contains(*c)) {
            return Err(Mistake::Forbidden(forbidden));
        }
        if stem.chars().count() + ENDING.len() > MOST_CHARACTERS {
            return Err(Mistake::TooLong);
        }
        Ok(Self(format!("{stem}{ENDING}")))
    }

    /// What is left of the name of a file from elsewhere when everything is taken out that no name may have.
    pub fn made_of(name: &str) -> Self {
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let kept: String = last.chars().filter(|c| !c.is_control() && !r#":*?"<>|"#.contains(*c)).collect();
        let stem: String = kept.trim_end_matches(ENDING).chars().take(MOST_CHARACTERS - ENDING.len()).collect();
        Self::new(&stem).unwrap_or_else(|_| Self(format!("script{ENDING}")))
    }

    /// This name, or this name with a number, so that `is_taken` says no.
    #[must_use]
    pub fn free(self, is_taken: impl Fn(&Self) -> bool) -> Self {
        let stem: String = self.0.trim_end_matches(ENDING).chars().take(MOST_CHARACTERS - ENDING.len() - 4).collect();
        let numbered = (2..1000).map(|number| Self(format!("{stem}_{number}{ENDING}")));
        std::iter::once(self.clone()).chain(numbered).find(|name| !is_taken(name)).unwrap_or(self)
    }

    /// As it is shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_with_py_and_go_into_every_file_system() {
        for (written, expected) in [("client", "client.py"), (" server.py ", "server.py"), ("a.b", "a.b.py"), ("größe", "größe.py")] {
            assert_eq!(FileName::new(written).unwrap().as_str(), expected);
        }
        assert_eq!(FileName::new(" . "), Err(Mistake::Empty));
        assert_eq!(FileName::new("../x"), Err(Mistake::Forbidden('/')));
        assert_eq!(FileName::new("a\nb"), Err(Mistake::Forbidden('\n')));
        assert_eq!(FileName::new(&"x".repeat(58)), Err(Mistake::TooLong));
    }

    #[test]
    fn any_file_gets_a_name() {
        for (name, expected) in [("C:\\tmp\\chat.py", "chat.py"), ("/etc/passwd", "passwd.py"), ("???", "script.py"), ("", "script.py")] {
            assert_eq!(FileName::made_of(name).as_str(), expected);
        }
        assert!(FileName::made_of(&"y".repeat(500)).as_str().len() <= 60);
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let taken = ["a.py", "a_2.py"];
        let name = FileName::new("a").unwrap().free(|name| taken.contains(&name.as_str()));
        assert_eq!(name.as_str(), "a_3.py");
        assert_eq!(FileName::new("b").unwrap().free(|name| taken.contains(&name.as_str())).as_str(), "b.py");
    }
}
