//! `docs/errors.md` is what [`Name`] and [`Rule`] say. To write it anew: `REGENERATE=1 cargo test -p protocol --test errors`.

use std::fmt::Write;

use protocol::{Name, Rule};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");

const HEAD: &str = "\
# Errors

A call that fails says its name, the call, the address that it was about, and the operating system's own text ([wire.md](wire.md#errors)). In the page, in the traces and in the scripts the names are the same.
In Python `OSError.errno` is the number of that name, and `socket.gaierror` is one too; in Rust it is the kind of an `io::Error`, with the failure inside.

This table is made of the crate `protocol`; `REGENERATE=1 cargo test -p protocol --test errors` writes it anew.

| name | when | Python's exception | `io::ErrorKind` |
|---|---|---|---|
";

const RULES: &str = "
## What the relay forbids

`FORBIDDEN` is no error of TCP. Its `rule` is one of these:

| rule | what it forbids |
|---|---|
";

fn document() -> String {
    let mut text = HEAD.to_owned();
    for name in Name::ALL {
        writeln!(text, "| `{name}` | {} | `{}` | `{:?}` |", name.meaning(), name.python(), name.kind()).expect("a string takes all");
    }
    text += RULES;
    for rule in Rule::ALL {
        writeln!(text, "| `{rule}` | {} |", rule.meaning()).expect("a string takes all");
    }
    text
}

#[test]
fn the_table_of_errors_is_what_the_crate_says() {
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(PATH, document()).expect("it can be written");
    }
    let written = std::fs::read_to_string(PATH).unwrap_or_default();
    assert!(written == document(), "docs/errors.md is not what the crate says: REGENERATE=1 cargo test -p protocol --test errors");
}

#[test]
fn every_meaning_is_one_sentence_of_a_table() {
    for meaning in Name::ALL.iter().map(|name| name.meaning()).chain(Rule::ALL.iter().map(|rule| rule.meaning())) {
        assert!(meaning.ends_with('.') && !meaning.contains(['|', '[', '\n']), "{meaning}");
    }
}
