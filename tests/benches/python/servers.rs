//! The peers of the programs: an echo, a source, a sink, and one that talks to the chatty server.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::programs::TRANSFER_BYTES;

/// Listens, and does with each connection what it is told; returns the port.
async fn serve<F: Future<Output = io::Result<()>> + Send + 'static>(with: impl Fn(TcpStream) -> F + Send + 'static) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).ok();
            tokio::spawn(with(stream));
        }
    });
    port
}

/// Sends back what comes.
pub(crate) async fn echo() -> u16 {
    serve(|mut stream| async move {
        let mut buffer = vec![0; 65536];
        loop {
            let count = stream.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            stream.write_all(&buffer[..count]).await?;
        }
    })
    .await
}

/// Sends [`TRANSFER_BYTES`], and closes.
pub(crate) async fn source() -> u16 {
    serve(|mut stream| async move {
        let block = vec![0x55; 65536];
        for _ in 0..TRANSFER_BYTES / block.len() {
            stream.write_all(&block).await?;
        }
        stream.shutdown().await
    })
    .await
}

/// Takes [`TRANSFER_BYTES`], and says so with a byte.
pub(crate) async fn sink() -> u16 {
    serve(|mut stream| async move {
        let (mut buffer, mut left) = (vec![0; 65536], TRANSFER_BYTES);
        while left > 0 {
            let count = stream.read(&mut buffer).await?;
            if count == 0 {
                return Ok(());
            }
            left -= count;
        }
        stream.write_all(b".").await?;
        // The other end closes first.
        stream.read(&mut buffer).await.map(drop)
    })
    .await
}
