//! The command line.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use clap::{Parser, Subcommand, ValueEnum};
use hyper::http::uri::Authority;
use relay::Grant;
use tracing_subscriber::EnvFilter;

use crate::{limit_options::LimitOptions, logging::Format, python_options::PythonSource};

/// TCP Playground: a page that holds real TCP sockets.
///
/// Serves the page and holds its sockets, until interrupted. Open the address that is printed; it contains a secret of this run.
#[derive(Parser)]
#[command(name = "relay", version, about, long_about, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,

    /// The port to listen on; 0 takes a free one
    #[arg(long, default_value_t = 7077)]
    pub(crate) port: u16,

    /// The address to listen on; one that is not loopback makes the relay shared: its sockets reach only what --allow names
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), value_name = "ADDRESS")]
    pub(crate) host: IpAddr,

    /// Hold a relay on loopback, too, to what --allow names, as behind a reverse proxy
    #[arg(long)]
    pub(crate) shared: bool,

    /// Speak TLS, with the certificate in this file and those that vouch for it behind it (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The certificate's private key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Speak TLS, with a certificate of this run for localhost, --host and each --allow-host; its fingerprint is printed, to be compared in the browser
    #[arg(long, value_enum, value_name = "HOW", conflicts_with = "tls_cert")]
    pub(crate) tls: Option<TlsHow>,

    /// Open the page in the browser, by way of a private file, so that no program has the token among its arguments
    #[arg(long)]
    pub(crate) open: bool,

    /// Let a shared relay's sockets reach or bind ADDRESS[/BITS][:PORT[-PORT]] or NAME[:PORT[-PORT]]; may be repeated
    #[arg(long, value_name = "WHERE")]
    pub(crate) allow: Vec<Grant>,

    /// Never let a socket reach or bind there, whatever is allowed; may be repeated
    #[arg(long, value_name = "WHERE")]
    pub(crate) deny: Vec<Grant>,

    /// End a half-closed connection on which nothing moved for this many seconds
    #[arg(long, default_value_t = 600, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub(crate) half_closed_limit: u64,

    /// Let a page of another origin open sockets if it has the token, such as `http://127.0.0.1:7078` for `trunk serve`; may be repeated
    #[arg(long, value_name = "ORIGIN", value_parser = parse_origin)]
    pub(crate) allow_origin: Vec<String>,

    /// Answer to this name too, beside `localhost` and the own address; may be repeated
    #[arg(long, value_name = "NAME[:PORT]", value_parser = parse_host)]
    pub(crate) allow_host: Vec<String>,

    /// Tell Prometheus' metrics at http://ADDRESS:PORT/metrics, to whoever asks; without ADDRESS to this computer alone
    #[arg(long, value_name = "[ADDRESS:]PORT", value_parser = parse_metrics_address)]
    pub(crate) metrics: Option<SocketAddr>,

    /// What to log to standard error: error, warn, info, debug, trace, or a filter such as `relay=debug`; the variable RELAY_LOG does the same [default: warn]
    #[arg(long, value_name = "FILTER", value_parser = parse_filter)]
    pub(crate) log: Option<String>,

    /// How a line of the log looks
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) log_format: Format,

    #[command(flatten)]
    pub(crate) python: PythonSource,

    #[command(flatten)]
    pub(crate) limits: LimitOptions,
}

/// What the relay does instead of serving.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Fetch Python for scripts in the page now, for a room without internet, and end
    FetchPython(FetchPython),
}

/// The arguments of `relay fetch-python`.
#[derive(clap::Args)]
pub(crate) struct FetchPython {
    /// Take it from this file, the package as it comes from the registry, as from a USB stick
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) python: PythonSource,
}

/// A certificate that is in no file.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TlsHow {
    /// Made at the start
    SelfSigned,
}

fn parse_metrics_address(text: &str) -> Result<SocketAddr, String> {
    let port_alone = parse_port(text).map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    port_alone
        .or_else(|| text.parse().ok())
        .ok_or_else(|| "it is no port and no address with a port, such as 9090 or 127.0.0.1:9090".to_owned())
}

fn parse_filter(text: &str) -> Result<String, String> {
    EnvFilter::try_new(text).map(|_| text.to_owned()).map_err(|error| error.to_string())
}

/// A browser's `Origin` (RFC 6454 section 6.2): anything else would never be met.
fn parse_origin(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let is_origin = rest.is_some_and(|rest| parse_host(rest.trim_end_matches('/')).is_ok());
    if is_origin {
        Ok(text.to_owned())
    } else {
        Err("an origin is http:// or https:// with a host and perhaps a port, and no path".to_owned())
    }
}

/// A `Host` (RFC 9110 section 7.2).
fn parse_host(text: &str) -> Result<String, String> {
    match text.parse::<Authority>() {
        Ok(authority) if !authority.host().is_empty() && !text.contains('@') && is_port(&text[authority.host().len()..]) => {
            Ok(text.to_owned())
        }
        _ => Err("it is no host with perhaps a port, such as relay.example or relay.example:8080".to_owned()),
    }
}

/// Whether what stands behind a host is nothing, or a port.
fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| parse_port(port).is_some())
}

/// A port in digits alone (RFC 3986 section 3.2.3); Rust's numbers may have a sign.
fn parse_port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| !text.starts_with('+'))
}
