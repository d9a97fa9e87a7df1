//! Which process has a socket: Linux names sockets among the descriptors of a process (`/proc/PID/fd`, `proc(5)`), which one may read of one's own.

use std::{fs, path::Path};

/// A process of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its command line, without the folder of its program, in one line, and cut where it is long.
    pub command: String,
}

/// How much of a command line is told, in characters.
const MAX_COMMAND: usize = 80;

/// The process that has the socket of that number.
pub(super) fn with_socket(inode: u64) -> Option<Process> {
    let wanted = format!("socket:[{inode}]");
    let processes = fs::read_dir("/proc").ok()?.filter_map(Result::ok);
    processes.filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path()))).find_map(|(pid, folder)| {
        let mut descriptors = fs::read_dir(folder.join("fd")).ok()?.filter_map(Result::ok);
        let has_it = descriptors.any(|descriptor| fs::read_link(descriptor.path()).is_ok_and(|target| target == Path::new(&wanted)));
        has_it.then(|| Process { pid, command: command(&folder) })
    })
}

/// The command line of a process, whose arguments end with NUL each.
fn command(folder: &Path) -> String {
    let line = fs::read(folder.join("cmdline")).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    let (program, arguments) = line.split_once('\0').unwrap_or((&line, ""));
    let program = program.rsplit('/').next().unwrap_or_default();
    let line = format!("{program} {}", arguments.replace('\0', " "));
    line.trim_end().chars().map(|char| if char.is_control() { '?' } else { char }).take(MAX_COMMAND).collect()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_socket_leads_to_its_process() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let found = super::super::listening_process(listener.local_addr().unwrap()).unwrap();
        assert_eq!(found.pid, std::process::id());
        assert!(found.command.starts_with("relay-") && !found.command.contains('\0'), "{found:?}");
        assert_eq!(with_socket(u64::MAX), None);
    }
}
