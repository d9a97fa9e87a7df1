//! hyper's client, over a connection of the page.

use http_body_util::{BodyExt as _, Empty};
use hyper::{Request, StatusCode, body::Bytes, client, header};
use smol_hyper::rt::FuturesIo;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web::net::TcpStream;

/// The body of the response to a GET of `path`.
///
/// # Errors
///
/// What the connection or hyper says, or a status that is not 200.
#[wasm_bindgen]
pub async fn http_get(url: String, token: String, host: String, port: u16, path: String) -> Result<Vec<u8>, JsError> {
    let relay = crate::relay(url, token);
    let stream = TcpStream::connect(&relay, &host, port.into()).await?;
    let (mut sender, connection) = client::conn::http1::handshake(FuturesIo::new(stream)).await?;
    spawn_local(async {
        // What goes wrong with it, the request meets too.
        connection.await.ok();
    });
    let request = Request::get(&path).header(header::HOST, format!("{host}:{port}")).body(Empty::<Bytes>::new())?;
    let response = sender.send_request(request).await?;
    if response.status() != StatusCode::OK {
        return Err(JsError::new(&response.status().to_string()));
    }
    Ok(response.into_body().collect().await?.to_bytes().to_vec())
}
