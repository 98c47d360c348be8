//! Staying home: the upstream's base URL, and the proof that another URL lies under it.
//!
//! Every URL that is ever asked for goes through here, whoever made it: our own paths, the next
//! link of a page, a `Location`. This room compares and joins; it never asks anybody.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use percent_encoding::percent_decode_str;

/// A URL leads, or may lead, out of the upstream's base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a URL leads out of the upstream's base URL")]
pub struct Strayed;

/// Why a text is not a base URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAnOrigin {
    /// It is not an absolute URL.
    #[error("expected `https://host/path/`")]
    Relative,
    /// Its scheme is neither `http` nor `https`.
    #[error("expected the scheme `https` or `http`")]
    Scheme,
    /// It carries a user name or password, which belong into the credential.
    #[error("expected no user name or password in the URL")]
    UserInfo,
    /// It has a query or a fragment.
    #[error("expected no `?` and no `#` in the base URL")]
    Query,
    /// Its path has empty, `.` or `..` segments, or hides them.
    #[error("expected a path without empty, `.` or `..` segments")]
    Path,
}

/// The base URL of an upstream; cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    authority: Authority,
    /// With a slash at both ends.
    base: Arc<str>,
}

impl Origin {
    /// Reads a base URL such as `https://legacy.example/HRBizagi`; the last slash may be missing.
    ///
    /// # Errors
    /// When it is not an absolute http(s) URL, or holds what a base URL must not hold.
    pub fn parse(url: &str) -> Result<Self, NotAnOrigin> {
        if url.contains(['?', '#']) {
            return Err(NotAnOrigin::Query);
        }
        if !is_plain(url) {
            return Err(NotAnOrigin::Path);
        }
        let uri: Uri = url.parse().map_err(|_| NotAnOrigin::Relative)?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(NotAnOrigin::Relative);
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(NotAnOrigin::Scheme);
        }
        if authority.as_str().contains('@') {
            return Err(NotAnOrigin::UserInfo);
        }
        if authority.host().is_empty() || (has_port(&authority) && authority.port_u16().is_none()) {
            return Err(NotAnOrigin::Relative);
        }
        let path = parts.path_and_query.as_ref().map_or("/", |path| path.path());
        let path = path.strip_suffix('/').unwrap_or(path);
        if path.split('/').skip(1).any(|segment| segment.is_empty() || is_treacherous(segment)) {
            return Err(NotAnOrigin::Path);
        }
        Ok(Self { scheme, authority, base: format!("{path}/").into() })
    }

    /// Whether what is sent there is encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// Whether it is this very machine, by a loopback address or the name `localhost`.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.authority.host();
        let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// The URL of a path (with query) below the base URL.
    ///
    /// # Errors
    /// When it leads out of the base URL.
    pub fn join(&self, relative: &str) -> Result<Uri, Strayed> {
        if is_simple(relative) {
            let mut whole = String::with_capacity(self.base.len() + relative.len());
            whole.push_str(&self.base);
            whole.push_str(relative);
            return self.finish(whole);
        }
        self.resolve(relative, &self.base)
    }

    /// The URL that somebody else named, absolute or relative to the base URL.
    ///
    /// # Errors
    /// When it leads out of the base URL.
    pub fn contains(&self, url: &str) -> Result<Uri, Strayed> {
        self.resolve(url, &self.base)
    }

    /// The URL that an answer named, absolute or relative to the URL that was asked for
    /// (RFC 3986 §5.2).
    ///
    /// # Errors
    /// When it leads out of the base URL.
    pub fn contains_from(&self, asked: &Uri, url: &str) -> Result<Uri, Strayed> {
        self.resolve(url, asked.path())
    }

    /// Whether a URL that came out of [`join`](Self::join) or [`contains`](Self::contains) is
    /// one of this very origin; no proof for any other URL.
    pub(super) fn holds(&self, url: &Uri) -> bool {
        // Such a URL has the very letters of ours.
        url.scheme() == Some(&self.scheme)
            && url.authority().map(Authority::as_str) == Some(self.authority.as_str())
            && self.covers(url.path())
    }

    fn resolve(&self, reference: &str, from: &str) -> Result<Uri, Strayed> {
        if !is_plain(reference) {
            return Err(Strayed);
        }
        let reference = reference.split('#').next().unwrap_or_default();
        let reference = match scheme_of(reference) {
            Some(scheme) if scheme.eq_ignore_ascii_case(self.scheme.as_str()) => {
                let rest = reference.get(scheme.len() + 1..).unwrap_or_default();
                if rest.starts_with("//") { rest } else { return Err(Strayed) }
            }
            Some(_) => return Err(Strayed),
            None => reference,
        };
        let local = match reference.strip_prefix("//") {
            Some(rest) => {
                let end = rest.find(['/', '?']).unwrap_or(rest.len());
                let (authority, local) = rest.split_at(end);
                self.is_ours(authority)?;
                if local.starts_with('/') { local } else { return Err(Strayed) }
            }
            None => reference,
        };
        let (path, query) = match local.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (local, None),
        };
        let path = if path.is_empty() {
            Cow::Borrowed(from)
        } else if path.starts_with('/') {
            Cow::Borrowed(path)
        } else {
            let folder = from.rfind('/').and_then(|end| from.get(..=end)).unwrap_or("/");
            Cow::Owned(format!("{folder}{path}"))
        };
        let mut whole = self.lead(&path)?;
        if let Some(query) = query {
            whole.push('?');
            whole.push_str(query);
        }
        self.finish(whole)
    }

    /// The URL of an absolute path (with query) that is known to be at home.
    fn finish(&self, path: String) -> Result<Uri, Strayed> {
        let path = PathAndQuery::try_from(path).map_err(|_| Strayed)?;
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(path);
        Uri::from_parts(parts).map_err(|_| Strayed)
    }

    /// The absolute path without dot segments, if it lies under the base path.
    fn lead(&self, path: &str) -> Result<String, Strayed> {
        let mut kept: Vec<&str> = Vec::with_capacity(8);
        let mut segments = path.strip_prefix('/').ok_or(Strayed)?.split('/').peekable();
        while let Some(segment) = segments.next() {
            let last = segments.peek().is_none();
            match segment {
                "." => {}
                ".." => {
                    kept.pop().ok_or(Strayed)?;
                }
                "" if !last => return Err(Strayed),
                _ if is_treacherous(segment) => return Err(Strayed),
                _ => kept.push(segment),
            }
            if last && matches!(segment, "." | "..") {
                kept.push("");
            }
        }
        let mut whole = String::with_capacity(path.len() + 1);
        for segment in kept {
            whole.push('/');
            whole.push_str(segment);
        }
        if self.covers(&whole) { Ok(whole) } else { Err(Strayed) }
    }

    /// Whether a path without dot segments begins with the base path, segment by segment.
    fn covers(&self, path: &str) -> bool {
        let base = self.base.strip_suffix('/').unwrap_or(&self.base);
        if path.strip_prefix(base).is_some_and(|rest| rest.starts_with('/')) {
            return true;
        }
        let mut segments = path.split('/');
        base.split('/').all(|wanted| {
            segments
                .next()
                .is_some_and(|found| percent_decode_str(found).eq(percent_decode_str(wanted)))
        }) && segments.next().is_some()
    }

    fn is_ours(&self, authority: &str) -> Result<(), Strayed> {
        if authority.contains(['@', '%']) {
            return Err(Strayed);
        }
        let theirs: Authority = authority.parse().map_err(|_| Strayed)?;
        let port = |authority: &Authority| match authority.port_u16() {
            Some(port) => Some(port),
            None if has_port(authority) => None,
            None if self.is_encrypted() => Some(443),
            None => Some(80),
        };
        let ours = port(&self.authority);
        let same = theirs.host().eq_ignore_ascii_case(self.authority.host());
        if same && ours.is_some() && port(&theirs) == ours { Ok(()) } else { Err(Strayed) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.base)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Origin({self})")
    }
}

