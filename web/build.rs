//! Makes Rust functions of the page's texts, so that a text that is missing in a language, or misspelt in a view, does not compile.
//!
//! The texts are Fluent (<https://projectfluent.org>): `texts/<language>/<module>.ftl`. Each message becomes a function of its variables,
//! which chooses by the language of the page. Fluent's runtime would be a third of the page's size; what the texts use of the
//! language needs none: text, variables, terms, and a choice by a number.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, process};

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Variant, VariantKey};
use fluent_syntax::parser;

/// The first is the one that the others are held against.
const LANGUAGES: [(&str, &str); 2] = [("en", "En"), ("de", "De")];

type Failed = Box<dyn std::error::Error>;

fn main() {
    if let Err(error) = run() {
        eprintln!("the page's texts: {error}");
        process::exit(1);
    }
}

fn run() -> Result<(), Failed> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=texts");
    // By these it is known what belongs to which piece.
    if env::var_os("CARGO_FEATURE_SPLIT").is_some() {
        println!("cargo::rustc-link-arg-cdylib=--emit-relocs");
    }
    let texts = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("texts");
    let mut source = String::new();
    let mut modules = modules(&texts.join(LANGUAGES[0].0))?;
    modules.sort();
    for module in &modules {
        writeln!(source, "/// The texts of `{module}.ftl`.\npub mod {module} {{")?;
        source.push_str(&functions(&texts, module)?);
        source.push_str("}\n");
    }
    for (language, _) in &LANGUAGES[1..] {
        if let Some(surplus) = self::modules(&texts.join(language))?.iter().find(|module| !modules.contains(module)) {
            return Err(format!("{language}/{surplus}.ftl has no counterpart in {}", LANGUAGES[0].0).into());
        }
    }
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("texts.rs"), source)?;
    Ok(())
}

fn modules(folder: &Path) -> Result<Vec<String>, Failed> {
    let mut modules = vec![];
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "ftl") {
            modules.extend(path.file_stem().and_then(|stem| stem.to_str()).map(str::to_owned));
        }
    }
    Ok(modules)
}

/// The messages of one file, and its terms, in one language.
#[derive(Default)]
struct File {
    messages: BTreeMap<String, Message>,
    terms: BTreeMap<String, String>,
}

/// One message: what it is made of, and its variables (true: a number).
struct Message {
    parts: Vec<Part>,
    variables: BTreeMap<String, bool>,
    /// In the order in which they first stand in the text: the order of the function's arguments.
    order: Vec<String>,
}

#[derive(Clone)]
enum Part {
    Text(String),
    Variable(String),
    Choice(String, Vec<(Option<u64>, Vec<Part>)>, Vec<Part>),
}

fn functions(texts: &Path, module: &str) -> Result<String, Failed> {
    let mut files = vec![];
    for (language, _) in LANGUAGES {
        let path = texts.join(language).join(format!("{module}.ftl"));
        let name = format!("{language}/{module}.ftl");
        let text = fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
        files.push((name.clone(), read(&text).map_err(|error| format!("{name}: {error}"))?));
    }
    let (reference, others) = files.split_first().ok_or("no language")?;
    for (name, file) in others {
        let same = |one: &File, other: &File, missing_in: &str| match one.messages.keys().find(|id| !other.messages.contains_key(*id)) {
            Some(id) => Err(format!("{missing_in} has no {id}")),
            None => Ok(()),
        };
        same(&reference.1, file, name)?;
        same(file, &reference.1, &reference.0)?;
        for (id, message) in &file.messages {
            if message.variables != reference.1.messages[id].variables {
                return Err(format!("{name}: the variables of {id} are not those of {}", reference.0).into());
            }
        }
    }
    let mut source = String::new();
    for (id, message) in &reference.1.messages {
        let bodies: Vec<&Message> = files.iter().map(|(_, file)| &file.messages[id]).collect();
        function(&mut source, id, message, &bodies)?;
    }
    Ok(source)
}

fn function(source: &mut String, id: &str, message: &Message, bodies: &[&Message]) -> Result<(), Failed> {
    let name = id.replace('-', "_");
    let shown = message.parts.iter().map(|part| if let Part::Text(text) = part { text.as_str() } else { "…" }).collect::<String>();
    writeln!(source, "/// “{}”", shown.replace('\n', " "))?;
    if message.variables.is_empty() {
        writeln!(source, "pub fn {name}() -> &'static str {{ match super::language() {{")?;
        for ((_, variant), body) in LANGUAGES.iter().zip(bodies) {
            let text = body.parts.iter().map(|part| if let Part::Text(text) = part { text.as_str() } else { "" }).collect::<String>();
            writeln!(source, "super::Language::{variant} => {text:?},")?;
        }
        source.push_str("}}\n");
        return Ok(());
    }
    let parameter = |name: &String| format!("{name}: {}", if message.variables[name] { "u64" } else { "&dyn std::fmt::Display" });
    let parameters = message.order.iter().map(parameter).collect::<Vec<_>>().join(", ");
    writeln!(source, "pub fn {name}({parameters}) -> String {{ let mut words = String::new(); match super::language() {{")?;
    for ((_, variant), body) in LANGUAGES.iter().zip(bodies) {
        writeln!(source, "super::Language::{variant} => {{")?;
        statements(source, &body.parts, &message.variables)?;
        source.push_str("}\n");
    }
    source.push_str("} words }\n");
    Ok(())
}

