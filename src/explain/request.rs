//! A request in a file: `METHOD /path`, headers, an empty line, a body.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Uri};
use http_body_util::Full;

/// A request that was read.
#[derive(Clone, Debug)]
pub struct Request {
    method: Method,
    target: Uri,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// Why a text is no request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// There is no first line.
    #[error("line 1: expected `METHOD /path`, found nothing")]
    Empty,
    /// The first line is no method and path.
    #[error("line 1: expected `METHOD /path`, such as `PATCH /scim/v2/Users/7`")]
    FirstLine,
    /// The path has a sign in it that no path has.
    #[error(
        "line 1: expected a path as it is sent, found {found} in it: write `%20` for a blank and \
         `%22` for a quotation mark"
    )]
    Target {
        /// The first such sign.
        found: &'static str,
    },
    /// A header is none.
    #[error("line {line}: expected `name: value`, or an empty line before the body")]
    Header {
        /// Which line, from 1.
        line: usize,
    },
}

impl Request {
    /// Reads a request. `HTTP/1.1` behind the path is taken and means nothing.
    ///
    /// # Errors
    /// [`Mistake`], with the line.
    pub fn parse(text: &str) -> Result<Self, Mistake> {
        let text = text.trim_start_matches('\u{feff}');
        let mut rest = text;
        let first = next_line(&mut rest).ok_or(Mistake::Empty)?;
        let first = first.trim();
        let Some((method, target)) = first.split_once(char::is_whitespace) else {
            return Err(if first.is_empty() { Mistake::Empty } else { Mistake::FirstLine });
        };
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| Mistake::FirstLine)?;
        let target = target.trim_start();
        let target = match target.rsplit_once(char::is_whitespace) {
            Some((path, version)) if version.starts_with("HTTP/") => path.trim_end(),
            _ => target,
        };
        if target.contains(char::is_whitespace) {
            return Err(Mistake::Target { found: "a blank" });
        }
        if target.contains('"') {
            return Err(Mistake::Target { found: "a quotation mark" });
        }
        let target: Uri = target.parse().map_err(|_| Mistake::FirstLine)?;
        let mut headers = Vec::new();
        let mut number = 1;
        while let Some(line) = next_line(&mut rest) {
            number += 1;
            if line.trim().is_empty() {
                break;
            }
            let header = line.split_once(':').and_then(|(name, value)| {
                let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
                Some((name, HeaderValue::from_str(value.trim()).ok()?))
            });
            headers.push(header.ok_or(Mistake::Header { line: number })?);
        }
        Ok(Self { method, target, headers, body: Bytes::copy_from_slice(rest.as_bytes()) })
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.path()
    }

    /// `METHOD /path?query`.
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    pub(super) fn into_http(self) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.target;
        for (name, value) in self.headers {
            request.headers_mut().append(name, value);
        }
        request
    }
}

fn next_line<'t>(rest: &mut &'t str) -> Option<&'t str> {
    if rest.is_empty() {
        return None;
    }
    let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
    *rest = after;
    Some(line.strip_suffix('\r').unwrap_or(line))
}
