//! The runtime that lies in the cache, and its files on their way to pages. Each is read when it is first asked for, compared with its hash, and kept in memory for everybody.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use hyper::{body::Bytes, header::HeaderValue};
use ring::digest::{SHA256, digest};
use tokio::{sync::OnceCell, task};

use super::pinned::Wanted;
use crate::{negotiation::accepts, response::Representation};

/// How the bytes of a file are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
    /// As they are.
    Identity,
}

impl Coding {
    /// All of them, the smallest first.
    pub(super) const ALL: [Self; 3] = [Self::Brotli, Self::Gzip, Self::Identity];

    /// Its name in `Content-Encoding`, and in the cache's list.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }

    /// What the name of a file in the cache ends with.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
            Self::Identity => "",
        }
    }
}

/// A file of the runtime.
pub(super) struct File {
    pub(super) wanted: &'static Wanted,
    /// The smallest first; its own bytes are always there, and last.
    pub(super) encoded: Vec<Encoded>,
}

/// A file of the runtime in one coding.
pub(super) struct Encoded {
    pub(super) coding: Coding,
    pub(super) path: PathBuf,
    pub(super) sha256: String,
    bytes: OnceCell<Bytes>,
}

impl Encoded {
    /// The file at `path`, which is to have this hash.
    pub(super) fn new(coding: Coding, path: PathBuf, sha256: String) -> Self {
        Self { coding, path, sha256, bytes: OnceCell::new() }
    }

    async fn bytes(&self) -> io::Result<Bytes> {
        let read = self.bytes.get_or_try_init(|| async {
            let (path, expected) = (self.path.clone(), self.sha256.clone());
            task::spawn_blocking(move || read_verified(&path, &expected)).await.map_err(io::Error::other)?
        });
        read.await.cloned()
    }
}

fn read_verified(path: &Path, expected: &str) -> io::Result<Bytes> {
    let bytes = fs::read(path)?;
    if sha256(&bytes) == expected { Ok(bytes.into()) } else { Err(io::Error::other("it is not what was written there")) }
}

/// The SHA-256 of `bytes` in hexadecimal digits.
pub(super) fn sha256(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The runtime in the cache. Clones share what was read of it.
#[derive(Clone)]
pub struct Runtime(Arc<Inner>);

struct Inner {
    directory: PathBuf,
    files: Vec<File>,
}

impl Runtime {
    pub(super) fn new(directory: PathBuf, files: Vec<File>) -> Self {
        Self(Arc::new(Inner { directory, files }))
    }

    /// Where it lies.
    pub fn directory(&self) -> &Path {
        &self.0.directory
    }

    /// Whether `other` is this very value.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The file of this name, in the smallest coding that `accept_encoding` permits; `None` where there is no such file. Cancel safe.
    ///
    /// # Errors
    ///
    /// It is no longer there, or no longer what it was.
    pub(super) async fn file(&self, name: &str, accept_encoding: &str) -> Option<io::Result<Representation>> {
        let file = self.0.files.iter().find(|file| file.wanted.name == name)?;
        let is_fit = |encoded: &&Encoded| encoded.coding == Coding::Identity || accepts(accept_encoding, encoded.coding.name());
        let encoded = file.encoded.iter().find(is_fit)?;
        let identity = file.encoded.last()?;
        // Weak, as it stands for each of the codings (RFC 9110 section 8.8.1).
        let etag = HeaderValue::from_str(&format!("W/\"{}\"", identity.sha256.get(..16)?)).ok()?;
        Some(encoded.bytes().await.map(|bytes| Representation {
            bytes,
            content_type: file.wanted.content_type,
            encoding: Some(encoded.coding.name()).filter(|_| encoded.coding != Coding::Identity),
            etag,
            immutable: true,
        }))
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Runtime").field(&self.0.directory).finish()
    }
}