fn statements(source: &mut String, parts: &[Part], variables: &BTreeMap<String, bool>) -> Result<(), Failed> {
    for part in parts {
        match part {
            Part::Text(text) => match (text.chars().next(), text.chars().count()) {
                (Some(only), 1) => writeln!(source, "words.push({only:?});")?,
                _ => writeln!(source, "words.push_str({text:?});")?,
            },
            Part::Variable(name) if variables[name] => writeln!(source, "words.push_str(&super::number_in_words({name}));")?,
            Part::Variable(name) => writeln!(source, "super::put(&mut words, {name});")?,
            Part::Choice(name, cases, other) => {
                writeln!(source, "match {name} {{")?;
                for (value, parts) in cases {
                    writeln!(source, "{} => {{", value.unwrap_or(1))?;
                    statements(source, parts, variables)?;
                    source.push_str("}\n");
                }
                source.push_str("_ => {");
                statements(source, other, variables)?;
                source.push_str("} }\n");
            }
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<File, Failed> {
    let resource = parser::parse(text).map_err(|(_, errors)| format!("{errors:?}"))?;
    let mut file = File::default();
    for entry in &resource.body {
        if let Entry::Term(term) = entry {
            let mut variables = BTreeMap::new();
            match parts(&term.value, &file.terms, &mut variables)?.as_slice() {
                [Part::Text(text)] => drop(file.terms.insert(term.id.name.to_owned(), text.clone())),
                _ => return Err(format!("the term -{} is not plain text", term.id.name).into()),
            }
        }
    }
    for entry in &resource.body {
        let Entry::Message(message) = entry else { continue };
        let id = message.id.name.to_owned();
        let value = message.value.as_ref().filter(|_| message.attributes.is_empty()).ok_or(format!("{id} is not a value alone"))?;
        let mut variables = BTreeMap::new();
        let parts = parts(value, &file.terms, &mut variables).map_err(|error| format!("{id}: {error}"))?;
        let mut order = vec![];
        in_order(&parts, &mut order);
        if file.messages.insert(id.clone(), Message { parts, variables, order }).is_some() {
            return Err(format!("{id} stands twice").into());
        }
    }
    Ok(file)
}

fn parts(pattern: &Pattern<&str>, terms: &BTreeMap<String, String>, variables: &mut BTreeMap<String, bool>) -> Result<Vec<Part>, Failed> {
    let mut found: Vec<Part> = vec![];
    for element in &pattern.elements {
        let part = match element {
            PatternElement::TextElement { value } => Part::Text((*value).to_owned()),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => match inline {
                InlineExpression::StringLiteral { value } => {
                    Part::Text(fluent_syntax::unicode::unescape_unicode_to_string(value).into_owned())
                }
                InlineExpression::TermReference { id, .. } => {
                    Part::Text(terms.get(id.name).ok_or(format!("no term -{}", id.name))?.clone())
                }
                InlineExpression::VariableReference { id } => {
                    let name = id.name.replace('-', "_");
                    variables.entry(name.clone()).or_insert(false);
                    Part::Variable(name)
                }
                _ => return Err("a placeable is a variable, a term or a string".into()),
            },
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                let InlineExpression::VariableReference { id } = selector else { return Err("a choice is made by a variable".into()) };
                let name = id.name.replace('-', "_");
                variables.insert(name.clone(), true);
                choice(name, variants, terms, variables)?
            }
        };
        match (found.last_mut(), part) {
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, part) => found.push(part),
        }
    }
    Ok(found)
}

fn in_order(parts: &[Part], order: &mut Vec<String>) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Variable(name) if order.contains(name) => {}
            Part::Variable(name) => order.push(name.clone()),
            Part::Choice(name, cases, other) => {
                if !order.contains(name) {
                    order.push(name.clone());
                }
                cases.iter().map(|(_, parts)| parts).chain([other]).for_each(|parts| in_order(parts, order));
            }
        }
    }
}

/// English and German have the same plurals: one for 1, other for the rest (Unicode CLDR, cardinal rules).
fn choice(
    name: String,
    variants: &[Variant<&str>],
    terms: &BTreeMap<String, String>,
    variables: &mut BTreeMap<String, bool>,
) -> Result<Part, Failed> {
    let (mut cases, mut other) = (vec![], None);
    for variant in variants {
        let parts = parts(&variant.value, terms, variables)?;
        match &variant.key {
            _ if variant.default => other = Some(parts),
            VariantKey::Identifier { name: "one" } => cases.push((None, parts)),
            VariantKey::NumberLiteral { value } => cases.push((Some(value.parse()?), parts)),
            VariantKey::Identifier { name } => return Err(format!("the choice knows one, other and numbers, not {name}").into()),
        }
    }
    Ok(Part::Choice(name, cases, other.ok_or("a choice has a default")?))
}
