//! `setsockopt(2)` and `getsockopt(2)`: each option by its name, set and read back as the wire has it.
//!
//! The system calls are made here and not by socket2, whose setters set more than they say: its keepalive times switch keepalive on.

use std::io;

use protocol::{Name, OptionValue, SocketOption};
use socket2::SockRef;

use crate::errno;

/// Sets an option and returns what is in effect then, which may be something else.
///
/// # Errors
///
/// What the kernel says; `EINVAL` for a value that the option cannot have, `ENOPROTOOPT` for what this system lacks or only reads.
pub(crate) fn set(socket: &SockRef<'_>, option: SocketOption, value: &OptionValue) -> io::Result<OptionValue> {
    system::set(socket, option, value)?;
    system::get(socket, option)
}

/// Reads what is in effect.
///
/// # Errors
///
/// What the kernel says; `ENOPROTOOPT` for what this system lacks.
pub(crate) fn get(socket: &SockRef<'_>, option: SocketOption) -> io::Result<OptionValue> {
    system::get(socket, option)
}

fn no_such_option() -> io::Error {
    errno::error(Name::ENOPROTOOPT)
}

fn wrong_value() -> io::Error {
    errno::error(Name::EINVAL)
}

/// A switch takes a number too, as in C.
fn as_switch(value: &OptionValue) -> io::Result<i32> {
    match value {
        OptionValue::Switch(on) => Ok(i32::from(*on)),
        OptionValue::Number(number) => Ok(i32::from(*number != 0)),
        OptionValue::Text(_) | OptionValue::Off => Err(wrong_value()),
    }
}

fn as_number(value: &OptionValue) -> io::Result<i32> {
    match value {
        OptionValue::Number(number) => i32::try_from(*number).map_err(|_| wrong_value()),
        OptionValue::Off => Ok(0),
        OptionValue::Switch(_) | OptionValue::Text(_) => Err(wrong_value()),
    }
}

#[cfg(unix)]
mod system {
    use std::io;

    use protocol::{OptionValue, SocketOption};
    use socket2::SockRef;

    use super::{as_number, as_switch, no_such_option, wrong_value};
    use crate::{errno, raw};

