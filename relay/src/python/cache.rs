//! The runtime on disk: in the user's directory for what can be fetched again, written whole or not at all.
//!
//! The runtime is a directory of its own: the files, each in every coding that is worth it, and a list of them with their hashes. It is made beside its place under a name of its own
//! and then renamed, so that what stands in its place is whole.

use std::{
    env, fs,
    fs::{DirBuilder, File as DiskFile},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    archive::Unpacked,
    compress,
    pinned::{FILES, Integrity, PACKAGE, VERSION, Wanted},
    runtime::{Coding, Encoded, File, Runtime, sha256},
};
use crate::Token;

/// The list of the files.
const LIST: &str = "files.json";

/// The longest list that is read, in bytes; one has 2 KB.
const MAX_LIST_BYTES: u64 = 64 << 10;

/// How the name of a runtime begins that is being made.
const UNFINISHED: &str = "unfinished-";

/// After how long what was never finished is swept away: its relay has ended.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

#[derive(Deserialize, Serialize)]
struct List {
    /// That of the package which the files are from.
    integrity: String,
    files: Vec<Listed>,
}

#[derive(Deserialize, Serialize)]
struct Listed {
    name: String,
    coding: String,
    bytes: u64,
    sha256: String,
}

/// A directory for runtimes, which need not be there yet.
#[derive(Clone, Debug)]
pub(super) struct Cache(PathBuf);

impl Cache {
    /// The `chosen` directory, or else the user's; `None` where no home directory is known.
    pub(super) fn find(chosen: Option<&Path>) -> Option<Self> {
        chosen.map(Path::to_owned).or_else(|| Some(user_caches()?.join("tcp-playground"))).map(Self)
    }

    /// Where the runtime is, if it is there.
    pub(super) fn place(&self) -> PathBuf {
        self.0.join(format!("{PACKAGE}-{VERSION}"))
    }

    /// The runtime of the package with this hash, if it is there and all its files have their sizes. Blocks for a moment.
    pub(super) fn look(&self, integrity: &Integrity) -> Option<Runtime> {
        let place = self.place();
        let list = read_list(&place).ok().filter(|list| list.integrity == integrity.to_string())?;
        let files = FILES.iter().map(|wanted| listed(&place, wanted, &list)).collect::<Option<Vec<_>>>()?;
        Some(Runtime::new(place, files))
    }

    /// Writes the runtime, unless another process has done so meanwhile. Blocks for seconds, most of which it compresses.
    pub(super) fn store(&self, integrity: &Integrity, unpacked: &[Unpacked]) -> io::Result<Runtime> {
        fs::create_dir_all(&self.0)?;
        self.sweep();
        let unfinished = Unfinished::new(&self.0)?;
        let mut list = List { integrity: integrity.to_string(), files: Vec::new() };
        for file in unpacked {
            write_codings(&unfinished.0, file, &mut list)?;
        }
        write(&unfinished.0.join(LIST), &serde_json::to_vec_pretty(&list)?)?;
        let place = self.place();
        if self.look(integrity).is_none() {
            match fs::remove_dir_all(&place) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            // Where another process was faster by so little, its runtime is as good.
            if let Err(error) = fs::rename(&unfinished.0, &place)
                && self.look(integrity).is_none()
            {
                return Err(error);
            }
        }
        self.look(integrity).ok_or_else(|| io::Error::other("what was written is not there"))
    }

    /// Lets nobody find this runtime any more, which is not what it was.
    pub(super) fn forget(runtime: &Runtime) -> io::Result<()> {
        fs::remove_file(runtime.directory().join(LIST))
    }

    /// Deletes what ended relays have left unfinished. That some of it stays does no harm.
    fn sweep(&self) {
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let is_ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED));
            let age = entry.metadata().and_then(|metadata| metadata.modified()).ok().and_then(|modified| modified.elapsed().ok());
            if is_ours && age.is_some_and(|age| age > ABANDONED_AFTER) {
                remove(&entry.path());
            }
        }
    }
}

/// The user's directory for what can be fetched again: as the XDG Base Directory Specification, macOS and Windows have it.
fn user_caches() -> Option<PathBuf> {
    let variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || env::home_dir().filter(|home| home.is_absolute());
    if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        Some(home()?.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| Some(home()?.join(".cache")))
    }
}

fn read_list(place: &Path) -> io::Result<List> {
    let mut text = String::new();
    DiskFile::open(place.join(LIST))?.take(MAX_LIST_BYTES).read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

/// A file as it is listed. Its name is ours and not the list's, which is used as no path.
fn listed(place: &Path, wanted: &'static Wanted, list: &List) -> Option<File> {
    let encoded = Coding::ALL.into_iter().filter_map(|coding| {
        let listed = list.files.iter().find(|file| file.name == wanted.name && file.coding == coding.name())?;
        let path = path(place, wanted, coding);
        let is_whole = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file() && metadata.len() == listed.bytes);
        is_whole.then(|| Encoded::new(coding, path, listed.sha256.clone()))
    });
    let encoded: Vec<Encoded> = encoded.collect();
    let has_itself = encoded.last().is_some_and(|last| last.coding == Coding::Identity);
    has_itself.then_some(File { wanted, encoded })
}

fn path(place: &Path, wanted: &Wanted, coding: Coding) -> PathBuf {
    place.join(format!("{}{}", wanted.name, coding.suffix()))
}

fn write_codings(directory: &Path, file: &Unpacked, list: &mut List) -> io::Result<()> {
    for coding in Coding::ALL {
        let encoded = match coding {
            Coding::Brotli => compress::brotli(&file.bytes)?,
            Coding::Gzip => compress::gzip(&file.bytes)?,
            Coding::Identity => None,
        };
        if encoded.is_none() && coding != Coding::Identity {
            continue;
        }
        let bytes = encoded.as_deref().unwrap_or(&file.bytes);
        write(&path(directory, file.wanted, coding), bytes)?;
        let (name, coding) = (file.wanted.name.to_owned(), coding.name().to_owned());
        list.files.push(Listed { name, coding, bytes: bytes.len() as u64, sha256: sha256(bytes) });
    }
    Ok(())
}

/// Writes a new file down to the disk, so that no rename is there before it.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = DiskFile::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A directory in which a runtime is being made. It is deleted when it is dropped, unless it was renamed.
struct Unfinished(PathBuf);

impl Unfinished {
    fn new(parent: &Path) -> io::Result<Self> {
        // Not the token of the run: a name that nobody has taken.
        let directory = parent.join(format!("{UNFINISHED}{}", Token::random()?));
        DirBuilder::new().create(&directory)?;
        Ok(Self(directory))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if self.0.exists() {
            remove(&self.0);
        }
    }
}

fn remove(directory: &Path) {
    if let Err(error) = fs::remove_dir_all(directory) {
        tracing::warn!(directory = %directory.display(), %error, "what is left of fetching Python cannot be deleted");
    }
}