/// Whether a path below the base has nothing in it that needs a second look: each segment has
/// characters without any meaning but their own, so the path cannot lead up or elsewhere.
fn is_simple(relative: &str) -> bool {
    let bytes = relative.as_bytes();
    let end = bytes.iter().position(|byte| *byte == b'?').unwrap_or(bytes.len());
    let (path, query) = bytes.split_at(end);
    let mut before = b'/';
    !path.is_empty()
        && path.iter().all(|byte| {
            let fine = byte.is_ascii_alphanumeric()
                || matches!(byte, b'_' | b'-' | b'(' | b')' | b'\'' | b'=' | b',')
                || (*byte == b'/' && before != b'/');
            before = *byte;
            fine
        })
        // A search is long: looking at every byte takes many at once, stopping at one does not.
        && query.iter().fold(true, |fine, byte| {
            fine & byte.is_ascii_graphic() & !matches!(byte, b'\\' | b'#')
        })
}

/// Whether a path leads below the base URL, whatever that is; what is expected where it does not.
/// A last slash does, and an empty path is the base URL itself.
///
/// # Errors
/// What is expected instead.
pub(super) fn below(path: &str) -> Result<(), &'static str> {
    if scheme_of(path).is_some() {
        return Err("expected a path that goes on behind `base_url`, not a URL");
    }
    if path.starts_with('/') {
        return Err("expected a path that goes on behind `base_url`, without a slash in front");
    }
    if path.contains(['?', '#']) {
        return Err("expected a path without `?` and `#`");
    }
    if !is_plain(path) {
        return Err("expected a path of visible ASCII without `\\`, `<`, `>` and `\"`; \
                    everything else percent-encoded");
    }
    let mut segments = path.strip_suffix('/').unwrap_or(path).split('/');
    if !path.is_empty() && segments.any(|segment| segment.is_empty() || is_treacherous(segment)) {
        return Err("expected a path without empty, `.` or `..` segments");
    }
    Ok(())
}

/// Whether something stands behind the host, be it a port or not.
fn has_port(authority: &Authority) -> bool {
    authority.as_str().len() != authority.host().len()
}

/// The scheme of an absolute URL; a colon further back belongs to a path.
fn scheme_of(reference: &str) -> Option<&str> {
    let (scheme, _) = reference.split_once(':')?;
    let is_scheme = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_scheme.then_some(scheme)
}

/// Whether it holds nothing that two readers of one URL could read differently: what is not
/// visible ASCII is dropped by some, and a backslash is a slash to others.
fn is_plain(url: &str) -> bool {
    url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'<' | b'>' | b'"'))
}

/// Whether a segment hides a dot segment behind percent-encoding, path parameters or encoded
/// separators, however often it is decoded; or cannot be decoded.
fn is_treacherous(segment: &str) -> bool {
    let mut text = Cow::Borrowed(segment);
    for _ in 0..4 {
        let hides = text
            .split(['/', '\\'])
            .map(|piece| piece.split(';').next().unwrap_or_default().trim_matches(' '))
            .any(|piece| matches!(piece, "." | ".."));
        if hides || text.contains('\0') {
            return true;
        }
        if !text.contains('%') {
            return false;
        }
        match percent_decode_str(&text).decode_utf8() {
            Ok(decoded) if decoded == text => return false,
            Ok(decoded) => text = Cow::Owned(decoded.into_owned()),
            Err(_) => return true,
        }
    }
    true
}

#[cfg(test)]
mod tests;
