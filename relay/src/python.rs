//! Python for the page: CPython compiled to WebAssembly, fetched from the npm registry when a page first wants it, and kept for the next time.
//!
//! What a page makes of it is not in the relay. [`Python`] is what there is of it and what is being done about it; one after the other these do it:
//!
//! ```text
//! registry (where) ─▶ download (whole, in memory) ─▶ pinned (is it that?) ─▶ archive (its files) ─▶ compress ─▶ cache (on disk) ─▶ runtime, routes (to pages)
//! ```

mod archive;
mod cache;
mod compress;
mod download;
mod failure;
mod pinned;
mod registry;
pub(crate) mod routes;
mod runtime;

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use tokio::{
    sync::{Mutex, Notify, watch},
    task,
};

use self::{cache::Cache, pinned::MAX_ARCHIVE_BYTES, registry::Registry};
pub use self::{
    failure::FetchError,
    pinned::{BadIntegrity, Integrity},
    runtime::Runtime,
};

/// Where Python comes from and is kept. [`Default`] is the pinned package, from where npm is configured to look, in the user's cache.
#[derive(Clone, Debug, Default)]
pub struct PythonOptions {
    /// The registry, instead of that which npm is configured for.
    pub registry: Option<String>,
    /// The directory that it is kept in, instead of the user's cache.
    pub cache: Option<PathBuf>,
    /// The hash that the package must have.
    pub integrity: Integrity,
}

/// How it stands with the runtime.
#[derive(Clone, Debug)]
pub enum PythonState {
    /// It is not here.
    Absent,
    /// It comes.
    Fetching {
        /// How many bytes of the package are here.
        done_bytes: u64,
        /// How many there will be, where the registry tells.
        total_bytes: Option<u64>,
    },
    /// It is here, and is made ready.
    Unpacking {
        /// The size of the package.
        total_bytes: u64,
    },
    /// It is here.
    Ready(Runtime),
    /// It could not be fetched.
    Failed(Arc<FetchError>),
}

impl PythonState {
    /// Whether there is nothing, and nothing comes.
    fn is_idle(&self) -> bool {
        matches!(self, Self::Absent | Self::Failed(_))
    }
}

/// The runtime of a relay, or of `relay fetch-python`.
#[derive(Debug)]
pub struct Python {
    options: PythonOptions,
    cache: Option<Cache>,
    state: watch::Sender<PythonState>,
    /// Somebody wants it.
    wanted: Notify,
    /// Held while it is fetched.
    turn: Mutex<()>,
}

impl Python {
    /// What these options say. Nothing is looked at yet, and nothing fetched.
    pub fn new(options: PythonOptions) -> Self {
        let cache = Cache::find(options.cache.as_deref());
        Self { options, cache, state: watch::Sender::new(PythonState::Absent), wanted: Notify::new(), turn: Mutex::new(()) }
    }

