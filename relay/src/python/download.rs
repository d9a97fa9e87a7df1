//! The package from a registry, whole and in memory: over HTTP(S), with the system's certificates and the proxies of the environment, bounded in size and time.

use std::{error::Error, sync::Arc, time::Duration};

use reqwest::{Client, Response, StatusCode, header::AUTHORIZATION, redirect};
use rustls::{ClientConfig, crypto::ring::default_provider};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::time;

use super::{failure::FetchError, pinned::MAX_ARCHIVE_BYTES, registry::Registry};

/// How long a registry has to take a connection.
const CONNECT_TIME: Duration = Duration::from_secs(10);

/// How long nothing may come. There is no limit to the whole, as there is none to how slow a network is.
const SILENCE: Duration = Duration::from_secs(30);

/// How long to wait before the second, third, … attempt.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Registries hand on to where they keep the files, and that hands on once more.
const MAX_REDIRECTS: usize = 5;

/// How an attempt failed.
enum Failed {
    /// As it may not the next time.
    Perhaps(String),
    /// As it would again.
    Surely(FetchError),
}

/// Downloads the package. `told` hears of each piece: how many bytes are there and, where the registry tells, how many there will be.
///
/// What breaks off is begun anew, twice. Cancel safe: nothing is kept.
///
/// # Errors
///
/// There is no package, or too large a one. Whether it is the right one is for the caller to see.
pub(crate) async fn download(registry: &Registry, told: impl Fn(u64, Option<u64>)) -> Result<Vec<u8>, FetchError> {
    let unreachable = |reason| FetchError::Unreachable { host: registry.host(), reason };
    let client = client().map_err(unreachable)?;
    let mut pauses = PAUSES.into_iter();
    loop {
        let reason = match attempt(&client, registry, &told).await {
            Ok(bytes) => return Ok(bytes),
            Err(Failed::Surely(error)) => return Err(error),
            Err(Failed::Perhaps(reason)) => reason,
        };
        let Some(pause) = pauses.next() else { return Err(unreachable(reason)) };
        tracing::info!(%registry, reason, "the download of Python broke off and is begun anew");
        time::sleep(pause).await;
    }
}

fn client() -> Result<Client, String> {
    let tls = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
    let tls =
        tls.and_then(|tls| tls.with_platform_verifier()).map_err(|error| format!("the system's certificates cannot be used: {error}"))?;
    let client = Client::builder()
        .tls_backend_preconfigured(tls.with_no_client_auth())
        .user_agent(concat!("tcp-playground/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::limited(MAX_REDIRECTS))
        .referer(false)
        .connect_timeout(CONNECT_TIME)
        .read_timeout(SILENCE);
    client.build().map_err(|error| causes(&error))
}

async fn attempt(client: &Client, registry: &Registry, told: &impl Fn(u64, Option<u64>)) -> Result<Vec<u8>, Failed> {
    told(0, None);
    let mut request = client.get(registry.tarball());
    if let Some(authorization) = registry.authorization() {
        request = request.header(AUTHORIZATION, authorization);
    }
    let response = request.send().await.map_err(broken)?;
    match response.status() {
        StatusCode::OK => body(response, told).await,
        status if status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429) => {
            Err(Failed::Perhaps(format!("it answers with status {}", status.as_u16())))
        }
        status => Err(Failed::Surely(FetchError::Refused { host: registry.host(), status: status.as_u16() })),
    }
}

async fn body(mut response: Response, told: &impl Fn(u64, Option<u64>)) -> Result<Vec<u8>, Failed> {
    let too_large = || Failed::Surely(FetchError::TooLarge);
    let total = response.content_length();
    if total.is_some_and(|total| total > MAX_ARCHIVE_BYTES) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&chunk);
        let done = bytes.len() as u64;
        if done > MAX_ARCHIVE_BYTES {
            return Err(too_large());
        }
        told(done, total);
    }
    Ok(bytes)
}

/// What is told of a request is without its address, in which there may be a password.
fn broken(error: reqwest::Error) -> Failed {
    Failed::Perhaps(causes(&error.without_url()))
}

/// The causes of an error, from the nearest to the last, each once: the last alone says little, the first nothing.
fn causes(error: &dyn Error) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut next = Some(error);
    while let Some(cause) = next {
        let text = cause.to_string();
        if !said.iter().any(|earlier| earlier.contains(&text)) {
            said.push(text);
        }
        next = cause.source();
    }
    said.join(": ")
}
