//! The examples to begin with: which there are, and how one text of them becomes one in the language of the page. The texts are files of their own (`web/examples`),
//! fetched when somebody wants one.

use crate::texts::examples as text;

/// An example: its file, and what it shows.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The name of its file, which the script gets too.
    pub file: &'static str,
    /// What it shows, in the language of the page.
    pub says: fn() -> &'static str,
    /// Whether it ends with an error, on purpose.
    pub is_broken: bool,
}

const fn example(file: &'static str, says: fn() -> &'static str) -> Example {
    Example { file, says, is_broken: false }
}

const fn broken(file: &'static str, says: fn() -> &'static str) -> Example {
    Example { file, says, is_broken: true }
}

/// All of them, in the order in which they are offered: those that work, then one for each of the common errors.
pub const EXAMPLES: [Example; 16] = [
    example("client.py", text::client),
    example("server.py", text::server),
    example("echo_server.py", text::echo),
    example("threaded_server.py", text::threaded),
    example("select_server.py", text::select),
    example("asyncio_server.py", text::asyncio),
    example("http_request.py", text::http),
    example("chat_server.py", text::chat_server),
    example("chat_client.py", text::chat_client),
    broken("broken_refused.py", text::refused),
    broken("broken_in_use.py", text::in_use),
    broken("broken_reset.py", text::reset),
    broken("broken_pipe.py", text::pipe),
    broken("broken_timeout.py", text::timeout),
    broken("broken_name.py", text::name),
    broken("broken_type.py", text::type_error),
];

/// The text of an example in the language of that tag: its comments begin with `#en ` or `#de `, and those of other languages go.
pub fn in_language(source: &str, tag: &str) -> String {
    let mut lines = String::new();
    for line in source.lines() {
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        let comment = rest.strip_prefix('#').and_then(|rest| Some((rest.get(..2)?, rest.get(2..)?.strip_prefix(' ')?)));
        match comment {
            Some((language, words)) if language == tag => lines.extend([indent, "# ", words, "\n"]),
            Some((language, _)) if language.chars().all(|c| c.is_ascii_lowercase()) => {}
            _ => lines.extend([line, "\n"]),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;
    use crate::texts::Language;

    fn folder() -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples")
    }

    #[test]
    fn comments_are_of_one_language() {
        let source = "#en Hi\n#de Hallo\nx = 1  #de bleibt\n    #en there\n    #de da\n# both\n";
        assert_eq!(in_language(source, "en"), "# Hi\nx = 1  #de bleibt\n    # there\n# both\n");
        assert_eq!(in_language(source, "de"), "# Hallo\nx = 1  #de bleibt\n    # da\n# both\n");
    }

    #[test]
    fn each_file_is_offered_and_each_offer_is_a_file() {
        let mut files: Vec<String> =
            fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        let mut offered: Vec<&str> = EXAMPLES.iter().map(|example| example.file).collect();
        files.sort();
        offered.sort_unstable();
        assert_eq!(files, offered);
    }

    #[test]
    fn each_is_there_in_every_language_and_differs_in_its_comments_alone() {
        for example in EXAMPLES {
            let source = fs::read_to_string(folder().join(example.file)).unwrap();
            let texts = Language::ALL.map(|language| in_language(&source, language.tag()));
            let programs = texts.clone().map(|text| text.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<String>());
            assert!(programs.windows(2).all(|pair| pair[0] == pair[1]), "{}", example.file);
            assert!(texts.windows(2).all(|pair| pair[0] != pair[1]), "{}: a language is missing", example.file);
            let comments = texts.map(|text| text.lines().filter(|line| line.starts_with("# ")).count() > 0);
            assert!(comments.iter().all(|has| *has), "{}: a language is missing", example.file);
            assert_eq!(example.is_broken, example.file.starts_with("broken_"), "{}", example.file);
        }
    }
}
