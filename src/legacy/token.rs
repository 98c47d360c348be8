//! Who may ask: opaque tokens of the client credentials grant, a static bearer token, and Basic.
//!
//! The shape of the token's answer is that of a real on-premises server; its errors are those of
//! RFC 6749 §5.2 (what Bizagi answers is not known).

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::query::pairs;
use super::{Clock, Credential, Random};

/// What `expires_in` says when the lifetime is 0, "never": 34 years, in seconds.
const FOREVER: u64 = 1_073_001_600;

/// How many tokens are remembered; the one that ends first is forgotten beyond.
const REMEMBERED: usize = 10_000;

/// Tokens and the other ways in.
pub(super) struct Tokens {
    pub(super) clients: Vec<Credential>,
    pub(super) bearer: Option<String>,
    pub(super) basic: Option<Credential>,
    pub(super) lifetime: Duration,
    pub(super) clock: Clock,
    pub(super) random: Random,
    pub(super) issued: Mutex<HashMap<String, SystemTime>>,
}

impl Tokens {
    /// Answers a request of the token endpoint, with status and body.
    pub(super) fn issue(&self, headers: &HeaderMap, form: &str) -> (StatusCode, Value) {
        let refuse = |status, error: &str| (status, json!({ "error": error }));
        if !basic(headers).is_some_and(|sent| self.clients.contains(&sent)) {
            return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
        }
        let value =
            |name: &str| pairs(form).find(|(there, _, _)| there == name).map(|(_, value, _)| value);
        if value("grant_type").as_deref() != Some("client_credentials") {
            return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
        }
        // What the scope for user synchronisation is called on the wire is not known.
        if value("scope").as_deref() != Some("api") {
            return refuse(StatusCode::BAD_REQUEST, "invalid_scope");
        }
        let seconds = if self.lifetime.is_zero() { FOREVER } else { self.lifetime.as_secs() };
        let now = self.clock.now();
        let Some(end) = now.checked_add(Duration::from_secs(seconds)) else {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "server_error");
        };
        let mut bytes = [0; 32];
        self.random.fill(&mut bytes);
        let token = bytes.iter().fold(String::new(), |mut token, byte| {
            let _ = write!(token, "{byte:02x}");
            token
        });
        let mut issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.retain(|_, end| *end > now);
        if issued.len() >= REMEMBERED
            && let Some(first) =
                issued.iter().min_by_key(|(_, end)| **end).map(|(token, _)| token.clone())
        {
            issued.remove(&first);
        }
        issued.insert(token.clone(), end);
        let body = json!({
            "access_token": token,
            "token_type": "bearer",
            "expires_in": seconds,
            "scope": "api openid",
            "http_status_code": 200,
        });
        (StatusCode::OK, body)
    }

    /// Whether a request may pass.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        self.admits_basic(headers) || self.admits_bearer(headers)
    }

    /// Whether a request may pass by Basic.
    pub(super) fn admits_basic(&self, headers: &HeaderMap) -> bool {
        basic(headers).is_some_and(|sent| self.basic.as_ref() == Some(&sent))
    }

    /// Whether a request may pass by a token.
    pub(super) fn admits_bearer(&self, headers: &HeaderMap) -> bool {
        let Some((scheme, token)) = authorization(headers) else { return false };
        if !scheme.eq_ignore_ascii_case("bearer") {
            return false;
        }
        if self.bearer.as_deref() == Some(token) {
            return true;
        }
        let now = self.clock.now();
        let issued = self.issued.lock().unwrap_or_else(PoisonError::into_inner);
        issued.get(token).is_some_and(|end| *end > now)
    }

    /// Ends every token that was issued.
    pub(super) fn revoke(&self) {
        self.issued.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

fn authorization(headers: &HeaderMap) -> Option<(&str, &str)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    Some((scheme, rest.trim()))
}

fn basic(headers: &HeaderMap) -> Option<Credential> {
    let (scheme, rest) = authorization(headers)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
    let (name, secret) = text.split_once(':')?;
    Some(Credential { name: name.to_owned(), secret: secret.to_owned() })
}