    /// How an option's value looks in C.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Shape {
        /// `int`, 0 or 1.
        Switch,
        /// `int`.
        Number,
        /// `int` with the number of an error.
        Error,
        /// `struct linger`.
        Linger,
        /// Characters.
        Text,
    }

    pub(super) fn set(socket: &SockRef<'_>, option: SocketOption, value: &OptionValue) -> io::Result<()> {
        let (level, name, shape) = find(option)?;
        match shape {
            Shape::Switch => raw::setsockopt(socket, level, name, &as_switch(value)?.to_ne_bytes()),
            Shape::Number => raw::setsockopt(socket, level, name, &as_number(value)?.to_ne_bytes()),
            Shape::Linger => {
                let on = i32::from(*value != OptionValue::Off);
                // `struct linger` is two ints on every Unix (POSIX `sys_socket.h`).
                let linger = [on.to_ne_bytes(), as_number(value)?.to_ne_bytes()].concat();
                raw::setsockopt(socket, level, name, &linger)
            }
            Shape::Text => match value {
                OptionValue::Text(text) => raw::setsockopt(socket, level, name, text.as_bytes()),
                _ => Err(wrong_value()),
            },
            Shape::Error => Err(no_such_option()),
        }
    }

    pub(super) fn get(socket: &SockRef<'_>, option: SocketOption) -> io::Result<OptionValue> {
        let (level, name, shape) = find(option)?;
        if shape == Shape::Text {
            let text = raw::getsockopt::<16>(socket, level, name)?;
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            return Ok(OptionValue::Text(String::from_utf8_lossy(text).into_owned()));
        }
        let raw = raw::getsockopt::<8>(socket, level, name)?;
        let [first, second] = [[raw[0], raw[1], raw[2], raw[3]], [raw[4], raw[5], raw[6], raw[7]]].map(i32::from_ne_bytes);
        Ok(match shape {
            Shape::Switch => OptionValue::Switch(first != 0),
            Shape::Number => OptionValue::Number(first.into()),
            Shape::Linger if first == 0 => OptionValue::Off,
            Shape::Linger => OptionValue::Number(second.into()),
            Shape::Error if first == 0 => OptionValue::Off,
            Shape::Error | Shape::Text => OptionValue::Text(errno::name(&io::Error::from_raw_os_error(first)).to_string()),
        })
    }

    fn find(option: SocketOption) -> io::Result<(i32, i32, Shape)> {
        use Shape::{Error, Linger, Number, Switch};
        use SocketOption as Opt;
        use libc::{IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, SOL_SOCKET};
        Ok(match option {
            Opt::SO_REUSEADDR => (SOL_SOCKET, libc::SO_REUSEADDR, Switch),
            Opt::SO_REUSEPORT => (SOL_SOCKET, libc::SO_REUSEPORT, Switch),
            Opt::SO_SNDBUF => (SOL_SOCKET, libc::SO_SNDBUF, Number),
            Opt::SO_RCVBUF => (SOL_SOCKET, libc::SO_RCVBUF, Number),
            #[cfg(target_vendor = "apple")]
            Opt::SO_LINGER => (SOL_SOCKET, libc::SO_LINGER_SEC, Linger),
            #[cfg(not(target_vendor = "apple"))]
            Opt::SO_LINGER => (SOL_SOCKET, libc::SO_LINGER, Linger),
            Opt::SO_KEEPALIVE => (SOL_SOCKET, libc::SO_KEEPALIVE, Switch),
            Opt::SO_ERROR => (SOL_SOCKET, libc::SO_ERROR, Error),
            Opt::SO_TYPE => (SOL_SOCKET, libc::SO_TYPE, Number),
            Opt::SO_RCVLOWAT => (SOL_SOCKET, libc::SO_RCVLOWAT, Number),
            Opt::SO_DONTROUTE => (SOL_SOCKET, libc::SO_DONTROUTE, Switch),
            Opt::SO_OOBINLINE => (SOL_SOCKET, libc::SO_OOBINLINE, Switch),
            Opt::TCP_NODELAY => (IPPROTO_TCP, libc::TCP_NODELAY, Switch),
            #[cfg(target_vendor = "apple")]
            Opt::TCP_KEEPIDLE => (IPPROTO_TCP, libc::TCP_KEEPALIVE, Number),
            #[cfg(not(target_vendor = "apple"))]
            Opt::TCP_KEEPIDLE => (IPPROTO_TCP, libc::TCP_KEEPIDLE, Number),
            Opt::TCP_KEEPINTVL => (IPPROTO_TCP, libc::TCP_KEEPINTVL, Number),
            Opt::TCP_KEEPCNT => (IPPROTO_TCP, libc::TCP_KEEPCNT, Number),
            Opt::TCP_MAXSEG => (IPPROTO_TCP, libc::TCP_MAXSEG, Number),
            Opt::IP_TTL => (IPPROTO_IP, libc::IP_TTL, Number),
            Opt::IP_TOS => (IPPROTO_IP, libc::IP_TOS, Number),
            Opt::IPV6_TCLASS => (IPPROTO_IPV6, libc::IPV6_TCLASS, Number),
            Opt::IPV6_V6ONLY => (IPPROTO_IPV6, libc::IPV6_V6ONLY, Switch),
            Opt::IPV6_UNICAST_HOPS => (IPPROTO_IPV6, libc::IPV6_UNICAST_HOPS, Number),
            other => return find_more(other),
        })
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn find_more(option: SocketOption) -> io::Result<(i32, i32, Shape)> {
        use SocketOption as Opt;
        use libc::{IPPROTO_IP, IPPROTO_TCP, SOL_SOCKET};
        Ok(match option {
            Opt::SO_ACCEPTCONN => (SOL_SOCKET, libc::SO_ACCEPTCONN, Shape::Switch),
            Opt::SO_DOMAIN => (SOL_SOCKET, libc::SO_DOMAIN, Shape::Number),
            Opt::SO_PROTOCOL => (SOL_SOCKET, libc::SO_PROTOCOL, Shape::Number),
            Opt::SO_PRIORITY => (SOL_SOCKET, libc::SO_PRIORITY, Shape::Number),
            Opt::TCP_DEFER_ACCEPT => (IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, Shape::Number),
            Opt::TCP_SYNCNT => (IPPROTO_TCP, libc::TCP_SYNCNT, Shape::Number),
            Opt::TCP_WINDOW_CLAMP => (IPPROTO_TCP, libc::TCP_WINDOW_CLAMP, Shape::Number),
            Opt::TCP_FASTOPEN => (IPPROTO_TCP, libc::TCP_FASTOPEN, Shape::Number),
            Opt::TCP_LINGER2 => (IPPROTO_TCP, libc::TCP_LINGER2, Shape::Number),
            Opt::IP_MTU => (IPPROTO_IP, libc::IP_MTU, Shape::Number),
            Opt::TCP_QUICKACK => (IPPROTO_TCP, libc::TCP_QUICKACK, Shape::Switch),
            Opt::TCP_CORK => (IPPROTO_TCP, libc::TCP_CORK, Shape::Switch),
            Opt::TCP_USER_TIMEOUT => (IPPROTO_TCP, libc::TCP_USER_TIMEOUT, Shape::Number),
            Opt::TCP_NOTSENT_LOWAT => (IPPROTO_TCP, libc::TCP_NOTSENT_LOWAT, Shape::Number),
            Opt::TCP_CONGESTION => (IPPROTO_TCP, libc::TCP_CONGESTION, Shape::Text),
            _ => return Err(no_such_option()),
        })
    }

    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    fn find_more(_option: SocketOption) -> io::Result<(i32, i32, Shape)> {
        Err(no_such_option())
    }
}

