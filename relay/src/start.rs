//! The beginning of a run: the listeners, or why there is none, and what is said on standard output.

use std::{
    io::{self, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use relay::Config;
use tokio::net::TcpListener;

/// Listens on `wanted`, of which `host` chose the address and `port` the port.
///
/// # Errors
///
/// In one line, what is wrong and what to do.
pub(crate) async fn listen(wanted: SocketAddr, host: &str, port: &str) -> io::Result<TcpListener> {
    TcpListener::bind(wanted).await.map_err(|error| {
        let more = match error.kind() {
            io::ErrorKind::AddrInUse => format!("{}; {port} 0 takes a free port", holder(wanted)),
            io::ErrorKind::AddrNotAvailable => format!("; {host} takes an address of this machine"),
            io::ErrorKind::PermissionDenied => format!("; ports below 1024 need special rights, {port} takes another"),
            _ => String::new(),
        };
        io::Error::new(error.kind(), format!("cannot listen on {wanted}: {error}{more}"))
    })
}

/// Who has the port of `address`, as far as the system tells.
fn holder(address: SocketAddr) -> String {
    match relay::listening_process(address) {
        Some(process) if process.pid == std::process::id() => "; this relay listens there already".to_owned(),
        Some(process) => format!(", by process {} ({})", process.pid, process.command),
        None => "; by another relay, perhaps?".to_owned(),
    }
}

/// Says where the page is, and what it may reach.
///
/// # Errors
///
/// Standard output takes nothing: then nobody learns the token.
pub(crate) fn announce(address: &str, config: &Config, metrics: Option<&TcpListener>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "TCP Playground {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out)?;
    writeln!(out, "  open     {address}")?;
    if let Some(tls) = &config.tls {
        writeln!(out, "  SHA-256  {}", tls.fingerprint())?;
    }
    writeln!(out, "  reach    {}", config.policy)?;
    if let Some(metrics) = metrics {
        writeln!(out, "  metrics  http://{}/metrics", reachable(metrics.local_addr()?))?;
    }
    writeln!(out, "  stop     Ctrl+C")?;
    writeln!(out)?;
    out.flush()
}

/// The address that a browser on this machine can open.
pub(crate) fn reachable(local: SocketAddr) -> SocketAddr {
    let ip = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, local.port())
}

/// The name of a `Host` that stands on the command line: `relay.example:8080`, `[::1]:8080`.
pub(crate) fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.split(':').next().unwrap_or(host),
    }
}
