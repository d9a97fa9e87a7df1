//! Where Python comes from, among the command's arguments: those of the relay, and of `relay fetch-python`.

use std::path::PathBuf;

use relay::{Integrity, PythonOptions};

/// Where Python for scripts in the page comes from, and where it is kept.
#[derive(clap::Args)]
#[command(next_help_heading = "Python in the page")]
pub(crate) struct PythonSource {
    /// Fetch Python from this npm registry [default: the one that npm is configured for]
    #[arg(long, value_name = "URL")]
    npm_registry: Option<String>,

    /// Keep Python in this directory [default: the user's directory for caches]
    #[arg(long, value_name = "DIRECTORY")]
    python_cache: Option<PathBuf>,

    /// The hash of another package than that which this relay was made for: the tests have small ones of their own
    #[arg(long, value_name = "SHA512", hide = true)]
    python_integrity: Option<Integrity>,
}

impl PythonSource {
    /// What was chosen.
    pub(crate) fn options(&self) -> PythonOptions {
        PythonOptions {
            registry: self.npm_registry.clone(),
            cache: self.python_cache.clone(),
            integrity: self.python_integrity.clone().unwrap_or_default(),
        }
    }
}
