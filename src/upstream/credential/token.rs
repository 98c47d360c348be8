//! A token endpoint's answer (RFC 6749 §5.1), and how long a token may be used.

use std::time::Duration;

use serde_json::Value;

use crate::secret::Secret;

/// Why an answer is no token. Quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotAToken {
    #[error("expected JSON with an `access_token`")]
    Shape,
    #[error("expected a token of the type `Bearer`")]
    Type,
}

/// A token that was granted.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) token: Secret,
    pub(super) life: Duration,
}

/// The errors that a token endpoint may name (RFC 6749 §5.2).
const ERRORS: [&str; 6] = [
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
];

/// Which error a refusal names: one of the words that the RFC knows, in our own spelling, so that
/// nothing of the answer itself is ever told.
pub(super) fn error(body: &[u8]) -> Option<&'static str> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let named = body.get("error")?.as_str()?;
    ERRORS.into_iter().find(|known| *known == named)
}

/// How long a token is used whose life is not told, or told as 0: a refusal renews it anyway.
const UNTOLD: u64 = 300;

/// The longest that a token is used; one that never ends (Bizagi says 1 073 001 600 s) is fetched
/// anew every day, so that a withdrawn client is noticed.
const LONGEST: u64 = 24 * 60 * 60;

/// Before its end a token is renewed, by that much or a fifth of its life.
const MARGIN: Duration = Duration::from_secs(60);

/// Reads a token endpoint's answer.
pub(super) fn read(body: &[u8]) -> Result<Granted, NotAToken> {
    let mut body: Value = serde_json::from_slice(body).map_err(|_| NotAToken::Shape)?;
    let token = match body.get_mut("access_token").map(Value::take) {
        Some(Value::String(token)) if !token.is_empty() => Secret::new(token),
        _ => return Err(NotAToken::Shape),
    };
    // Bizagi writes `bearer`; the type is case-insensitive (§5.1).
    let kind = body.get("token_type").and_then(Value::as_str);
    if kind.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(NotAToken::Type);
    }
    let told = match body.get("expires_in") {
        // A number that no integer holds is a very long life.
        Some(Value::Number(number)) if number.is_f64() => Some(LONGEST),
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    let seconds = told.filter(|seconds| *seconds > 0).unwrap_or(UNTOLD).min(LONGEST);
    Ok(Granted { token, life: Duration::from_secs(seconds) })
}

/// How long after it was granted a token is renewed: a minute before its end, or after four
/// fifths of a short life.
pub(super) fn renewal(life: Duration) -> Duration {
    life.saturating_sub(MARGIN).max(life * 4 / 5)
}
