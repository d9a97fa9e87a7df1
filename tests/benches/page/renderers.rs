//! What the browser's renderers hold, as the system counts it.

use std::collections::BTreeMap;

/// Bytes that the renderers among the processes below this one hold: everything of the page is in them, its Wasm and its workers too.
pub(crate) fn renderers() -> u64 {
    let mut parents = BTreeMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parents.insert(pid, parent.unwrap_or(0));
    }
    let is_ours = |mut pid: u32| {
        while pid > 1 && pid != std::process::id() {
            pid = parents.get(&pid).copied().unwrap_or(0);
        }
        pid > 1
    };
    let is_renderer = |pid: u32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains("--type=renderer")
    };
    parents.keys().filter(|pid| is_ours(**pid) && is_renderer(**pid)).map(|pid| resident(*pid)).sum()
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) << 10
}
