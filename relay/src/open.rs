//! `--open`: the page in the browser. Every user of a machine sees the arguments of every program (`ps`), so the address, which holds the token, is in none: the browser is told
//! to open a file that leads on to it, and that only its owner can read.

use std::{
    env,
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use relay::Token;

/// How long the file is there for the browser, which may have to start first.
pub(crate) const KEPT: Duration = Duration::from_secs(60);

/// A file that leads to the page, in a directory of its own. Both are deleted when it is dropped.
pub(crate) struct Redirect {
    directory: PathBuf,
}

impl Redirect {
    /// Writes one that leads to `address`.
    ///
    /// # Errors
    ///
    /// There is nowhere to write to.
    pub(crate) fn to(address: &str) -> io::Result<Self> {
        let mut written = Err(io::ErrorKind::NotFound.into());
        for place in places() {
            written = Self::in_place(&place, address);
            if written.is_ok() {
                break;
            }
        }
        written
    }

    /// Lets the browser open it, and says so on standard error where there is none. A browser of the terminal is run to its end, which a thread of its own waits for.
    pub(crate) fn open(&self) {
        let file = self.file();
        tokio::task::spawn_blocking(move || {
            let opened = file.to_str().ok_or(io::ErrorKind::InvalidFilename.into()).and_then(webbrowser::open);
            if let Err(error) = opened {
                say(&format!("no browser could be opened ({error})"));
            }
        });
    }

    fn in_place(place: &Path, address: &str) -> io::Result<Self> {
        // Not the token of the run: a name that nobody can have taken before.
        let directory = place.join(format!("tcp-playground-{}", Token::random()?));
        private_directory().create(&directory)?;
        let redirect = Self { directory };
        private_file().open(redirect.file())?.write_all(page(address).as_bytes())?;
        Ok(redirect)
    }

    fn file(&self) -> PathBuf {
        self.directory.join("open.html")
    }
}

impl Drop for Redirect {
    fn drop(&mut self) {
        let removed = fs::remove_file(self.file()).and(fs::remove_dir(&self.directory));
        if let Err(error) = removed {
            tracing::warn!(directory = %self.directory.display(), %error, "what led the browser to the page cannot be deleted");
        }
    }
}

/// Says why no browser opens, and what to do.
pub(crate) fn say(why: &str) {
    // Where standard error is gone there is nobody left to tell.
    writeln!(io::stderr(), "relay: {why}; open the address above in one").ok();
}

/// Where the file may be, the best place first.
///
/// Temporary files are one's own on macOS and Windows. Elsewhere all users share their directory, and browsers in a sandbox (snap) have another one; what such a browser
/// can read is the home directory, as far as a name does not begin with a dot.
fn places() -> Vec<PathBuf> {
    let home = if cfg!(any(windows, target_os = "macos")) { None } else { env::home_dir() };
    home.into_iter().filter(|home| home.is_absolute()).chain([env::temp_dir()]).collect()
}

fn private_directory() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    // On Windows a directory is as private as the one that it is in, which is its user's.
    #[cfg(not(unix))]
    builder.recursive(false);
    builder
}

fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A page that leads to `address` at once. An address has no letter that means something in HTML.
fn page(address: &str) -> String {
    format!(
        "<!doctype html>\n<meta charset=\"utf-8\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>TCP Playground</title>\n\
         <meta http-equiv=\"refresh\" content=\"0;url={address}\">\n<p>Your browser should go on to <a href=\"{address}\">TCP Playground</a>.\n"
    )
}
