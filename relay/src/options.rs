//! `setsockopt(2)` and `getsockopt(2)`: each option by its name, set and read back as the wire has it.
//!
//! The system calls are made here and not by socket2, whose setters set more than they say: its keepalive times switch keepalive on.
//! Which number an option has, and which options there are, is the system's own: see the file of each.

#[cfg_attr(unix, path = "options/unix.rs")]
#[cfg_attr(windows, path = "options/windows.rs")]
mod system;

use std::io;

use protocol::{Name, OptionValue, SocketOption};
use socket2::SockRef;

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
    #[cfg_attr(any(target_vendor = "apple", windows), expect(dead_code, reason = "no option of these systems is a text"))]
    Text,
}

/// Sets an option and returns what is in effect then, which may be something else.
///
/// # Errors
///
/// What the kernel says; `EINVAL` for a value that the option cannot have, `ENOPROTOOPT` for what this system lacks or only reads.
pub(crate) fn set(socket: &SockRef<'_>, option: SocketOption, value: &OptionValue) -> io::Result<OptionValue> {
    let (level, name, shape) = find(option)?;
    let bytes = match shape {
        Shape::Switch => as_switch(value)?.to_ne_bytes().to_vec(),
        Shape::Number => as_number(value)?.to_ne_bytes().to_vec(),
        Shape::Linger => {
            let on = system::LingerField::from(*value != OptionValue::Off);
            let seconds = system::LingerField::try_from(as_number(value)?).map_err(|_| wrong_value())?;
            [on.to_ne_bytes(), seconds.to_ne_bytes()].concat()
        }
        Shape::Text => match value {
            OptionValue::Text(text) => text.as_bytes().to_vec(),
            _ => return Err(wrong_value()),
        },
        Shape::Error => return Err(no_such_option()),
    };
    raw::setsockopt(socket, level, name, &bytes)?;
    get(socket, option)
}

/// Reads what is in effect.
///
/// # Errors
///
/// What the kernel says; `ENOPROTOOPT` for what this system lacks.
pub(crate) fn get(socket: &SockRef<'_>, option: SocketOption) -> io::Result<OptionValue> {
    let (level, name, shape) = find(option)?;
    let int = || raw::getsockopt(socket, level, name).map(i32::from_ne_bytes);
    Ok(match shape {
        Shape::Switch => OptionValue::Switch(int()? != 0),
        Shape::Number => OptionValue::Number(int()?.into()),
        Shape::Error => match int()? {
            0 => OptionValue::Off,
            error => OptionValue::Text(errno::name(&io::Error::from_raw_os_error(error)).to_string()),
        },
        Shape::Linger => {
            const FIELD: usize = size_of::<system::LingerField>();
            let linger = raw::getsockopt::<{ 2 * FIELD }>(socket, level, name)?;
            let field = |index: usize| linger[index * FIELD..].first_chunk().copied().map_or(0, system::LingerField::from_ne_bytes);
            if field(0) == 0 { OptionValue::Off } else { OptionValue::Number(field(1).into()) }
        }
        Shape::Text => {
            let text = raw::getsockopt::<16>(socket, level, name)?;
            let text = text.split(|byte| *byte == 0).next().unwrap_or_default();
            OptionValue::Text(String::from_utf8_lossy(text).into_owned())
        }
    })
}

/// The level, the number and the shape of an option.
fn find(option: SocketOption) -> io::Result<(i32, i32, Shape)> {
    system::find(option).ok_or_else(no_such_option)
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
