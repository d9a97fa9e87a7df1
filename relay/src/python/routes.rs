//! Python over HTTP: how it stands with it, the wish for it, and its files.
//!
//! | request | answer |
//! |---|---|
//! | `GET /python/status` | a [`Status`] in JSON |
//! | `POST /python/fetch` | the same, and it is fetched unless it is here; for who has the token alone |
//! | `GET /python/VERSION/NAME` | a file, or 404 while there is none |

use hyper::{
    HeaderMap, Method, Response, StatusCode,
    header::{self, HeaderName},
};
use serde::Serialize;

use super::{
    PythonState,
    pinned::{FILES, VERSION},
};
use crate::{
    Relay,
    gate::Refusal,
    response::{self, Body, Representation, json, only_get, text, with_header},
};

/// What all paths of Python begin with.
pub(crate) const PREFIX: &str = "/python/";

const NOT_HERE: &str = "Python is not here yet: a page fetches it when a script is run, and so does the command `relay fetch-python`\n";

/// How it stands with the runtime, for pages. `/python/VERSION/` is where its files are when it is ready.
#[derive(Debug, Serialize)]
struct Status {
    version: &'static str,
    state: &'static str,
    /// Of the package, on their way from the registry.
    done_bytes: u64,
    total_bytes: Option<u64>,
    /// What went wrong: `network`, `package` or `disk`.
    #[serde(skip_serializing_if = "Option::is_none")]
    cause: Option<&'static str>,
    /// The same in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// What can be done about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

impl From<&PythonState> for Status {
    fn from(state: &PythonState) -> Self {
        let nothing = Self { version: VERSION, state: "absent", done_bytes: 0, total_bytes: None, cause: None, text: None, remedy: None };
        match state {
            PythonState::Absent => nothing,
            &PythonState::Fetching { done_bytes, total_bytes } => Self { state: "fetching", done_bytes, total_bytes, ..nothing },
            &PythonState::Unpacking { total_bytes } => {
                Self { state: "unpacking", done_bytes: total_bytes, total_bytes: Some(total_bytes), ..nothing }
            }
            PythonState::Ready(_) => Self { state: "ready", ..nothing },
            PythonState::Failed(error) => {
                let (cause, text, remedy) = (Some(error.cause()), Some(error.to_string()), Some(error.remedy()));
                Self { state: "failed", cause, text, remedy, ..nothing }
            }
        }
    }
}

/// The answer to a request for `/python/` and `rest`, whose `Host` was checked.
pub(crate) async fn answer(method: &Method, rest: &str, headers: &HeaderMap, relay: &Relay) -> Response<Body> {
    let is_get = matches!(*method, Method::GET | Method::HEAD);
    match rest {
        "status" if is_get => told(StatusCode::OK, &relay.python.look().await),
        "fetch" if method == Method::POST => fetch(headers, relay).await,
        "fetch" => with_header(text(StatusCode::METHOD_NOT_ALLOWED, "only POST here\n"), header::ALLOW, "POST"),
        _ => match file_name(rest) {
            Some(name) if is_get => file(method, name, headers, relay).await,
            None if rest != "status" => text(StatusCode::NOT_FOUND, "nothing here\n"),
            _ => only_get(),
        },
    }
}

/// The file of the runtime that `VERSION/NAME` names.
fn file_name(rest: &str) -> Option<&'static str> {
    let name = rest.strip_prefix(VERSION)?.strip_prefix('/')?;
    FILES.iter().map(|wanted| wanted.name).find(|wanted| *wanted == name)
}

async fn file(method: &Method, name: &str, headers: &HeaderMap, relay: &Relay) -> Response<Body> {
    match relay.python.file(name, response::accept_encoding(headers)).await {
        Some(file) => response::file(method, headers, file),
        None => with_header(text(StatusCode::NOT_FOUND, NOT_HERE), header::CACHE_CONTROL, "no-store"),
    }
}

/// Has Python fetched. A page of another origin may not want it, nor who lacks the token: it is the relay's owner who uses the network for it, and the disk.
async fn fetch(headers: &HeaderMap, relay: &Relay) -> Response<Body> {
    let refused = |rule: &'static str, response| {
        relay.metrics.refused(rule);
        tracing::info!(rule, "the wish for Python was refused");
        response
    };
    if let Err(refusal) = relay.gate.check_origin(headers) {
        return refused(
            Refusal::as_str(refusal),
            text(StatusCode::FORBIDDEN, "another origin's page fetches nothing here (see --allow-origin)\n"),
        );
    }
    if !relay.gate.has_bearer_token(headers) {
        let response =
            text(StatusCode::UNAUTHORIZED, "the token is wrong or missing: open the address that the relay printed when it started\n");
        return refused("token", with_header(response, HeaderName::from_static("www-authenticate"), "Bearer"));
    }
    // What is on disk is not fetched.
    relay.python.look().await;
    match relay.python.want() {
        state @ PythonState::Ready(_) => told(StatusCode::OK, &state),
        state => told(StatusCode::ACCEPTED, &state),
    }
}

fn told(status: StatusCode, state: &PythonState) -> Response<Body> {
    match serde_json::to_vec(&Status::from(state)) {
        Ok(bytes) => json(status, bytes),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &format!("{error}\n")),
    }
}

impl super::Python {
    /// The file of this name in a coding that `accept_encoding` permits; `None` while there is no runtime.
    async fn file(&self, name: &str, accept_encoding: &str) -> Option<Representation> {
        let PythonState::Ready(runtime) = self.look().await else { return None };
        match runtime.file(name, accept_encoding).await? {
            Ok(file) => Some(file),
            Err(error) => {
                tracing::warn!(name, %error, "a file of Python cannot be read; it is to be fetched again");
                self.lose(&runtime).await;
                None
            }
        }
    }
}