    /// The version that is fetched.
    pub fn version() -> &'static str {
        pinned::VERSION
    }

    /// How it stands, as it changes.
    pub fn watch(&self) -> watch::Receiver<PythonState> {
        self.state.subscribe()
    }

    /// How it stands. Where there is nothing the disk is looked at: another process may have fetched it meanwhile.
    pub async fn look(&self) -> PythonState {
        let state = self.state.borrow().clone();
        if !state.is_idle() {
            return state;
        }
        let Some(runtime) = self.cached().await else { return state };
        self.state.send_if_modified(|state| {
            let is_news = state.is_idle();
            if is_news {
                *state = PythonState::Ready(runtime);
            }
            is_news
        });
        self.state.borrow().clone()
    }

    /// Fetches it, unless it is here. One call at a time does so; others wait for it and fetch again only if it failed.
    ///
    /// # Errors
    ///
    /// It cannot be had, or cannot be kept.
    pub async fn fetch(&self) -> Result<Runtime, Arc<FetchError>> {
        let _turn = self.turn.lock().await;
        if let Some(runtime) = self.cached().await {
            self.state.send_replace(PythonState::Ready(runtime.clone()));
            return Ok(runtime);
        }
        let downloaded = async {
            let registry = Registry::find(self.options.registry.as_deref())?;
            tracing::info!(%registry, version = pinned::VERSION, "fetching Python");
            let told = |done_bytes, total_bytes| {
                self.state.send_replace(PythonState::Fetching { done_bytes, total_bytes });
            };
            download::download(&registry, told).await
        };
        let fetched = match downloaded.await {
            Ok(archive) => self.keep(archive).await,
            Err(error) => Err(error),
        };
        self.conclude(fetched)
    }

    /// Takes it from a file: the package as it comes from the registry. What is in the cache is not looked at.
    ///
    /// # Errors
    ///
    /// The file is something else, or what it holds cannot be kept.
    pub async fn take(&self, file: &Path) -> Result<Runtime, Arc<FetchError>> {
        let _turn = self.turn.lock().await;
        let path = file.to_owned();
        let read = task::spawn_blocking(move || read(&path)).await;
        let taken = match read.unwrap_or_else(|error| Err(FetchError::Disk(error.into()))) {
            Ok(archive) => self.keep(archive).await,
            Err(error) => Err(error),
        };
        self.conclude(taken)
    }

    /// Where the package would come from, without what is secret of it.
    ///
    /// # Errors
    ///
    /// What is configured is no registry.
    pub fn origin(&self) -> Result<String, FetchError> {
        Registry::find(self.options.registry.as_deref()).map(|registry| registry.to_string())
    }

    /// Has [`Self::fetch_when_wanted`] fetch it, unless it is here or on its way; says how it stands then.
    fn want(&self) -> PythonState {
        let begins = self.state.send_if_modified(|state| {
            let begins = state.is_idle();
            if begins {
                *state = PythonState::Fetching { done_bytes: 0, total_bytes: None };
            }
            begins
        });
        if begins {
            self.wanted.notify_one();
        }
        self.state.borrow().clone()
    }

    /// Fetches it whenever a page wants it. Never returns.
    pub(crate) async fn fetch_when_wanted(&self) {
        loop {
            self.wanted.notified().await;
            if let Err(error) = self.fetch().await {
                tracing::warn!(%error, remedy = error.remedy(), "Python could not be fetched");
            }
        }
    }

    /// The runtime turned out to be damaged: nobody gets it any more, and it can be fetched again.
    async fn lose(&self, damaged: &Runtime) {
        let runtime = damaged.clone();
        let forgotten = task::spawn_blocking(move || Cache::forget(&runtime)).await;
        if let Ok(Err(error)) = forgotten {
            tracing::debug!(%error, "what is damaged of Python stays on disk");
        }
        self.state.send_if_modified(|state| {
            let is_it = matches!(&*state, PythonState::Ready(runtime) if runtime.is(damaged));
            if is_it {
                *state = PythonState::Absent;
            }
            is_it
        });
    }

    async fn cached(&self) -> Option<Runtime> {
        let (cache, integrity) = (self.cache.clone()?, self.options.integrity.clone());
        task::spawn_blocking(move || cache.look(&integrity)).await.ok().flatten()
    }

    /// Unpacks and keeps an archive, if it is the right one.
    async fn keep(&self, archive: Vec<u8>) -> Result<Runtime, FetchError> {
        self.state.send_replace(PythonState::Unpacking { total_bytes: archive.len() as u64 });
        let cache = self.cache.clone().ok_or(FetchError::NoCache)?;
        let integrity = self.options.integrity.clone();
        let kept = task::spawn_blocking(move || {
            if !integrity.matches(&archive) {
                return Err(FetchError::NotThePackage(integrity));
            }
            let unpacked = archive::unpack(&archive)?;
            cache.store(&integrity, &unpacked).map_err(FetchError::Disk)
        });
        kept.await.unwrap_or_else(|error| Err(FetchError::Disk(error.into())))
    }

    fn conclude(&self, fetched: Result<Runtime, FetchError>) -> Result<Runtime, Arc<FetchError>> {
        let fetched = fetched.map_err(Arc::new);
        self.state.send_replace(match &fetched {
            Ok(runtime) => PythonState::Ready(runtime.clone()),
            Err(error) => PythonState::Failed(Arc::clone(error)),
        });
        fetched
    }
}

/// A file that may be the package; what is too large is not read.
fn read(path: &Path) -> Result<Vec<u8>, FetchError> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_ARCHIVE_BYTES + 1).read_to_end(&mut bytes));
    read.map_err(|error| FetchError::File(path.to_owned(), error))?;
    if bytes.len() as u64 > MAX_ARCHIVE_BYTES { Err(FetchError::TooLarge) } else { Ok(bytes) }
}
