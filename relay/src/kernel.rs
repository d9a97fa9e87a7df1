//! One TCP descriptor and the system calls on it. The only file that moves bytes between a socket and memory.
//!
//! Nothing here waits: a call either returns what the kernel said, or `WouldBlock`, and the `poll_*` functions tell when to try again.

use std::{
    io::{self, Read},
    mem::MaybeUninit,
    net::{Ipv4Addr, SocketAddr},
    task::{Context, Poll},
    time::Duration,
};

use protocol::{Family, How, Info, ListenerId, Name, OptionValue, PollEvent, SocketOption};
use socket2::{Domain, SockAddr, SockRef, Socket, Type};
use tokio::{io::Interest, net::TcpStream};

use crate::{
    errno, info,
    lanes::{Recv, SendFlags},
    listeners::{Listener, Listeners},
    options, raw,
    watch::Watch,
};

/// A TCP socket, from `socket(2)` or `accept(2)` to its end. Dropping it closes the descriptor, and waits for nothing.
pub(crate) struct Descriptor {
    kind: Kind,
    family: Family,
    /// The options that were set, each once, for another socket that is like this one; `None` where that would not be enough.
    options: Option<Vec<(SocketOption, OptionValue)>>,
}

enum Kind {
    /// Neither connected nor listening. Not registered with the runtime: epoll reports such a socket as hung up, and tokio takes that as final.
    Idle(Socket),
    /// `connect(2)` was called, or `accept(2)` returned it.
    Stream(TcpStream),
    /// `listen(2)` was called.
    Listener(Listener),
    /// In between two of the others; only seen when a call that changes the kind failed half-way.
    Closed,
}

impl Drop for Descriptor {
    /// `close(2)` waits for what SO_LINGER says on a non-blocking descriptor too (`tcp_close` of Linux), and a thread that waits serves no other socket.
    /// What is left to be sent goes out without it.
    fn drop(&mut self) {
        let unlinger = |socket: SockRef<'_>| match socket.linger()? {
            Some(time) if !time.is_zero() => socket.set_linger(None),
            _ => Ok(()),
        };
        match self.with(unlinger) {
            Err(error) if !matches!(self.kind, Kind::Closed) => tracing::debug!(%error, "cannot look at SO_LINGER"),
            _ => {}
        }
    }
}

/// What one `recv(2)` gave.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Received {
    /// Bytes, at least one: this many.
    Bytes(usize),
    /// The other end finished sending, or reading was shut down.
    EndOfStream,
    /// It was asked for no byte.
    Nothing,
}

impl Descriptor {
    /// `socket(2)`. No option is set but those that keep the descriptor non-blocking and out of child processes.
    pub(crate) fn new(family: Family) -> io::Result<Self> {
        let domain = match family {
            Family::Inet => Domain::IPV4,
            Family::Inet6 => Domain::IPV6,
        };
        // In one system call, where the system can.
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let socket = Socket::new(domain, Type::STREAM.nonblocking(), None)?;
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let socket = Socket::new(domain, Type::STREAM, None).and_then(|socket| socket.set_nonblocking(true).map(|()| socket))?;
        Ok(Self { kind: Kind::Idle(socket), family, options: Some(Vec::new()) })
    }

    /// What `accept(2)` returned.
    pub(crate) fn accepted(stream: TcpStream) -> io::Result<Self> {
        let family = if stream.local_addr()?.is_ipv4() { Family::Inet } else { Family::Inet6 };
        Ok(Self { kind: Kind::Stream(stream), family, options: None })
    }

    pub(crate) fn family(&self) -> Family {
        self.family
    }

    /// `bind(2)`; returns the address that the socket has now.
    pub(crate) fn bind(&self, address: SocketAddr) -> io::Result<SocketAddr> {
        self.with(|socket| socket.bind(&address.into()))?;
        self.local_addr()
    }

    /// A new socket with the options of this one: what was bound cannot be bound again. `None` where this one has listened or tried to connect.
    ///
    /// # Errors
    ///
    /// What `socket(2)` and `setsockopt(2)` say.
    pub(crate) fn another(&self) -> io::Result<Option<Self>> {
        let Some(options) = &self.options else { return Ok(None) };
        let mut another = Self::new(self.family)?;
        for (option, value) in options {
            another.set_option(*option, value)?;
        }
        Ok(Some(another))
    }

