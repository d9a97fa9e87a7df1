//! Builds the page and hands it to `src/page.rs`, so that `cargo run -p relay` needs no other tool.
//!
//! A nested cargo compiles the crate `web` to Wasm, wasm-bindgen as a library makes the glue, and the `data-trunk` lines of `index.html` are
//! rewritten to the files that come out: the same page that `trunk serve` makes for people who edit it.

#[path = "build/assets.rs"]
mod assets;
#[path = "build/budget.rs"]
mod budget;
#[path = "build/diagnostics.rs"]
mod diagnostics;
#[path = "build/index.rs"]
mod index;
#[path = "build/split.rs"]
mod split;
#[path = "build/wasm.rs"]
mod wasm;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process,
};

use assets::File;

/// Leaves the page out, for quick checks of the relay alone.
const SKIP: &str = "PLAYGROUND_PAGE";

fn main() {
    if let Err(error) = run() {
        // Cargo shows a build script's errors under its own heading; a panic would add a backtrace that helps nobody.
        eprintln!("the page could not be built: {error}");
        process::exit(1);
    }
}

fn run() -> io::Result<()> {
    let relay = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let root = relay.parent().ok_or_else(|| io::Error::other("the relay is not inside the workspace"))?;
    let out = PathBuf::from(variable("OUT_DIR")?);
    for watched in ["web", "protocol", "index.html", "Cargo.toml", "Cargo.lock", "relay/build.rs", "relay/build"] {
        println!("cargo::rerun-if-changed={}", root.join(watched).display());
    }
    println!("cargo::rerun-if-env-changed={SKIP}");
    let optimised = variable("PROFILE")? == "release";
    let skip = match env::var(SKIP).unwrap_or_default().as_str() {
        "" => false,
        "skip" => true,
        other => return Err(io::Error::other(format!("{SKIP} is {other:?}: it may be \"skip\", or absent"))),
    };
    let files = if skip { vec![File::index(LEFT_OUT.to_owned())] } else { page(root, &out, optimised)? };
    assets::write(&out, &files, optimised)
}

/// Builds every file of the page.
fn page(root: &Path, out: &Path, optimised: bool) -> io::Result<Vec<File>> {
    let mut files = wasm::build(root, out, optimised)?;
    let template = fs::read_to_string(root.join("index.html"))?;
    let links = index::links(&template)?;
    for link in &links {
        if let Some(source) = link.source() {
            assets::collect(&root.join(source), link.name(), &mut files)?;
        }
    }
    assets::check_names(&files)?;
    let folder = assets::folder(&files);
    for file in &mut files {
        file.path = format!("{folder}{}", file.path);
        file.immutable = true;
    }
    files.push(File::index(index::rewrite(&template, &links, &folder)));
    Ok(files)
}

fn variable(name: &str) -> io::Result<String> {
    env::var(name).map_err(|error| io::Error::other(format!("cargo did not set {name}: {error}")))
}

const LEFT_OUT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>TCP Playground</title>\
    <p>This relay was built without its page, with PLAYGROUND_PAGE=skip. Build it again without that.</p></html>\n";
