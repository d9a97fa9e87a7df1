//! The other Unixes: nothing is told.

use std::io;

use protocol::{Info, Name};
use socket2::SockRef;

use super::Row;
use crate::errno;

pub(super) fn of_socket(_socket: &SockRef<'_>) -> io::Result<Info> {
    Ok(Info::default())
}

pub(super) fn table() -> io::Result<Vec<Row>> {
    Err(errno::error(Name::EOPNOTSUPP))
}