    /// Where in IPv4 a socket at `local` is as well: all of IPv6 is all of IPv4, too, unless IPV6_V6ONLY is set (`ipv6(7)`).
    pub(crate) fn also_at(&self, local: SocketAddr) -> Option<SocketAddr> {
        let is_all = local.is_ipv6() && local.ip().is_unspecified();
        // Where the system does not tell, it is.
        let is_dual = is_all && !self.with(|socket| socket.only_v6()).unwrap_or(false);
        is_dual.then(|| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), local.port()))
    }

    /// `listen(2)`; on a listener it changes the backlog. Returns the listener's id and address, and the backlog that the kernel took.
    pub(crate) fn listen(&mut self, backlog: i32, listeners: &Listeners) -> io::Result<(ListenerId, SocketAddr, Option<u32>)> {
        self.options = None;
        self.with(|socket| socket.listen(backlog))?;
        if let Kind::Listener(listener) = &self.kind {
            listener.register()?;
        } else {
            let socket = self.take_socket()?;
            self.kind = Kind::Listener(listeners.add(TcpStream::from_std(socket.into())?)?);
        }
        let local = self.local_addr()?;
        let backlog = self.with(|socket| Ok(info::backlog(&socket)))?;
        match &self.kind {
            Kind::Listener(listener) => Ok((listener.id(), local, backlog)),
            // Its socket could not be registered: `take_socket` or `from_std` said so already.
            _ => Err(errno::error(Name::EINVAL)),
        }
    }

    /// `connect(2)`. `Ok(true)` is an established connection; `Ok(false)` is one under way, see [`connect_result`](Self::connect_result).
    pub(crate) fn connect(&mut self, address: SocketAddr) -> io::Result<bool> {
        self.options = None;
        let connected = match self.with(|socket| socket.connect(&address.into())) {
            Ok(()) => true,
            Err(error) if is_in_progress(&error) || waits_for_another(&error) => false,
            Err(error) => return Err(error),
        };
        // Registered anew, also after a failed attempt: what the runtime was told of that one would count for this one.
        let socket = self.take_socket()?;
        self.kind = Kind::Stream(TcpStream::from_std(socket.into())?);
        Ok(connected)
    }

    /// How the `connect(2)` to `address` that is under way ended, or `WouldBlock`. After [`poll_writable`](Self::poll_writable).
    ///
    /// Linux tells it to a second `connect(2)`, and only that makes the socket fit for another attempt, as a blocking one that failed does;
    /// after SO_ERROR the next attempt would fail with ECONNABORTED.
    #[cfg_attr(not(target_os = "linux"), expect(unused_variables, reason = "only Linux is asked with the address"))]
    pub(crate) fn connect_result(&self, address: SocketAddr) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        return self.with(|socket| match socket.connect(&address.into()) {
            Err(error) if matches!(errno::name(&error), Name::EALREADY | Name::EINPROGRESS) => Err(io::ErrorKind::WouldBlock.into()),
            result => result,
        });
        #[cfg(not(target_os = "linux"))]
        self.with(|socket| match socket.take_error()? {
            Some(error) => Err(error),
            // Writable without an error and without a peer: the runtime spoke of an earlier state.
            None => socket.peer_addr().map(drop).map_err(|error| match errno::name(&error) {
                Name::ENOTCONN => io::ErrorKind::WouldBlock.into(),
                _ => error,
            }),
        })
    }

    /// One `recv(2)` into `buffer`, with the flags of `recv`.
    pub(crate) fn recv(&self, buffer: &mut [u8], recv: &Recv) -> io::Result<Received> {
        let is_empty = buffer.is_empty();
        let count = self.with(|socket| match (recv.peek, recv.oob) {
            (false, false) => (&*socket).read(buffer),
            (true, false) => socket.peek(uninit(buffer)),
            (false, true) => socket.recv_out_of_band(uninit(buffer)),
            (true, true) => socket.recv_with_flags(uninit(buffer), MSG_PEEK | MSG_OOB),
        })?;
        Ok(match count {
            0 if is_empty => Received::Nothing,
            0 => Received::EndOfStream,
            _ => Received::Bytes(count),
        })
    }

    /// One `send(2)`; returns how many bytes the kernel took. Fails with `EOPNOTSUPP` for a flag that this system lacks.
    pub(crate) fn send(&self, bytes: &[u8], flags: SendFlags) -> io::Result<usize> {
        let more = match (flags.more, MSG_MORE) {
            (false, _) => 0,
            (true, Some(more)) => more,
            (true, None) => return Err(errno::error(Name::EOPNOTSUPP)),
        };
        let oob = if flags.oob { MSG_OOB } else { 0 };
        self.with(|socket| socket.send_with_flags(bytes, more | oob))
    }

    /// `shutdown(2)`.
    pub(crate) fn shutdown(&self, how: How) -> io::Result<()> {
        let how = match how {
            How::Read => std::net::Shutdown::Read,
            How::Write => std::net::Shutdown::Write,
            How::Both => std::net::Shutdown::Both,
        };
        self.with(|socket| socket.shutdown(how))
    }

    /// Makes the coming `close(2)` send RST instead of FIN: SO_LINGER of zero seconds (`socket(7)`).
    pub(crate) fn set_abort(&self) -> io::Result<()> {
        self.with(|socket| socket.set_linger(Some(Duration::ZERO)))
    }

    /// `getsockname(2)`.
    pub(crate) fn local_addr(&self) -> io::Result<SocketAddr> {
        self.with(|socket| socket.local_addr()).and_then(internet_address)
    }

    /// `getpeername(2)`.
    pub(crate) fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.with(|socket| socket.peer_addr()).and_then(internet_address)
    }

    /// Ready when a `recv` may have something to say. A socket that is not connected has its error to say at once.
    pub(crate) fn poll_readable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.kind {
            Kind::Stream(stream) => stream.poll_read_ready(context),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// Ready when a `send` may have something to say, or a `connect` under way ended.
    pub(crate) fn poll_writable(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.kind {
            Kind::Stream(stream) => stream.poll_write_ready(context),
            _ => Poll::Ready(Ok(())),
        }
    }

    /// `setsockopt(2)`; returns what is in effect then.
    pub(crate) fn set_option(&mut self, option: SocketOption, value: &OptionValue) -> io::Result<OptionValue> {
        let in_effect = self.with(|socket| options::set(&socket, option, value))?;
        if let Some(options) = &mut self.options {
            options.retain(|(set, _)| *set != option);
            options.push((option, value.clone()));
        }
        Ok(in_effect)
    }

    /// `getsockopt(2)`.
    pub(crate) fn option(&self, option: SocketOption) -> io::Result<OptionValue> {
        self.with(|socket| options::get(&socket, option))
    }

    /// What the kernel knows of the socket.
    pub(crate) fn info(&self) -> io::Result<Info> {
        self.with(|socket| info::of_socket(&socket))
    }

    /// `poll(2)` without waiting: which of `wanted` can be had now, and errors and hang-ups. It takes nothing.
    pub(crate) fn poll_events(&self, wanted: &[PollEvent]) -> io::Result<Vec<PollEvent>> {
        self.with(|socket| raw::poll(&socket, wanted))
    }

    /// What tells when to ask [`poll_events`](Self::poll_events) again.
    pub(crate) fn watch(&self) -> io::Result<Watch> {
        self.with(|socket| Watch::new(&socket))
    }

    /// Makes `call` and, where it would block, lets `poll_readable` or `poll_writable` wait for the next change.
    pub(crate) fn when<R>(&self, interest: Interest, call: impl FnOnce(&Self) -> io::Result<R>) -> io::Result<R> {
        match &self.kind {
            Kind::Stream(stream) => stream.try_io(interest, || call(self)),
            _ => call(self),
        }
    }

    fn with<R>(&self, call: impl FnOnce(SockRef<'_>) -> io::Result<R>) -> io::Result<R> {
        match &self.kind {
            Kind::Idle(socket) => call(SockRef::from(socket)),
            Kind::Stream(stream) => call(SockRef::from(stream)),
            Kind::Listener(listener) => listener.with(call),
            Kind::Closed => Err(errno::error(Name::EBADF)),
        }
    }

    /// Takes the socket out, deregistered, to be put back as another kind.
    fn take_socket(&mut self) -> io::Result<Socket> {
        match std::mem::replace(&mut self.kind, Kind::Closed) {
            Kind::Idle(socket) => Ok(socket),
            Kind::Stream(stream) => stream.into_std().map(Socket::from),
            // One that was shut down, and connected then. Whoever waits in its `accept` holds it too, so it is taken as a duplicate.
            Kind::Listener(listener) => listener.with(|socket| socket.try_clone()),
            Kind::Closed => Err(errno::error(Name::EBADF)),
        }
    }
}

/// The same number everywhere: `sys/socket.h` of Linux, of macOS and of the BSDs, and `winsock2.h`.
const MSG_OOB: i32 = 1;
const MSG_PEEK: i32 = 2;

#[cfg(any(target_os = "linux", target_os = "android"))]
const MSG_MORE: Option<i32> = Some(libc::MSG_MORE);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const MSG_MORE: Option<i32> = None;

/// The same memory, for a call that promises to write only initialised bytes into it.
fn uninit(buffer: &mut [u8]) -> &mut [MaybeUninit<u8>] {
    let length = buffer.len();
    // SAFETY: `MaybeUninit<u8>` has the layout of `u8`. The callers hand the slice to socket2's forms of `recv(2)`, which document that they never
    // write uninitialised bytes, so that `buffer` stays initialised.
    #[allow(unsafe_code, reason = "socket2 receives into uninitialised memory only")]
    unsafe {
        std::slice::from_raw_parts_mut(buffer.as_mut_ptr().cast(), length)
    }
}

fn internet_address(address: SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| errno::error(Name::EAFNOSUPPORT))
}

/// What a non-blocking `connect(2)` says when it has begun; Windows says WSAEWOULDBLOCK.
fn is_in_progress(error: &io::Error) -> bool {
    errno::name(error) == Name::EINPROGRESS || cfg!(windows) && errno::name(error) == Name::EAGAIN
}

/// On Linux a blocking `connect(2)` waits for the attempt that an earlier one left pending, whatever its own address; a non-blocking one says EALREADY.
fn waits_for_another(error: &io::Error) -> bool {
    cfg!(target_os = "linux") && errno::name(error) == Name::EALREADY
}
