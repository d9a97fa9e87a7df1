//! Why the runtime could not be fetched, and what can be done about it.

use std::{fmt, io, path::PathBuf};

use super::pinned::{Integrity, MAX_ARCHIVE_BYTES, MAX_UNPACKED_BYTES, PACKAGE, VERSION};

/// Why there is no runtime.
///
/// [`Display`](fmt::Display) says it in one sentence that any page may read: it names the registry's host, and no path of this machine.
#[derive(Debug)]
pub enum FetchError {
    /// What is configured as the registry is no address of one.
    BadRegistry(String),
    /// Nobody answered, or the answer broke off, again and again.
    Unreachable {
        /// The registry's host.
        host: String,
        /// What went wrong the last time.
        reason: String,
    },
    /// The registry answered, but not with the package.
    Refused {
        /// The registry's host.
        host: String,
        /// The status of HTTP.
        status: u16,
    },
    /// The package is another one, or a damaged one.
    NotThePackage(Integrity),
    /// The package is larger than can be.
    TooLarge,
    /// The right package holds something unexpected.
    BadArchive(String),
    /// The file of `relay fetch-python --from` cannot be read.
    File(PathBuf, io::Error),
    /// The cache cannot be written to.
    Disk(io::Error),
    /// This user has no directory for what can be fetched again.
    NoCache,
}

impl FetchError {
    /// What kind of trouble it is: `network`, `package` or `disk`.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::BadRegistry(_) | Self::Unreachable { .. } | Self::Refused { .. } => "network",
            Self::NotThePackage(_) | Self::TooLarge | Self::BadArchive(_) => "package",
            Self::File(..) | Self::Disk(_) | Self::NoCache => "disk",
        }
    }

    /// What can be done, in one sentence or two.
    pub fn remedy(&self) -> String {
        let file = format!("{PACKAGE}-{VERSION}.tgz");
        match self {
            Self::BadRegistry(_) => "name one as in `relay fetch-python --npm-registry https://registry.npmjs.org/`".to_owned(),
            Self::Unreachable { .. } => format!(
                "run `relay fetch-python` once while there is internet (HTTPS_PROXY names a proxy); for a computer that never has any, \
                 bring https://registry.npmjs.org/{PACKAGE}/-/{file} from another one and run `relay fetch-python --from {file}`"
            ),
            Self::Refused { status: 401 | 403, .. } => {
                "put the registry's _authToken into ~/.npmrc, as for npm itself, or run `relay fetch-python --npm-registry URL` with another registry".to_owned()
            }
            Self::Refused { .. } => "run `relay fetch-python --npm-registry URL` with a registry that has it, such as https://registry.npmjs.org/".to_owned(),
            Self::NotThePackage(_) | Self::TooLarge | Self::BadArchive(_) => format!(
                "run `relay fetch-python` again, with --npm-registry https://registry.npmjs.org/ or --from {file} if the registry or a proxy changes packages"
            ),
            Self::File(..) => format!("name the package as it comes from the registry: `relay fetch-python --from {file}`"),
            Self::Disk(_) | Self::NoCache => {
                "run `relay fetch-python --python-cache DIRECTORY` with a directory that can be written to, and start the relay with the same option".to_owned()
            }
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadRegistry(why) => write!(f, "the configured npm registry cannot be used: {why}"),
            Self::Unreachable { host, reason } => write!(f, "the npm registry at {host} cannot be reached: {reason}"),
            Self::Refused { host, status } => {
                write!(f, "the npm registry at {host} does not give {PACKAGE} {VERSION}: it answers with status {status}")
            }
            Self::NotThePackage(integrity) => write!(f, "what came is not {PACKAGE} {VERSION}: its hash is not {integrity}"),
            Self::TooLarge => {
                write!(
                    f,
                    "what came is too large: more than {} MiB packed or {} MiB unpacked",
                    MAX_ARCHIVE_BYTES >> 20,
                    MAX_UNPACKED_BYTES >> 20
                )
            }
            Self::BadArchive(what) => write!(f, "the package is not as it should be: {what}"),
            Self::File(_, error) => write!(f, "the file cannot be read: {error}"),
            Self::Disk(error) => write!(f, "the cache cannot be written: {error}"),
            Self::NoCache => f.write_str("there is no directory for caches: no home directory is known"),
        }
    }
}

impl std::error::Error for FetchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(_, error) | Self::Disk(error) => Some(error),
            _ => None,
        }
    }
}
