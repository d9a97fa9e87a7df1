//! What a browser says it can read, and what it has already.

/// Whether an `Accept-Encoding` (RFC 9110 section 12.5.3) like `gzip;q=0.5, br, *;q=0` permits `coding`.
pub(crate) fn accepts(accept_encoding: &str, coding: &str) -> bool {
    let weight = |wanted: &str| {
        accept_encoding.split(',').find_map(|item| {
            let mut parts = item.split(';').map(str::trim);
            let name = parts.next()?;
            let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
            name.eq_ignore_ascii_case(wanted).then(|| weight.map_or(Some(1.0), |weight| weight.parse::<f32>().ok()).unwrap_or(0.0))
        })
    };
    weight(coding).or_else(|| weight("*")).is_some_and(|weight| weight > 0.0)
}

/// Whether a browser that sends `if_none_match` (RFC 9110 section 13.1.2, weak comparison) has the file with this tag already.
pub(crate) fn is_known(etag: &str, if_none_match: &str) -> bool {
    let opaque = etag.trim_start_matches("W/");
    if_none_match.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == opaque)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_known_by_its_tag() {
        for known in ["W/\"1\"", "\"1\"", "\"0\", W/\"1\"", "*"] {
            assert!(is_known("W/\"1\"", known), "{known}");
        }
        for other in ["", "1", "\"11\"", "W/\"2\", \"3\""] {
            assert!(!is_known("W/\"1\"", other), "{other}");
        }
    }
}
