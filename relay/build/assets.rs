//! The files of the page as Rust source: each embedded compressed, and as it is in no other form, which would be a third of the relay.

use std::{
    collections::BTreeSet,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Write as _},
    path::Path,
};

use crate::budget;

/// One file of the page.
pub(crate) struct File {
    /// Where it is served; a name alone until its folder is known.
    pub(crate) path: String,
    /// Whether its path changes with its contents.
    pub(crate) immutable: bool,
    content_type: &'static str,
    bytes: Vec<u8>,
}

impl File {
    /// The file `name`, whose ending tells its media type.
    pub(crate) fn new(name: &str, bytes: Vec<u8>) -> io::Result<Self> {
        let ending = name.rsplit('.').next().unwrap_or_default();
        let content_type = match ending {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "py" => "text/x-python; charset=utf-8",
            "svg" => "image/svg+xml",
            "wasm" => "application/wasm",
            _ => return Err(io::Error::other(format!("{name}: which media type is that?"))),
        };
        Ok(Self { path: name.to_owned(), immutable: false, content_type, bytes })
    }

    /// The page itself.
    pub(crate) fn index(html: String) -> Self {
        Self { path: "/".to_owned(), immutable: false, content_type: "text/html; charset=utf-8", bytes: html.into_bytes() }
    }
}

/// Takes in a file under a name; of a folder every file in it, named by its path below that name, in an order that is always the same.
pub(crate) fn collect(path: &Path, name: &str, files: &mut Vec<File>) -> io::Result<()> {
    if !path.is_dir() {
        files.push(File::new(name, fs::read(path)?)?);
        return Ok(());
    }
    let entries = fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths = entries.collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let below = path.file_name().unwrap_or_default().to_string_lossy();
        let name = if name.is_empty() { below.into_owned() } else { format!("{name}/{below}") };
        collect(&path, &name, files)?;
    }
    Ok(())
}

/// Finds two files of one name: the second would never be served.
pub(crate) fn check_names(files: &[File]) -> io::Result<()> {
    let mut names = BTreeSet::new();
    match files.iter().find(|file| !names.insert(&file.path)) {
        Some(twice) => Err(io::Error::other(format!("two files of the page are named {}", twice.path))),
        None => Ok(()),
    }
}

/// A folder whose name changes when any of the files does, so that they can be cached for ever and still import each other by name.
pub(crate) fn folder(files: &[File]) -> String {
    let mut hasher = DefaultHasher::new();
    for file in files {
        (&file.path, &file.bytes).hash(&mut hasher);
    }
    format!("/page-{:016x}/", hasher.finish())
}

/// Writes the files and the Rust source that embeds them into `out`. An optimised relay gets them as small as can be; another one with a gzip that takes no time.
pub(crate) fn write(out: &Path, files: &[File], optimised: bool) -> io::Result<()> {
    let mut source = format!("static ASSETS: [Asset; {}] = [\n", files.len());
    for (index, file) in files.iter().enumerate() {
        let embed = |ending: &str, bytes: &[u8]| -> io::Result<String> {
            let path = out.join(format!("asset-{index}.{ending}"));
            fs::write(&path, bytes)?;
            Ok(format!("include_bytes!({:?})", path.display().to_string()))
        };
        let gzip = embed("gz", &gzip(&file.bytes, optimised)?)?;
        let brotli = if optimised {
            let small = brotli(&file.bytes)?;
            budget::hold(&file.path, &small)?;
            format!("Some({})", embed("br", &small)?)
        } else {
            "None".to_owned()
        };
        let mut hasher = DefaultHasher::new();
        file.bytes.hash(&mut hasher);
        let (path, content_type, immutable, tag) = (&file.path, file.content_type, file.immutable, hasher.finish());
        // A weak tag, as it stands for each of the encodings (RFC 9110 section 8.8.1).
        let asset = format!(
            "Asset {{ path: {path:?}, content_type: {content_type:?}, etag: \"W/\\\"{tag:016x}\\\"\", immutable: {immutable}, \
             gzip: {gzip}, brotli: {brotli}, identity: OnceLock::new() }},\n"
        );
        source.push_str(&asset);
    }
    source.push_str("];\n");
    fs::write(out.join("page.rs"), source)
}

fn gzip(bytes: &[u8], small: bool) -> io::Result<Vec<u8>> {
    let level = if small { flate2::Compression::best() } else { flate2::Compression::fast() };
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut compressed, &parameters)?;
    Ok(compressed)
}
