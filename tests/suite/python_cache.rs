//! The real Python for the page, fetched by `relay fetch-python` once for the whole suite and kept in `target/python-cache` for the next run of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::OnceCell;

use crate::certificate::text;
use crate::relay_process::{RelayProcess, command, root};

/// How long the package may take from the registry, and to be compressed.
const FETCH_TIME: Duration = Duration::from_secs(110);

/// The directory, for `--python-cache`.
pub(crate) async fn python_cache() -> &'static Path {
    static CACHE: OnceCell<PathBuf> = OnceCell::const_new();
    CACHE.get_or_init(fetched).await
}

/// A relay that has Python ready, with these arguments beside.
pub(crate) async fn relay_with_python(arguments: &[&str]) -> RelayProcess {
    let cache = ["--python-cache", text(python_cache().await)];
    RelayProcess::start_with(&[&cache[..], arguments].concat()).await
}

async fn fetched() -> PathBuf {
    let directory = root().join("target/python-cache");
    let mut command = command();
    command.args(["fetch-python", "--python-cache"]).arg(&directory);
    let output = tokio::time::timeout(FETCH_TIME, command.output()).await;
    let output = output.unwrap_or_else(|_| panic!("{FETCH_TIME:?} passed, and Python is not fetched")).expect("it starts");
    assert!(output.status.success(), "the tests need a registry of npm: {}", String::from_utf8_lossy(&output.stderr));
    directory
}
