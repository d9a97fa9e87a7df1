//! The Python packages that the tests use: put into `target/python`, where they disturb no other Python.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The packages, pinned: another version may behave differently. The first speaks the wire; of the second only the axe-core in it is used, which looks at the page
/// with the eyes of WCAG.
const PACKAGES: [&str; 2] = ["websockets==15.0.1", "axe-playwright-python==0.1.8"];

/// Makes sure that they are there.
///
/// # Errors
///
/// They could not be installed; the text says why, and what to do.
pub(crate) fn ensure_packages() -> Result<(), String> {
    let target = target_directory()?;
    let packages = target.join("python");
    if is_there(&packages) {
        return Ok(());
    }
    eprintln!("Installing {} into {}", PACKAGES.join(" and "), packages.display());
    // Neither needs another one for what it does here.
    let pip = ["-m", "pip", "install", "--quiet", "--upgrade", "--no-deps", "--target"];
    // What would only disturb the report of the tests; older versions know nothing of it.
    let quiet = [("PIP_DISABLE_PIP_VERSION_CHECK", "1"), ("PIP_ROOT_USER_ACTION", "ignore")];
    let mut said = String::new();
    let pythons = [PathBuf::from("python3")].into_iter().chain(std::iter::once_with(|| python_with_pip(&target)).flatten());
    for python in pythons {
        match Command::new(&python).args(pip).arg(&packages).args(PACKAGES).envs(quiet).stdin(Stdio::null()).output() {
            Ok(_) if is_there(&packages) => return Ok(()),
            Ok(output) => said += &String::from_utf8_lossy(&output.stderr),
            Err(error) => said += &format!("{} does not start: {error}\n", python.display()),
        }
    }
    Err(advice(&packages, &said))
}

/// The directory that cargo builds into: this program lies in its `debug` or `release`.
fn target_directory() -> Result<PathBuf, String> {
    let own = std::env::current_exe().map_err(|error| format!("this program does not know where it is: {error}"))?;
    own.ancestors().nth(2).map(Path::to_owned).ok_or_else(|| "this program lies in no target directory".to_owned())
}

/// pip leaves a directory behind that names the version, with underscores for hyphens.
fn is_there(packages: &Path) -> bool {
    PACKAGES.iter().all(|package| {
        let (name, version) = package.split_once("==").unwrap_or((package, ""));
        let name = name.replace('-', "_");
        packages.join(&name).is_dir() && packages.join(format!("{name}-{version}.dist-info")).is_dir()
    })
}

/// A virtual environment, for a Python that has no pip of its own. Debian's has no `ensurepip` either, and then there is none.
fn python_with_pip(target: &Path) -> Option<PathBuf> {
    let environment = target.join("python-venv");
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv"]).arg(&environment).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    venv.status().is_ok_and(|status| status.success()).then(|| environment.join("bin/python3"))
}

fn advice(packages: &Path, said: &str) -> String {
    format!(
        "The tests need packages of Python that cannot be installed from here:\n\n{}\n\n\
         With pip (Debian: apt-get install python3-pip) and PyPI, or a mirror of it, in reach this does it; then run this again:\n  \
         python3 -m pip install --no-deps --target {} {packages_text}",
        said.trim(),
        packages.display(),
        packages_text = PACKAGES.join(" "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_says_what_is_missing_and_how_to_get_it() {
        let text = advice(Path::new("/there/python"), "No module named pip\n");
        for part in [
            "No module named pip",
            "python3-pip",
            "python3 -m pip install --no-deps --target /there/python websockets==15.0.1 axe-playwright-python==0.1.8",
        ] {
            assert!(text.contains(part), "{part:?} is not in:\n{text}");
        }
    }

    #[test]
    fn another_version_is_not_the_one() {
        let directory = std::env::temp_dir().join(format!("tcp-playground-packages-{}", std::process::id()));
        for (version, expected) in [("15.0.0", false), ("15.0.1", true)] {
            let other = ["axe_playwright_python", "axe_playwright_python-0.1.8.dist-info"].map(str::to_owned);
            for part in other.into_iter().chain(["websockets".to_owned(), format!("websockets-{version}.dist-info")]) {
                std::fs::create_dir_all(directory.join(part)).expect("it can be made");
            }
            assert_eq!(is_there(&directory), expected, "{version}");
        }
        std::fs::remove_dir_all(&directory).expect("it can be removed");
    }
}
