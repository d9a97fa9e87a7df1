//! Whether the relay has the interpreter, and having it fetched where it has not (`/python/` of the relay).

use std::time::Duration;

use gloo_timers::future::sleep;
use serde::Deserialize;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, RequestInit, Response};

use crate::session::token;
use crate::texts::python as text;

/// How often the relay is asked how far it is.
const PAUSE: Duration = Duration::from_millis(200);

/// Where the interpreter is.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// Under this path, with a slash at its end.
    At(String),
    /// Not yet.
    Fetching { done_bytes: u64, total_bytes: Option<u64> },
    /// Nobody has asked for it yet.
    Absent,
    /// Nowhere.
    Unavailable { text: String, remedy: String },
}

#[derive(Deserialize)]
struct Status {
    version: String,
    state: State,
    #[serde(default)]
    done_bytes: u64,
    #[serde(default)]
    total_bytes: Option<u64>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    remedy: String,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum State {
    Absent,
    Fetching,
    Unpacking,
    Ready,
    Failed,
}

/// Looks once.
pub(super) async fn look() -> Found {
    let Some(status) = request("/python/status", "GET", None).await.and_then(|body| serde_json::from_str::<Status>(&body).ok()) else {
        return Found::Unavailable { text: text::no_relay().to_owned(), remedy: text::no_relay_remedy().to_owned() };
    };
    match status.state {
        State::Ready => Found::At(format!("/python/{}/", status.version)),
        State::Fetching | State::Unpacking => Found::Fetching { done_bytes: status.done_bytes, total_bytes: status.total_bytes },
        State::Absent => Found::Absent,
        State::Failed => Found::Unavailable { text: status.text, remedy: status.remedy },
    }
}

/// Has the interpreter fetched where it is not there, and tells how far that is.
pub(super) async fn fetch(mut told: impl FnMut(u64, Option<u64>)) -> Found {
    let mut is_asked = false;
    loop {
        match look().await {
            Found::Absent | Found::Unavailable { .. } if !is_asked => {
                is_asked = true;
                let token = token::take().map(|token| format!("Bearer {token}"));
                if request("/python/fetch", "POST", token.as_deref()).await.is_none() {
                    return Found::Unavailable { text: text::not_fetched().to_owned(), remedy: text::not_fetched_remedy().to_owned() };
                }
            }
            Found::Absent => told(0, None),
            Found::Fetching { done_bytes, total_bytes } => told(done_bytes, total_bytes),
            found => return found,
        }
        sleep(PAUSE).await;
    }
}

/// The body of an answer; nothing where there is none that says that it went well.
async fn request(path: &str, method: &str, authorization: Option<&str>) -> Option<String> {
    let options = RequestInit::new();
    options.set_method(method);
    if let Some(authorization) = authorization {
        let headers = Headers::new().ok()?;
        headers.set("Authorization", authorization).ok()?;
        options.set_headers(&headers);
    }
    let response = JsFuture::from(web_sys::window()?.fetch_with_str_and_init(path, &options)).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    JsFuture::from(response.text().ok()?).await.ok()?.as_string()
}
