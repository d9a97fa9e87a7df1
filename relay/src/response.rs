//! What responses are made of, whichever route they answer. Their headers of care are in `careful.rs`.

use http_body_util::Full;
use hyper::{
    HeaderMap, Method, Response, StatusCode,
    body::Bytes,
    header::{self, HeaderName, HeaderValue},
};

use crate::negotiation::is_known;

pub(crate) type Body = Full<Bytes>;

/// A file in the coding that a browser gets it in.
pub(crate) struct Representation {
    pub(crate) bytes: Bytes,
    /// Its media type.
    pub(crate) content_type: &'static str,
    /// For `Content-Encoding`; `None` is the file as it is.
    pub(crate) encoding: Option<&'static str>,
    /// Its entity tag (RFC 9110 section 8.8.3), quoted; weak, as all its codings share it.
    pub(crate) etag: HeaderValue,
    /// Whether its path changes with its contents, so that a browser may keep it for ever.
    pub(crate) immutable: bool,
}

/// What a request accepts, for [`Representation`].
pub(crate) fn accept_encoding(headers: &HeaderMap) -> &str {
    text_of(headers, header::ACCEPT_ENCODING)
}

/// A file; or 304 where the browser has it already (RFC 9110 section 13.1.2).
pub(crate) fn file(method: &Method, headers: &HeaderMap, file: Representation) -> Response<Body> {
    let known = file.etag.to_str().is_ok_and(|etag| is_known(etag, text_of(headers, header::IF_NONE_MATCH)));
    let size = file.bytes.len();
    let mut response = Response::new(if known || method == Method::HEAD { Body::default() } else { Body::from(file.bytes) });
    if known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(size));
        response = with_header(response, header::CONTENT_TYPE, file.content_type);
        if let Some(encoding) = file.encoding {
            response = with_header(response, header::CONTENT_ENCODING, encoding);
        }
    }
    let cache = if file.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = with_header(response, header::CACHE_CONTROL, cache);
    response.headers_mut().insert(header::ETAG, file.etag);
    with_header(response, header::VARY, "Accept-Encoding")
}

/// A JSON text, which holds for the moment.
pub(crate) fn json(status: StatusCode, json: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Body::from(json.into()));
    *response.status_mut() = status;
    let response = with_header(response, header::CONTENT_TYPE, "application/json");
    with_header(response, header::CACHE_CONTROL, "no-store")
}

/// A sentence for people.
pub(crate) fn text(status: StatusCode, text: &str) -> Response<Body> {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    with_header(response, header::CONTENT_TYPE, "text/plain; charset=utf-8")
}

/// What is answered to another method where there is something to get.
pub(crate) fn only_get() -> Response<Body> {
    with_header(text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD here\n"), header::ALLOW, "GET, HEAD")
}

pub(crate) fn with_header(mut response: Response<Body>, name: HeaderName, value: &'static str) -> Response<Body> {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
    response
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> &str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
