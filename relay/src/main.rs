//! The command: it reads its arguments, opens its listeners, says where it is, and ends on a signal; or it fetches Python. What the relay does is in the library.

mod allocator;
mod arguments;
mod fetch_python;
mod limit_options;
mod logging;
mod open;
mod python_options;
mod signals;
mod start;

use std::{
    io::{self, Write as _},
    net::SocketAddr,
    pin::pin,
    process::ExitCode,
    time::Duration,
};

use clap::Parser as _;
use relay::{Config, Policy, Tls};
use tokio::runtime::Runtime;
use tokio_util::{sync::CancellationToken, task::AbortOnDropHandle};

use self::{
    arguments::{Arguments, Command, TlsHow},
    open::Redirect,
    signals::Signals,
};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match logging::start(arguments.log.as_deref(), arguments.log_format).and_then(|_guard| run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is gone there is nobody left to tell.
            writeln!(io::stderr(), "relay: {error}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> io::Result<()> {
    allocator::give_large_blocks_back();
    let runtime = Runtime::new()?;
    let done = match &arguments.command {
        Some(Command::FetchPython(arguments)) => runtime.block_on(fetch_python::run(arguments)),
        None => runtime.block_on(serve(arguments)),
    };
    // Not by dropping it, which would wait for names that are being looked up: `getaddrinfo(3)` cannot be called back.
    runtime.shutdown_background();
    done
}

async fn serve(arguments: &Arguments) -> io::Result<()> {
    let mut config = Config {
        policy: policy(arguments)?,
        allow_origins: arguments.allow_origin.clone(),
        allow_hosts: arguments.allow_host.clone(),
        tls: tls(arguments)?,
        half_closed_limit: Duration::from_secs(arguments.half_closed_limit),
        ping_interval: arguments.limits.ping_interval(),
        limits: arguments.limits.limits(),
        python: arguments.python.options(),
        ..Config::personal()?
    };
    let descriptors = relay::raise_descriptor_limit();
    let mut signals = Signals::listen()?;
    let listener = start::listen(SocketAddr::new(arguments.host, arguments.port), "--host", "--port").await?;
    let metrics = match arguments.metrics {
        Some(address) => Some(start::listen(address, "--metrics", "--metrics").await?),
        None => None,
    };
    if let Some(listener) = &metrics {
        config.own_listeners.push(listener.local_addr()?);
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}/#token={}", start::reachable(listener.local_addr()?), config.token);
    start::announce(&address, &config, metrics.as_ref())
        .map_err(|error| io::Error::new(error.kind(), format!("cannot print the address of the page, which holds its token: {error}")))?;
    warn_of_descriptors(descriptors, &config);
    let mut redirect = if arguments.open { open_page(&address) } else { None };
    let shutdown = CancellationToken::new();
    if let Some(listener) = metrics {
        let (metrics, hosts, shutdown) = (config.metrics.clone(), config.allow_hosts.clone(), shutdown.clone());
        tokio::spawn(async move { relay::serve_metrics(listener, metrics, &hosts, shutdown).await });
    }
    // On a worker, which has the runtime's events: this thread would have to be woken for each connection.
    let mut served = AbortOnDropHandle::new(tokio::spawn(relay::serve(listener, config, shutdown.clone())));
    let mut browser_is_there = pin!(tokio::time::sleep(open::KEPT));
    loop {
        tokio::select! {
            served = &mut served => return served?,
            () = signals.next() => break shutdown.cancel(),
            () = &mut browser_is_there, if redirect.is_some() => redirect = None,
        }
    }
    drop(redirect);
    tokio::select! {
        served = &mut served => served?,
        // A second signal does not wait.
        () = signals.next() => std::process::exit(130),
    }
}

/// Opens the page in the browser, by way of a file that is to be kept for a while.
fn open_page(address: &str) -> Option<Redirect> {
    match Redirect::to(address) {
        Ok(redirect) => {
            redirect.open();
            Some(redirect)
        }
        Err(error) => {
            open::say(&format!("no browser is opened, as there is no place for a private file that leads it to the page ({error})"));
            None
        }
    }
}

/// Says so where the descriptors that this process may have do not suffice for its limits.
fn warn_of_descriptors(descriptors: io::Result<u64>, config: &Config) {
    let needed = config.limits.descriptors(config.tls.is_some());
    match descriptors {
        Ok(limit) if limit < needed => tracing::warn!(
            "ulimit -n gives this relay {limit} descriptors, and its limits need {needed}: raise it, or lower --max-sockets, --max-idle and --max-handshakes"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the limit of descriptors stays as it is"),
    }
}

fn policy(arguments: &Arguments) -> io::Result<Policy> {
    let is_personal = arguments.host.is_loopback() && !arguments.shared;
    if is_personal && !arguments.allow.is_empty() {
        return Err(io::Error::other(
            "--allow is for a shared relay (--host, --shared); a personal one reaches everything that --deny does not name",
        ));
    }
    let policy = if is_personal { Policy::personal() } else { Policy::shared() };
    Ok(policy.allow(arguments.allow.iter().cloned()).deny(arguments.deny.iter().cloned()))
}

fn tls(arguments: &Arguments) -> io::Result<Option<Tls>> {
    let names = || {
        let host = Some(arguments.host).filter(|host| !host.is_unspecified()).map(|host| host.to_string());
        host.into_iter().chain(arguments.allow_host.iter().map(|host| start::without_port(host).to_owned()))
    };
    let tls = match (&arguments.tls_cert, &arguments.tls_key, arguments.tls) {
        (Some(certificate), Some(key), _) => Tls::from_files(certificate, key)?,
        (_, _, Some(TlsHow::SelfSigned)) => Tls::self_signed(names())?,
        _ => return Ok(None),
    };
    Ok(Some(tls))
}
