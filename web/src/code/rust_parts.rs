//! What Rust programs have beside `main`: small functions, each there only where it is called.

/// A function: what a program that needs it holds, and its text.
pub(super) const PARTS: &[(&str, &str)] = &[
    (
        "resolve(",
        r#"
/// The first address of a name that is of the socket's family.
fn resolve(host: &str, port: u16, is_v4: bool) -> io::Result<SocketAddr> {
    let mut addresses = (host, port).to_socket_addrs()?;
    addresses.find(|address| address.is_ipv4() == is_v4).ok_or_else(|| io::ErrorKind::NotFound.into())
}
"#,
    ),
    (
        "accept_within(",
        r#"
/// accept, for at most so long: std's waits for ever.
fn accept_within(listener: &TcpListener, time: Duration) -> io::Result<(TcpStream, SocketAddr)> {
    let end = Instant::now() + time;
    listener.set_nonblocking(true)?;
    let accepted = loop {
        match listener.accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(10));
            }
            result => break result,
        }
    };
    listener.set_nonblocking(false)?;
    let (stream, address) = accepted?;
    stream.set_nonblocking(false)?;
    Ok((stream, address))
}
"#,
    ),
    (
        "print_bytes(",
        r#"
/// Prints bytes as a literal of Python.
fn print_bytes(bytes: &[u8]) {
    println!("b\"{}\"", bytes.escape_ascii());
}
"#,
    ),
    (
        "read_all(",
        r#"
/// Reads until the buffer is full or the stream ends (MSG_WAITALL).
fn read_all(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..])? {
            0 => break,
            n => filled += n,
        }
    }
    Ok(filled)
}
"#,
    ),
    (
        "without_waiting(",
        r#"
/// A call that does not wait (MSG_DONTWAIT).
fn without_waiting<T>(stream: &mut TcpStream, call: impl FnOnce(&mut TcpStream) -> io::Result<T>) -> io::Result<T> {
    stream.set_nonblocking(true)?;
    let result = call(stream);
    stream.set_nonblocking(false)?;
    result
}
"#,
    ),
];

/// What a program imports: what it holds then, and the path.
pub(super) const IMPORTS: &[(&str, &str)] = &[
    (".read", "std::io::Read"),
    (".write", "std::io::Write"),
    ("SocketAddr", "std::net::SocketAddr"),
    ("Shutdown::", "std::net::Shutdown"),
    ("TcpListener", "std::net::TcpListener"),
    ("TcpStream", "std::net::TcpStream"),
    (".to_socket_addrs(", "std::net::ToSocketAddrs"),
    ("Duration::", "std::time::Duration"),
    ("Instant::", "std::time::Instant"),
];
