//! Two sockets that are connected to each other, for one end to be handed to code that expects a connection.

use std::io;

use tokio::net::TcpStream;

/// Two sockets that are connected to each other. They are no TCP sockets and have no addresses, but are read and written as those are.
#[cfg(unix)]
pub(super) async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    use std::os::{fd::OwnedFd, unix::net::UnixStream};
    let (one, other) = UnixStream::pair()?;
    let stream = |end: UnixStream| {
        end.set_nonblocking(true)?;
        TcpStream::from_std(std::net::TcpStream::from(OwnedFd::from(end)))
    };
    Ok((stream(one)?, stream(other)?))
}

/// Two sockets that are connected to each other, over loopback for want of pairs.
#[cfg(windows)]
pub(super) async fn pair() -> io::Result<(TcpStream, TcpStream)> {
    let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
    let one = TcpStream::connect(listener.local_addr()?).await?;
    let own = one.local_addr()?;
    // Whoever else connects in this moment is no end of this pair.
    loop {
        let (other, peer) = listener.accept().await?;
        if peer == own {
            one.set_nodelay(true)?;
            other.set_nodelay(true)?;
            return Ok((one, other));
        }
    }
}
