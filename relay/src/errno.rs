//! From the system's error numbers to the names of the wire.

use std::{fmt, io};

use protocol::{Failure, Name};

/// The failure of `call`, with the name that the system's error number has.
pub(crate) fn failure(call: &str, error: &io::Error) -> Failure {
    Failure::new(name(error), call, error.to_string())
}

/// The failure of `call` about `address`.
pub(crate) fn failure_at(call: &str, address: impl fmt::Display, error: &io::Error) -> Failure {
    failure(call, error).at(address)
}

/// The POSIX name of an error; `EIO` where it has no number or none that is known.
pub(crate) fn name(error: &io::Error) -> Name {
    let Some(number) = error.raw_os_error() else { return Name::EIO };
    NUMBERS.iter().find(|(known, _)| *known == number).map_or(Name::EIO, |(_, name)| *name)
}

/// The system's error of that name, for calls that the relay answers in the kernel's place.
pub(crate) fn error(name: Name) -> io::Error {
    let number = NUMBERS.iter().find(|(_, known)| *known == name).map(|(number, _)| *number);
    number.map_or_else(|| io::Error::other(name.as_str()), io::Error::from_raw_os_error)
}

#[cfg(unix)]
macro_rules! numbers {
    ($($name:ident)*) => {
        &[$((libc::$name, Name::$name)),*]
    };
}

/// `errno(3)`.
#[cfg(unix)]
const NUMBERS: &[(i32, Name)] = numbers! {
    EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF ECANCELED ECONNABORTED ECONNREFUSED ECONNRESET EDESTADDRREQ
    EHOSTDOWN EHOSTUNREACH EINPROGRESS EINTR EINVAL EIO EISCONN EMFILE EMSGSIZE ENETDOWN ENETUNREACH ENFILE ENOBUFS ENOENT ENOMEM
    ENOPROTOOPT ENOSYS ENOTCONN EOPNOTSUPP EPERM EPIPE EPROTONOSUPPORT ETIMEDOUT
};

/// Windows Sockets has numbers of its own for the same names ("Windows Sockets Error Codes").
#[cfg(windows)]
const NUMBERS: &[(i32, Name)] = &[
    (10004, Name::EINTR),
    (10009, Name::EBADF),
    (10013, Name::EACCES),
    (10022, Name::EINVAL),
    (10024, Name::EMFILE),
    (10035, Name::EAGAIN),
    (10036, Name::EINPROGRESS),
    (10037, Name::EALREADY),
    (10039, Name::EDESTADDRREQ),
    (10040, Name::EMSGSIZE),
    (10042, Name::ENOPROTOOPT),
    (10043, Name::EPROTONOSUPPORT),
    (10045, Name::EOPNOTSUPP),
    (10047, Name::EAFNOSUPPORT),
    (10048, Name::EADDRINUSE),
    (10049, Name::EADDRNOTAVAIL),
    (10050, Name::ENETDOWN),
    (10051, Name::ENETUNREACH),
    (10053, Name::ECONNABORTED),
    (10054, Name::ECONNRESET),
    (10055, Name::ENOBUFS),
    (10056, Name::EISCONN),
    (10057, Name::ENOTCONN),
    (10058, Name::EPIPE),
    (10060, Name::ETIMEDOUT),
    (10061, Name::ECONNREFUSED),
    (10064, Name::EHOSTDOWN),
    (10065, Name::EHOSTUNREACH),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_both_ways() {
        for (_, known) in NUMBERS {
            assert_eq!(name(&error(*known)), *known);
        }
    }

    /// Some kinds have no name in stable Rust; those are `Other` in the protocol.
    #[test]
    #[cfg(unix)]
    fn kinds_are_those_of_std() {
        for (number, name) in NUMBERS {
            let std = format!("{:?}", io::Error::from_raw_os_error(*number).kind());
            let unnamed = ["Uncategorized", "InProgress"].contains(&std.as_str());
            assert_eq!(format!("{:?}", name.kind()), if unnamed { "Other" } else { &std }, "{name}");
        }
    }

    #[test]
    fn what_has_no_number_is_eio() {
        assert_eq!(name(&io::Error::other("?")), Name::EIO);
        assert_eq!(name(&io::Error::from_raw_os_error(99_999)), Name::EIO);
    }
}
