//! The `data-trunk` links of `index.html`, as far as this page uses them.

use std::io;

use crate::{split, wasm};

/// One `<link data-trunk …>`, on a line of its own.
pub(crate) struct Link<'a> {
    tag: &'a str,
    kind: Kind,
    href: &'a str,
}

#[derive(Clone, Copy)]
enum Kind {
    Rust,
    Css,
    Icon,
    /// A file that the page asks for by its name.
    File,
    /// A folder of them.
    Folder,
}

impl Link<'_> {
    /// The file or the folder that it names, below the workspace; the crate is built and not copied.
    pub(crate) fn source(&self) -> Option<&str> {
        match self.kind {
            Kind::Rust => None,
            Kind::Css | Kind::Icon | Kind::File | Kind::Folder => Some(self.href),
        }
    }

    /// The name that it is served under.
    pub(crate) fn name(&self) -> &str {
        self.href.rsplit('/').next().unwrap_or(self.href)
    }
}

/// Finds the links.
pub(crate) fn links(template: &str) -> io::Result<Vec<Link<'_>>> {
    template.lines().map(str::trim).filter(|line| line.contains("data-trunk")).map(link).collect()
}

fn link(tag: &str) -> io::Result<Link<'_>> {
    let bad = |what: &str| io::Error::other(format!("index.html: {what}: {tag}"));
    if !(tag.starts_with("<link ") && tag.ends_with('>') && tag.matches('<').count() == 1) {
        return Err(bad("a data-trunk link stands on a line of its own"));
    }
    let kind = match attribute(tag, "rel") {
        Some("rust") => Kind::Rust,
        Some("css") => Kind::Css,
        Some("icon") => Kind::Icon,
        Some("copy-file") => Kind::File,
        Some("copy-dir") => Kind::Folder,
        _ => return Err(bad("the relay builds rel rust, css, icon, copy-file and copy-dir")),
    };
    let href = attribute(tag, "href").ok_or_else(|| bad("no href"))?;
    Ok(Link { tag, kind, href })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

/// The page's HTML, in which each link names the file that was made of it.
pub(crate) fn rewrite(template: &str, links: &[Link<'_>], folder: &str) -> String {
    links.iter().fold(template.to_owned(), |html, link| {
        let name = link.name();
        let tag = match link.kind {
            Kind::Rust => format!(
                "<link rel=\"modulepreload\" href=\"{folder}{}\"><link rel=\"modulepreload\" href=\"{folder}{}\"><link rel=\"preload\" as=\"fetch\" type=\"application/wasm\" crossorigin href=\"{folder}{}\">\
                 <script type=\"module\" src=\"{folder}{}\"></script>",
                wasm::GLUE,
                split::LOADER,
                wasm::WASM,
                wasm::START
            ),
            Kind::Css => format!("<link rel=\"stylesheet\" href=\"{folder}{name}\">"),
            Kind::Icon => format!("<link rel=\"icon\" href=\"{folder}{name}\">"),
            Kind::File | Kind::Folder => String::new(),
        };
        html.replace(link.tag, &tag)
    })
}