/// What socket2 offers there; the rest is missing, and said to be.
#[cfg(windows)]
mod system {
    use std::{io, time::Duration};

    use protocol::{OptionValue, SocketOption};
    use socket2::SockRef;

    use super::{as_number, as_switch, no_such_option, wrong_value};
    use crate::errno;

    pub(super) fn set(socket: &SockRef<'_>, option: SocketOption, value: &OptionValue) -> io::Result<()> {
        use SocketOption as Opt;
        let switch = || as_switch(value).map(|on| on != 0);
        let size = || usize::try_from(as_number(value)?).map_err(|_| wrong_value());
        let count = || u32::try_from(as_number(value)?).map_err(|_| wrong_value());
        match option {
            Opt::SO_REUSEADDR => socket.set_reuse_address(switch()?),
            Opt::SO_SNDBUF => socket.set_send_buffer_size(size()?),
            Opt::SO_RCVBUF => socket.set_recv_buffer_size(size()?),
            Opt::SO_LINGER if *value == OptionValue::Off => socket.set_linger(None),
            Opt::SO_LINGER => socket.set_linger(Some(Duration::from_secs(count()?.into()))),
            Opt::SO_KEEPALIVE => socket.set_keepalive(switch()?),
            Opt::SO_OOBINLINE => socket.set_out_of_band_inline(switch()?),
            Opt::TCP_NODELAY => socket.set_tcp_nodelay(switch()?),
            Opt::IP_TTL => socket.set_ttl_v4(count()?),
            Opt::IPV6_V6ONLY => socket.set_only_v6(switch()?),
            Opt::IPV6_UNICAST_HOPS => socket.set_unicast_hops_v6(count()?),
            _ => Err(no_such_option()),
        }
    }

    pub(super) fn get(socket: &SockRef<'_>, option: SocketOption) -> io::Result<OptionValue> {
        use OptionValue::{Number, Off, Switch, Text};
        use SocketOption as Opt;
        let size = |size: usize| i64::try_from(size).map(Number).map_err(io::Error::other);
        Ok(match option {
            Opt::SO_REUSEADDR => Switch(socket.reuse_address()?),
            Opt::SO_SNDBUF => size(socket.send_buffer_size()?)?,
            Opt::SO_RCVBUF => size(socket.recv_buffer_size()?)?,
            Opt::SO_LINGER => socket.linger()?.map_or(Off, |linger| Number(linger.as_secs().cast_signed())),
            Opt::SO_KEEPALIVE => Switch(socket.keepalive()?),
            Opt::SO_ERROR => socket.take_error()?.map_or(Off, |error| Text(errno::name(&error).to_string())),
            Opt::SO_OOBINLINE => Switch(socket.out_of_band_inline()?),
            Opt::TCP_NODELAY => Switch(socket.tcp_nodelay()?),
            Opt::IP_TTL => Number(socket.ttl_v4()?.into()),
            Opt::IPV6_V6ONLY => Switch(socket.only_v6()?),
            Opt::IPV6_UNICAST_HOPS => Number(socket.unicast_hops_v6()?.into()),
            _ => return Err(no_such_option()),
        })
    }
}
