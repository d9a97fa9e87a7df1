//! The secret of one run of the relay.

use std::{fmt, io, str::FromStr};

use subtle::ConstantTimeEq;

/// 128 random bits: whoever has them may open sockets through this relay.
///
/// [`Display`](fmt::Display) writes them as 32 hexadecimal digits, for the address that is printed; [`Debug`](fmt::Debug) keeps them to itself, so that they
/// reach no log.
#[derive(Clone, Copy)]
pub struct Token([u8; 16]);

impl Token {
    /// A new token from the system's randomness.
    ///
    /// # Errors
    ///
    /// The system has none to give.
    pub fn random() -> io::Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        Ok(Self(bytes))
    }

    /// Whether `offered` is this token, in a time that does not depend on where they differ.
    pub fn matches(&self, offered: &str) -> bool {
        bool::from(self.to_string().as_bytes().ct_eq(offered.as_bytes()))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadToken;

impl fmt::Display for BadToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token is 32 hexadecimal digits")
    }
}

impl std::error::Error for BadToken {}

impl FromStr for Token {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<Self, BadToken> {
        if text.len() != 32 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(BadToken);
        }
        u128::from_str_radix(text, 16).map(|bits| Self(bits.to_be_bytes())).map_err(|_| BadToken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_matches_its_own_text_and_no_other() {
        let token = Token::random().unwrap();
        let text = token.to_string();
        assert_eq!(text.len(), 32);
        assert!(token.matches(&text));
        assert!(text.parse::<Token>().unwrap().matches(&text));
        assert!(!token.matches(&text[1..]));
        assert!(!token.matches(""));
        assert!(!token.matches(&Token::random().unwrap().to_string()));
    }

    #[test]
    fn debug_tells_nothing() {
        assert_eq!(format!("{:?}", Token::random().unwrap()), "Token(…)");
    }
}
