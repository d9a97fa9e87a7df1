//! CPython's own tests, from the packages in which Debian ships them. They are no part of this tree: they come into `target/cpython` and go into the page from there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::relay_process::root;

/// The suite of Debian that has the Python of the page; it need not be the machine's own.
const SUITE: &str = "forky";

/// The tests themselves, and the package `test` with what they share.
const PACKAGES: &[&str] = &["libpython3.14-testsuite", "libpython3.14-stdlib"];

const KEYS: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// What of `Lib/test` the page is given.
const WANTED: &[&str] = &[
    "__init__.py",
    // Read when the tests of asyncio are imported.
    "certdata",
    "support",
    "test_asyncio",
    "test_epoll.py",
    "test_httplib.py",
    "test_poll.py",
    "test_select.py",
    "test_selectors.py",
    "test_socket.py",
    "test_socketserver.py",
];

/// Tests, as the page gets them.
pub(crate) struct Tests {
    /// Whose they are.
    pub(crate) of: String,
    /// A tar with the package `test`.
    pub(crate) archive: Vec<u8>,
}

/// The tests of the variable `TCP_PLAYGROUND_CPYTHON_LIB`, or Debian's.
pub(crate) fn tests() -> Tests {
    let (of, library) = std::env::var_os("TCP_PLAYGROUND_CPYTHON_LIB")
        .map_or_else(fetched, |library| (library.to_string_lossy().into_owned(), PathBuf::from(library)));
    let folder = library.join("test");
    assert!(folder.is_dir(), "there are no tests in {}", folder.display());
    let mut archive = tar::Builder::new(vec![]);
    for name in WANTED {
        let (path, place) = (folder.join(name), Path::new("test").join(name));
        let added = if path.is_dir() { archive.append_dir_all(place, &path) } else { archive.append_path_with_name(&path, place) };
        added.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    Tests { of, archive: archive.into_inner().expect("it is written to memory") }
}

/// Fetches the packages with apt, whose lists and settings for this lie below `target`, and unpacks them; returns their version and where `Lib` is.
fn fetched() -> (String, PathBuf) {
    let directory = root().join("target/cpython");
    let version_file = directory.join("version");
    let library = directory.join("usr/lib/python3.14");
    if let Ok(version) = fs::read_to_string(&version_file) {
        return (version, library);
    }
    for part in ["lists/partial", "cache/archives/partial"] {
        fs::create_dir_all(directory.join(part)).expect("target can be written to");
    }
    let source = format!("deb [signed-by={KEYS}] http://deb.debian.org/debian {SUITE} main\n");
    fs::write(directory.join("sources.list"), source).expect("target can be written to");
    apt(&directory, &["update"]);
    apt(&directory, &[&["download"], PACKAGES].concat());
    let mut version = String::new();
    for entry in fs::read_dir(&directory).expect("it was made above") {
        let path = entry.expect("it can be read").path();
        if path.extension().is_some_and(|extension| extension == "deb") {
            run(Command::new("dpkg-deb").arg("-x").arg(&path).arg(&directory));
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            version = name.split('_').nth(1).unwrap_or_default().to_owned();
        }
    }
    let version = format!("Debian's {} {version}", PACKAGES[0]);
    fs::write(&version_file, &version).expect("target can be written to");
    (version, library)
}

fn apt(directory: &Path, arguments: &[&str]) {
    let place = |option: &str, part: &str| format!("{option}={}", directory.join(part).display());
    let options = [
        place("Dir::Etc::sourcelist", "sources.list"),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        place("Dir::State::lists", "lists"),
        place("Dir::Cache", "cache"),
        "Dir::State::status=/dev/null".to_owned(),
        // They may lie where apt's own user cannot write.
        "APT::Sandbox::User=".to_owned(),
    ];
    let options = options.iter().flat_map(|option| ["-o", option]);
    run(Command::new("apt-get").args(["-q", "-q"]).args(options).args(arguments).current_dir(directory));
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output =
        output.unwrap_or_else(|error| panic!("{command:?}: {error}; without Debian's tools name a Lib by TCP_PLAYGROUND_CPYTHON_LIB"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
