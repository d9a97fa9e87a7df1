//! A small registry of npm packages, and packages for it that look like the runtime's: what a relay fetches in tests of fetching.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use ring::digest::{SHA512, digest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::certificate::directory;
use crate::relay_process::{RelayProcess, command};

/// The files that a page loads, as the real package has them.
pub(crate) const FILES: [&str; 5] = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json"];

/// A package, and the hash that a registry tells of it.
#[derive(Clone)]
pub(crate) struct Package {
    pub(crate) bytes: Vec<u8>,
    pub(crate) integrity: String,
}

impl Package {
    /// One with all files of the runtime. Each holds its own name, a thousand times.
    pub(crate) fn small() -> Self {
        Self::with(&[])
    }

    /// The same with further files.
    pub(crate) fn with(others: &[(&str, &[u8])]) -> Self {
        let own = FILES.map(|name| (format!("package/{name}"), contents(name)));
        let own = own.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
        Self::of(&own.chain(others.iter().copied()).collect::<Vec<_>>())
    }

    /// One with these files alone, at these paths.
    pub(crate) fn of(files: &[(&str, &[u8])]) -> Self {
        let mut builder = tar::Builder::new(GzEncoder::new(vec![], Compression::fast()));
        for (path, bytes) in files {
            let mut header = tar::Header::new_ustar();
            // The safe way to set a path refuses what an archive of bad intent may have.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder.append(&header, *bytes).expect("memory can be written to");
        }
        let bytes = builder.into_inner().and_then(GzEncoder::finish).expect("memory can be written to");
        let integrity = format!("sha512-{}", STANDARD.encode(digest(&SHA512, &bytes)));
        Self { bytes, integrity }
    }
}

/// What a file of [`Package::small`] holds.
pub(crate) fn contents(name: &str) -> Vec<u8> {
    format!("{name}\n").repeat(1000).into_bytes()
}

/// What the registry does with a request.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Gives these bytes, with their number.
    Whole(Vec<u8>),
    /// Promises these bytes, gives so many and ends.
    Cut(Vec<u8>, usize),
    /// Gives so many of these bytes, and the rest when it is told to.
    Held(Vec<u8>, usize, Arc<Notify>),
    /// Gives these bytes again and again, and never says how many.
    Endless(Vec<u8>),
    /// A status and no body.
    Status(u16),
    /// Sends the client on.
    Elsewhere(String),
}

/// A registry on a free port. Ends when dropped.
pub(crate) struct Registry {
    pub(crate) url: String,
    heads: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Registry {
    /// One that answers so, one request after the other; from then on as to the last.
    pub(crate) async fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        Self::serve(listener, answers)
    }

    /// The same where somebody listens already.
    pub(crate) fn serve(listener: TcpListener, answers: &[Answer]) -> Self {
        let url = format!("http://{}/npm/", listener.local_addr().expect("it is bound"));
        let heads = Arc::new(Mutex::new(vec![]));
        let (kept, answers) = (Arc::clone(&heads), answers.to_vec());
        let server = tokio::spawn(async move {
            let mut count = 0;
            while let Ok((mut stream, _)) = listener.accept().await {
                let Some(head) = read_head(&mut stream).await else { continue };
                if let Ok(mut heads) = kept.lock() {
                    heads.push(head);
                }
                let answer = answers.get(count).or(answers.last()).cloned();
                count += 1;
                tokio::spawn(async move { give(&mut stream, answer?).await.ok() });
            }
        });
        Self { url, heads, server }
    }

    /// The heads of the requests so far.
    pub(crate) fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no panic holds it").clone()
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = vec![];
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

async fn give(stream: &mut TcpStream, answer: Answer) -> std::io::Result<()> {
    let promise = |bytes: &[u8]| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len());
    match answer {
        Answer::Whole(bytes) => stream.write_all(&[promise(&bytes).as_bytes(), &bytes].concat()).await,
        Answer::Cut(bytes, count) => stream.write_all(&[promise(&bytes).as_bytes(), &bytes[..count]].concat()).await,
        Answer::Held(bytes, count, go_on) => {
            stream.write_all(&[promise(&bytes).as_bytes(), &bytes[..count]].concat()).await?;
            go_on.notified().await;
            stream.write_all(&bytes[count..]).await
        }
        Answer::Endless(bytes) => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await?;
            loop {
                stream.write_all(&bytes).await?;
            }
        }
        Answer::Status(status) => {
            let head = format!("HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await
        }
        Answer::Elsewhere(url) => {
            let head = format!("HTTP/1.1 302 Found\r\nLocation: {url}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(head.as_bytes()).await
        }
    }
}

/// Where a relay under test keeps Python, and which package it takes for it.
pub(crate) struct Place {
    pub(crate) cache: PathBuf,
    integrity: String,
}

impl Place {
    /// An empty cache of the test's own, for this package.
    pub(crate) fn new(name: &str, package: &Package) -> Self {
        Self { cache: directory(name), integrity: package.integrity.clone() }
    }

    /// The same cache, for another package.
    pub(crate) fn with(&self, package: &Package) -> Self {
        Self { cache: self.cache.clone(), integrity: package.integrity.clone() }
    }

    /// A cache below this one, for the same package.
    pub(crate) fn below(&self, name: &str) -> Self {
        Self { cache: self.cache.join(name), integrity: self.integrity.clone() }
    }

    /// Where the files of the runtime lie when they are there.
    pub(crate) fn runtime(&self) -> PathBuf {
        self.cache.join("pyodide-314.0.7")
    }

    /// A command with the options for it, and no proxy between it and this machine.
    pub(crate) fn command(&self, arguments: &[&str]) -> tokio::process::Command {
        let mut command = command();
        for name in [
            "npm_config_registry",
            "NPM_CONFIG_REGISTRY",
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            command.env_remove(name);
        }
        command.env("npm_config_userconfig", self.cache.join(".npmrc"));
        command.args(arguments).arg("--python-cache").arg(&self.cache).args(["--python-integrity", &self.integrity]);
        command
    }

    /// A relay that would fetch from this registry.
    pub(crate) async fn relay(&self, registry: &str) -> RelayProcess {
        RelayProcess::run(self.command(&["--port", "0", "--npm-registry", registry])).await
    }

    /// The names in the cache.
    pub(crate) fn names(&self) -> Vec<String> {
        names(&self.cache)
    }
}

/// The names of what is in a directory, in their order.
pub(crate) fn names(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("it can be read");
    let mut names: Vec<String> = entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
