//! Finds the programs that the tests talk to, and installs those that are missing where that is permitted.

use std::env;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A program, and how it is got.
struct Program {
    /// What it is for.
    purpose: &'static str,
    /// An environment variable that names another one.
    variable: Option<&'static str>,
    /// Its names, any of which will do: found on the PATH, or absolute; a `*` stands for one folder of any name.
    names: &'static [&'static str],
    /// Its packages: apt, dnf, pacman, brew. Those of brew that need an option of their own begin with it.
    packages: [&'static str; 4],
}

const PROGRAMS: &[Program] = &[
    Program {
        purpose: "Chromium, in which the page is tested",
        variable: Some("CHROME"),
        names: &[
            "chromium",
            "chromium-browser",
            "google-chrome-stable",
            "google-chrome",
            "/Applications/Chromium.app/Contents/MacOS/Chromium",
            "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        ],
        packages: ["chromium", "chromium", "chromium", "--cask chromium"],
    },
    Program {
        purpose: "Firefox, in which the page is tested as well",
        variable: Some("FIREFOX"),
        names: &["firefox-esr", "firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
        packages: ["firefox-esr", "firefox", "firefox", "--cask firefox"],
    },
    Program { purpose: "nc, a peer", variable: None, names: &["nc"], packages: ["netcat-openbsd", "netcat", "openbsd-netcat", "netcat"] },
    Program { purpose: "socat, a peer", variable: None, names: &["socat"], packages: ["socat"; 4] },
    Program { purpose: "curl, a peer", variable: None, names: &["curl"], packages: ["curl"; 4] },
    Program { purpose: "Python 3, a peer", variable: None, names: &["python3"], packages: ["python3", "python3", "python", "python"] },
    Program {
        purpose: "cc, which builds the programs that the page writes in C",
        variable: None,
        names: &["cc"],
        packages: ["build-essential", "gcc", "gcc", "gcc"],
    },
    Program { purpose: "openssl, which makes certificates", variable: None, names: &["openssl"], packages: ["openssl"; 4] },
    Program {
        purpose: "nginx, as a reverse proxy",
        variable: None,
        names: &["nginx", "/usr/sbin/nginx"],
        packages: ["nginx-light", "nginx", "nginx", "nginx"],
    },
    Program {
        purpose: "PostgreSQL, which a crate speaks to from the page",
        variable: None,
        names: &["initdb", "/usr/lib/postgresql/*/bin/initdb"],
        packages: ["postgresql", "postgresql-server", "postgresql", "postgresql"],
    },
    Program {
        purpose: "tshark, which reads the packets that the page exports",
        variable: None,
        names: &["tshark"],
        packages: ["tshark", "wireshark-cli", "wireshark-cli", "wireshark"],
    },
];

const MANAGERS: [&str; 4] = ["apt-get install", "dnf install", "pacman -S", "brew install"];

/// Makes sure that every program is there.
///
/// # Errors
///
/// Some are missing and could not be installed; the text says which, and how to install them.
pub(crate) fn ensure_programs() -> Result<(), String> {
    let missing = missing_programs();
    if missing.is_empty() {
        return Ok(());
    }
    let refused = install(&missing).err();
    let missing = missing_programs();
    if missing.is_empty() {
        return Ok(());
    }
    Err(advice(&missing, refused.as_deref()))
}

fn missing_programs() -> Vec<&'static Program> {
    PROGRAMS.iter().filter(|program| !is_there(program)).collect()
}

fn is_there(program: &Program) -> bool {
    if let Some(path) = program.variable.and_then(env::var_os) {
        return PathBuf::from(path).is_file();
    }
    program.names.iter().any(|name| on_path(name))
}

/// Joining an absolute name to a directory gives that name, so both kinds are found here.
fn on_path(name: &str) -> bool {
    if let Some((folder, rest)) = name.split_once("/*/") {
        let Ok(entries) = std::fs::read_dir(folder) else { return false };
        return entries.flatten().any(|entry| entry.path().join(rest).is_file());
    }
    env::var_os("PATH").is_some_and(|path| env::split_paths(&path).any(|directory| directory.join(name).is_file()))
}

/// Installs packages with apt-get, as root or by a sudo that asks nothing.
fn install(missing: &[&Program]) -> Result<(), String> {
    if !on_path("apt-get") {
        return Err("there is no apt-get".to_owned());
    }
    let mut prefix = vec![];
    if !is_root() {
        if !succeeds(Command::new("sudo").args(["-n", "true"])) {
            return Err("this is not root, and sudo would ask for a password".to_owned());
        }
        prefix = vec!["sudo", "-n"];
    }
    let packages: Vec<&str> = missing.iter().map(|program| program.packages[0]).collect();
    eprintln!("Installing {} with apt-get", packages.join(", "));
    let apt = |arguments: &[&str]| {
        let words = [prefix.as_slice(), &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-y", "-q"], arguments].concat();
        // The report of a test run stays the report of the tests.
        Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).status()
    };
    // Lists that are there may be good enough where the network is not.
    if !apt(&["update"]).is_ok_and(|status| status.success()) {
        eprintln!("apt-get update failed; trying with the lists that are there");
    }
    match apt(&[&["install", "--no-install-recommends"], packages.as_slice()].concat()) {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("apt-get install ended with {status}")),
        Err(error) => Err(format!("apt-get does not start: {error}")),
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn succeeds(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// What to do by hand.
fn advice(missing: &[&Program], refused: Option<&str>) -> String {
    let mut text = "The tests talk to programs that are not here:\n".to_owned();
    for program in missing {
        text += &format!("  {}\n", program.purpose);
    }
    if let Some(reason) = refused {
        text += &format!("They cannot be installed from here: {reason}.\n");
    }
    text += "Install them with one of these, then run this again:\n";
    for (index, manager) in MANAGERS.iter().enumerate() {
        // An option would apply to everything that is installed with it.
        let (optioned, plain): (Vec<&str>, Vec<&str>) =
            missing.iter().map(|program| program.packages[index]).partition(|package| package.starts_with('-'));
        let plain = Some(plain.join(" ")).filter(|packages| !packages.is_empty());
        let commands: Vec<String> =
            optioned.into_iter().map(str::to_owned).chain(plain).map(|packages| format!("{manager} {packages}")).collect();
        text += &format!("  {}\n", commands.join(" && "));
    }
    text + "Another Chromium than the one on the PATH is named by the variable CHROME, another Firefox (153 or newer) by FIREFOX.\n\
            Where apt-get knows no firefox-esr, as on Ubuntu, Mozilla's own does: https://support.mozilla.org/kb/install-firefox-linux"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_names_what_is_missing_for_each_system() {
        let text = advice(&PROGRAMS.iter().collect::<Vec<_>>(), Some("there is no apt-get"));
        for line in [
            "  Chromium, in which the page is tested",
            "They cannot be installed from here: there is no apt-get.",
            "  apt-get install chromium firefox-esr netcat-openbsd socat curl python3 build-essential openssl nginx-light postgresql tshark",
            "  pacman -S chromium firefox openbsd-netcat socat curl python gcc openssl nginx postgresql wireshark-cli",
            "  brew install --cask chromium && brew install --cask firefox && brew install netcat socat curl python gcc openssl nginx postgresql wireshark",
        ] {
            assert!(text.lines().any(|found| found == line), "{line:?} is not in:\n{text}");
        }
    }

    #[test]
    fn one_program_takes_one_command() {
        let lines =
            |program: &Program| advice(&[program], None).lines().filter(|line| line.contains("brew")).collect::<Vec<_>>().join("\n");
        assert_eq!(lines(&PROGRAMS[0]), "  brew install --cask chromium");
        assert_eq!(lines(&PROGRAMS[3]), "  brew install socat");
    }

    #[test]
    fn what_is_nowhere_is_missing() {
        let program = Program { purpose: "nothing", variable: None, names: &["no-such-program-anywhere"], packages: [""; 4] };
        assert!(!is_there(&program));
        assert!(on_path("sh"));
        assert!(on_path("/usr/*/env") && !on_path("/usr/*/no-such-program-anywhere"));
    }
}
