//! The command: arguments, tracing, signals. What the relay does is in the library.

mod limit_options;

use std::{
    io::{self, IsTerminal as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use clap::Parser;
use relay::{Config, Grant, Policy};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// TCP Playground: a page that holds real TCP sockets.
///
/// Serves the page and holds its sockets, until interrupted. Open the address that is printed; it contains a secret of this run.
#[derive(Parser)]
#[command(name = "relay", version, about, long_about)]
struct Arguments {
    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 7077)]
    port: u16,

    /// The address to listen on; one that is not loopback makes the relay shared: its sockets reach only what --allow names
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    host: IpAddr,

    /// Open the page in the browser
    #[arg(long)]
    open: bool,

    /// Let a shared relay's sockets reach or bind ADDRESS[/BITS][:PORT[-PORT]] or NAME[:PORT[-PORT]]; may be repeated
    #[arg(long, value_name = "WHERE")]
    allow: Vec<Grant>,

    /// Never let a socket reach or bind there, whatever is allowed; may be repeated
    #[arg(long, value_name = "WHERE")]
    deny: Vec<Grant>,

    /// End a half-closed connection on which nothing moved for this many seconds
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    half_closed_limit: u64,

    /// Let a page of another origin open sockets if it has the token, such as `http://127.0.0.1:7078` for `trunk serve`; may be repeated
    #[arg(long, value_name = "ORIGIN")]
    allow_origin: Vec<String>,

    /// Answer to this name too, beside `localhost` and the own address; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,

    #[command(flatten)]
    limits: limit_options::LimitOptions,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_env("RELAY_LOG").unwrap_or_else(|_| EnvFilter::new("warn")))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::debug!(?error, "the relay could not run");
            // Where standard error is gone there is nobody left to tell.
            writeln!(io::stderr(), "relay: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: &Arguments) -> io::Result<()> {
    let policy = if arguments.host.is_loopback() { Policy::personal() } else { Policy::shared() };
    if arguments.host.is_loopback() && !arguments.allow.is_empty() {
        return Err(io::Error::other(
            "--allow is for a shared relay (--host); a personal one reaches everything that --deny does not name",
        ));
    }
    let policy = policy.allow(arguments.allow.iter().cloned()).deny(arguments.deny.iter().cloned());
    let config = Config {
        policy,
        allow_origins: arguments.allow_origin.clone(),
        allow_hosts: arguments.allow_host.clone(),
        half_closed_limit: Duration::from_secs(arguments.half_closed_limit),
        ping_interval: arguments.limits.ping_interval(),
        limits: arguments.limits.limits(),
        ..Config::personal()?
    };
    if let Err(error) = relay::raise_descriptor_limit() {
        tracing::warn!(%error, "the limit of descriptors stays as it is");
    }
    let wanted = SocketAddr::new(arguments.host, arguments.port);
    let listener = TcpListener::bind(wanted).await.map_err(|error| cannot_listen(wanted, &error))?;
    let address = format!("http://{}/#token={}", shown(listener.local_addr()?), config.token);
    announce(&address, &config.policy)?;
    if arguments.open
        && let Err(error) = webbrowser::open(&address)
    {
        writeln!(io::stderr(), "relay: no browser could be opened ({error}); open the address above in one")?;
    }
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let signals = tokio::spawn(async move {
        interrupted().await;
        stop.cancel();
        // A second signal does not wait.
        interrupted().await;
        std::process::exit(130);
    });
    let served = relay::serve(listener, config, shutdown).await;
    signals.abort();
    served
}

fn announce(address: &str, policy: &Policy) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "TCP Playground {}", env!("CARGO_PKG_VERSION"))?;
    writeln!(out)?;
    writeln!(out, "  open   {address}")?;
    writeln!(out, "  reach  {policy}")?;
    writeln!(out, "  stop   Ctrl+C")?;
    writeln!(out)?;
    out.flush()
}

/// The address that a browser on this machine can open.
fn shown(local: SocketAddr) -> SocketAddr {
    let ip = match local.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, local.port())
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> io::Error {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => "; another relay, perhaps? --port 0 takes a free port",
        io::ErrorKind::AddrNotAvailable => "; --host takes an address of this machine",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need special rights",
        _ => "",
    };
    io::Error::new(error.kind(), format!("cannot listen on {address}: {error}{remedy}"))
}

/// Waits for SIGINT or SIGTERM, or for Ctrl+C on Windows. Where no signal can be waited for, for ever.
async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match (signal(SignalKind::interrupt()), signal(SignalKind::terminate())) {
            (Ok(mut interrupt), Ok(mut terminate)) => {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
            }
            (Err(error), _) | (_, Err(error)) => {
                tracing::warn!(%error, "signals cannot be waited for");
                std::future::pending().await
            }
        }
    }
    #[cfg(not(unix))]
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl+C cannot be waited for");
        std::future::pending().await
    }
}
