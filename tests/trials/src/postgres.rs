//! tokio-postgres, over a connection of the page.

use futures::future::try_join_all;
use tokio_postgres::{Config, NoTls};
use tokio_util::compat::FuturesAsyncReadCompatExt as _;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web::net::TcpStream;

/// How many rows are inserted, all under way at once.
const ROWS: i32 = 500;

/// How many bytes the largest value has.
const LARGE_BYTES: usize = 3 << 20;

/// Logs in, fills a table with many statements under way at once, and reads it back. Returns what the server has counted: rows, their sum, the bytes of a large value.
///
/// # Errors
///
/// What the connection or the server says, or that a value came back as another.
#[wasm_bindgen]
pub async fn postgres(url: String, token: String, port: u16, user: String, password: String) -> Result<String, JsError> {
    let relay = crate::relay(url, token);
    let stream = TcpStream::connect(&relay, "127.0.0.1", port.into()).await?;
    let mut config = Config::new();
    config.user(&user).password(&password).dbname("postgres");
    let (client, connection) = config.connect_raw(stream.compat(), NoTls).await.map_err(|error| JsError::new(&in_full(&error)))?;
    spawn_local(async {
        // What goes wrong with it, the queries meet too.
        connection.await.ok();
    });
    client.batch_execute("CREATE TEMPORARY TABLE numbers (number int4, data bytea)").await?;
    let insert = client.prepare("INSERT INTO numbers (number) VALUES ($1)").await?;
    try_join_all((0..ROWS).map(async |number| client.execute(&insert, &[&number]).await)).await?;
    let large: Vec<u8> = (0..LARGE_BYTES).map(|index| (index * 7 + index / 251) as u8).collect();
    client.execute("INSERT INTO numbers (data) VALUES ($1)", &[&large]).await?;

    let row = client.query_one("SELECT count(number), sum(number), sum(length(data)) FROM numbers", &[]).await?;
    let counted: (i64, i64, i64) = (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?);
    let back: Vec<u8> = client.query_one("SELECT data FROM numbers WHERE data IS NOT NULL", &[]).await?.try_get(0)?;
    if back != large {
        return Err(JsError::new("the large value came back as another"));
    }
    let refused = client.query("SELECT 1/0", &[]).await.err().and_then(|error| error.code().cloned());
    if refused != Some(tokio_postgres::error::SqlState::DIVISION_BY_ZERO) {
        return Err(JsError::new(&format!("1/0 is {refused:?}")));
    }
    Ok(format!("{} {} {}", counted.0, counted.1, counted.2))
}

/// The server's words too, which the crate's own leave out.
fn in_full(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string)
}
