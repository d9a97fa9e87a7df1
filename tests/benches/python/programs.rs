//! The programs that are measured, each run by Python in the page and by the machine's own against the same peer. They print what they measured.

/// Bytes of a transfer in one direction.
pub(crate) const TRANSFER_BYTES: usize = 64 << 20;

/// Round trips of one byte, to a peer that echoes: how many a second.
pub(crate) fn round_trips(port: u16, seconds: f64) -> String {
    format!(
        "import socket, time
s = socket.create_connection(('127.0.0.1', {port}))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
for _ in range(20):
    s.send(b'x')
    s.recv(1)
count, begun = 0, time.perf_counter()
while time.perf_counter() - begun < {seconds}:
    s.send(b'x')
    s.recv(1)
    count += 1
print('FIGURE', count / (time.perf_counter() - begun), '.')
s.close()
"
    )
}

/// What a peer sends, which then closes: bytes a second.
pub(crate) fn down(port: u16) -> String {
    format!(
        "import socket, time
s = socket.create_connection(('127.0.0.1', {port}))
got, begun = len(s.recv(1)), time.perf_counter()
while data := s.recv(65536):
    got += len(data)
print('FIGURE', got / (time.perf_counter() - begun), '.')
s.close()
"
    )
}

/// What is sent to a peer that says with a byte that it has all of it: bytes a second.
pub(crate) fn up(port: u16) -> String {
    format!(
        "import socket, time
s = socket.create_connection(('127.0.0.1', {port}))
block = bytes(65536)
begun = time.perf_counter()
for _ in range({TRANSFER_BYTES} // len(block)):
    s.sendall(block)
s.recv(1)
print('FIGURE', {TRANSFER_BYTES} / (time.perf_counter() - begun), '.')
s.close()
"
    )
}

/// 200 sockets to a peer, one after the other: seconds until all are connected.
pub(crate) fn many(port: u16) -> String {
    format!(
        "import socket, time
begun = time.perf_counter()
held = [socket.create_connection(('127.0.0.1', {port})) for _ in range(200)]
print('FIGURE', time.perf_counter() - begun, '.')
for s in held:
    s.close()
"
    )
}

/// A server that says a line to whoever asks for one, prints it, and goes on for ever.
pub(crate) const CHATTY: &str = "import socket
server = socket.create_server(('127.0.0.1', 0))
print('PORT', server.getsockname()[1], '.')
while True:
    client, address = server.accept()
    with client:
        number = 0
        while data := client.recv(1000):
            number += 1
            client.sendall(b'one more line, the %dth\\n' % number)
            print('said line', number, 'to', address)
";
