//! Addresses as operators write them: sockets, URLs and base paths.

use std::net::{IpAddr, SocketAddr};

use http::Uri;

use crate::diagnostic::reader::{Placed, Table};

/// An IP address and port.
pub(super) fn socket(
    table: &Table<'_>,
    key: &str,
    text: Placed<String>,
) -> Option<Placed<SocketAddr>> {
    match text.value.parse() {
        Ok(value) => Some(Placed { value, span: text.span }),
        Err(_) => {
            table.sink().error(
                &text.span,
                format!("`{}` is not an address", table.named(key)),
                Some("expected an IP address and a port, such as `0.0.0.0:8443`".to_owned()),
                None,
            );
            None
        }
    }
}

/// An absolute URL, `http` or `https`, with a host, and without user name, query, fragment and
/// without empty, `.` or `..` segments, written plainly or hidden by percent signs.
pub(super) fn url(table: &Table<'_>, key: &str, text: &Placed<String>) -> Option<Uri> {
    match parse_url(&text.value) {
        Ok(uri) => Some(uri),
        Err(expected) => {
            table.sink().error(
                &text.span,
                format!("`{}` is not a URL that can be used", table.named(key)),
                Some(format!("expected {expected}")),
                None,
            );
            None
        }
    }
}

fn parse_url(text: &str) -> Result<Uri, &'static str> {
    const ABSOLUTE: &str = "an absolute URL such as `https://host.example.com/path/`";
    if text.contains(['?', '#']) {
        return Err("no query and no fragment");
    }
    if text.contains('\\') {
        return Err("slashes, not backslashes");
    }
    let uri: Uri = text.parse().map_err(|_| ABSOLUTE)?;
    let authority = uri.authority().ok_or(ABSOLUTE)?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err("a URL that starts with `https://`");
    }
    if authority.as_str().contains('@') {
        return Err("no user name or password in a URL; they belong into `auth`");
    }
    let bare = authority.as_str() == authority.host();
    if authority.host().is_empty() || (!bare && authority.port_u16().is_none()) {
        return Err("a host and, after a colon, a port from 0 to 65535");
    }
    let path = uri.path().strip_suffix('/').unwrap_or(uri.path());
    if path.split('/').skip(1).any(is_treacherous) {
        return Err("a path without empty, `.` or `..` segments");
    }
    Ok(uri)
}

/// Whether a segment of a path is empty, leads elsewhere or hides a separator.
fn is_treacherous(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    matches!(plain.as_str(), "" | "." | "..") || plain.contains("%2f") || plain.contains("%5c")
}

/// Whether a URL's host is this very machine, by loopback address or the name `localhost`.
pub(super) fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The same URL with a slash at its end, so that paths can be put behind it.
pub(super) fn with_slash(uri: Uri) -> Uri {
    if uri.path().ends_with('/') {
        return uri;
    }
    // One more slash never makes a valid URL invalid, short of the length limit.
    format!("{uri}/").parse().unwrap_or(uri)
}

/// What is wrong with a base path, if anything: it starts with a slash and ends with none, and its
/// segments are made of letters, digits, `-`, `.`, `_` and `~` (RFC 3986 §2.3), so that it has
/// one spelling only.
pub(super) fn base_path_fault(path: &str) -> Option<&'static str> {
    const SHAPE: &str = "a path such as `/scim/v2`, without a slash at its end";
    let Some(segments) = path.strip_prefix('/') else { return Some(SHAPE) };
    for segment in segments.split('/') {
        if matches!(segment, "" | "." | "..") {
            return Some(SHAPE);
        }
        if !segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)) {
            return Some("letters, digits, `-`, `.`, `_` and `~` between the slashes");
        }
    }
    None
}

/// Whether one base path is the other or lies below it, segment by segment.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let mut pairs = one.split('/').zip(other.split('/'));
    pairs.all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_that_could_lead_elsewhere_are_refused() {
        for good in ["https://h", "https://h/", "https://h:1/HR/", "http://[::1]:80/a%20b"] {
            assert!(parse_url(good).is_ok(), "{good}");
        }
        for bad in [
            "h",
            "/HR",
            "ftp://h/",
            "https://u:p@h/",
            "https://h/?a",
            "https://h/#a",
            "https://h//a",
            "https://h/../a",
            "https://h/%2E%2e/a",
            "https://h/a%2fb",
            "https://h\\a",
            "https://h:x/",
            "https://h:/",
            "https://h:99999/",
            "https://",
            "",
        ] {
            assert!(parse_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn this_machine_is_known() {
        for (text, expected) in [
            ("http://127.0.0.1:80/", true),
            ("http://[::1]/", true),
            ("http://LOCALHOST/", true),
            ("http://localhost.example.com/", false),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&text.parse().unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn base_paths_overlap_by_segments() {
        assert!(overlap("/scim", "/scim/v2") && overlap("/a/b", "/a/b") && overlap("/a/b", "/a"));
        assert!(!overlap("/scim", "/scim2") && !overlap("/a/b", "/a/c"));
        assert_eq!(base_path_fault("/scim/v2"), None);
        for bad in ["", "/", "scim", "/scim/", "//scim", "/a/../b", "/a b", "/%41"] {
            assert!(base_path_fault(bad).is_some(), "{bad}");
        }
    }
}
