//! What the nested cargo found in the page's sources, told as the outer cargo tells things.

use serde_json::Value;

/// The compiler's diagnostics in the output of `cargo build --message-format=json` (The Cargo Book, "External tools").
pub(crate) fn read(stdout: &[u8]) -> Vec<Value> {
    let messages = stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    messages.filter(|message| message["reason"] == "compiler-message").map(|mut message| message["message"].take()).collect()
}

/// The errors as the compiler shows them; empty where something else went wrong.
pub(crate) fn errors(diagnostics: &[Value]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic["level"].as_str().is_some_and(|level| level.starts_with("error")));
    errors.filter_map(|error| error["rendered"].as_str()).collect()
}

/// Passes each warning on in one line, as cargo takes no longer ones from a build script.
pub(crate) fn pass_on_warnings(diagnostics: &[Value]) {
    // One without a place only counts the others.
    for warning in diagnostics.iter().filter(|diagnostic| diagnostic["level"] == "warning") {
        if let (Some(place), Some(text)) = (place(warning), warning["message"].as_str()) {
            println!("cargo::warning={place}: {}", text.replace('\n', " "));
        }
    }
}

/// `file:line:column`.
fn place(diagnostic: &Value) -> Option<String> {
    let span = diagnostic["spans"].as_array()?.iter().find(|span| span["is_primary"] == true)?;
    Some(format!("{}:{}:{}", span["file_name"].as_str()?, span["line_start"], span["column_start"]))
}
