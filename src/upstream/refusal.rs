//! What an answer's status and body mean: success, or which refusal.

use std::time::Duration;

use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use serde_json::Value;

use super::client::{Again, Failure, Raw};
use super::dialect::{Call, Dialect};
use super::error::{Error, Kind};
use crate::record::{Class, ErrorRule, Place, Recognised};
use crate::seam::Clock;

/// The largest body in which a refusal is looked for, in bytes.
pub(super) const LARGEST: usize = 64 * 1024;

/// The longest time that an upstream may make us wait, in seconds.
const LONGEST_WAIT: u32 = 3600;

/// Why an answer is not a success; `None` if it is.
pub(super) fn judge(
    dialect: &dyn Dialect,
    call: &Call<'_>,
    raw: &Raw,
    clock: &dyn Clock,
) -> Option<Failure> {
    let status = raw.status;
    let write = call.action.is_write();
    if status.is_redirection() || status.is_informational() {
        let error = Error::new(Kind::Strayed).because(Redirected(status)).unsure(write);
        return Some(Failure { error, again: Again::Never });
    }
    let refused = dialect.refuses(call, status, &raw.body);
    let (kind, detail) = match recognise(dialect, call, raw, refused) {
        Some(Recognised { class, detail }) => (Kind::Refused(class), detail),
        None if !refused => return None,
        None => {
            let told = dialect.recognise(call, status, &raw.body);
            (told.unwrap_or_else(|| usual(status, &raw.headers)), None)
        }
    };
    let kind = match kind {
        // Only a row can be missing: a missing collection is a mistake in the mapping.
        Kind::Refused(Class::Missing) if !call.action.is_keyed() => Kind::Unsupported,
        kind => kind,
    };
    let waiting = retry_after(&raw.headers, clock);
    let outage = kind == Kind::Refused(Class::Unavailable);
    let mut error = Error::new(kind).because(Refused(status)).waiting(waiting);
    error.detail = detail;
    error.status = Some(status);
    // Behind a gateway, the write may have been done before the answer was lost; a 503 or 429 is
    // given instead of doing it.
    // An outage that is told as a success may have come at any point of the work.
    let gateway = status.is_success()
        || status.is_server_error()
            && !matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::NOT_IMPLEMENTED);
    let again = match outage && waiting.is_none() && status != StatusCode::TOO_MANY_REQUESTS {
        true => Again::IfRead,
        false => Again::Never,
    };
    // An answer that nobody understands does not say whether anything was done.
    let unsure = (outage && gateway) || kind == Kind::Garbled;
    Some(Failure { error: error.unsure(write && unsure), again })
}

/// What a status means by itself.
fn usual(status: StatusCode, headers: &HeaderMap) -> Kind {
    match status.as_u16() {
        // A page for people: the web server says that the service is not there, which is nothing
        // that could be known of a row.
        404 | 410 if is_page(headers) => Kind::Unsupported,
        400 | 413 | 422 => Kind::Refused(Class::Invalid),
        401 | 403 => Kind::Refused(Class::Credential),
        404 | 410 => Kind::Refused(Class::Missing),
        408 | 423 | 425 | 429 => Kind::Refused(Class::Unavailable),
        409 => Kind::Refused(Class::Duplicate),
        412 | 428 => Kind::Refused(Class::Stale),
        501 | 505 => Kind::Unsupported,
        500..=599 => Kind::Refused(Class::Unavailable),
        _ => Kind::Unsupported,
    }
}

/// Whether a body is said to be a page for people.
fn is_page(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    media.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("text/html")
}

/// What the mapping's rules make of an answer.
fn recognise(
    dialect: &dyn Dialect,
    call: &Call<'_>,
    raw: &Raw,
    refused: bool,
) -> Option<Recognised> {
    // A refusal may hide in a success, where the dialect says so or the mapping names that status.
    let applies = |rule: &&ErrorRule| match rule.status {
        Some(status) => status == raw.status.as_u16(),
        None => refused,
    };
    let mut rules = call.entity.errors.iter().filter(applies).peekable();
    rules.peek()?;
    let body = match raw.body.len() <= LARGEST {
        true => dialect.tree(&raw.body),
        false => Value::Null,
    };
    let rule = rules.find(|rule| {
        rule.conditions.iter().all(|condition| {
            text(&body, &condition.place).is_some_and(|text| condition.pattern.is_match(&text))
        })
    })?;
    Some(Recognised { class: rule.class, detail: rule.detail.clone() })
}

/// The text at a place of a body, numbers and booleans in JSON's spelling.
fn text(body: &Value, place: &Place) -> Option<String> {
    let found = place.0.iter().try_fold(body, |value, name| match value {
        Value::Object(members) => members.get(&**name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })?;
    match found {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// `Retry-After` in seconds, from a number or a date (RFC 9110 §10.2.3), at most an hour.
pub(super) fn retry_after(headers: &HeaderMap, clock: &dyn Clock) -> Option<u32> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT));
    }
    let date = DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    let now = Timestamp::try_from(clock.wall()).ok()?;
    let left = Duration::try_from(date.duration_since(now)).unwrap_or_default();
    let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
    Some(u32::try_from(seconds).unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT))
}

/// The status of a refusal, for the log.
#[derive(Debug, thiserror::Error)]
#[error("status {}", .0.as_u16())]
pub(super) struct Refused(pub(super) StatusCode);

/// A redirect that is not followed.
#[derive(Debug, thiserror::Error)]
#[error("redirected with status {}", .0.as_u16())]
struct Redirected(StatusCode);

#[cfg(test)]
mod tests;
