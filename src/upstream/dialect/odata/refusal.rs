//! What an error's body says beyond its status, in the two shapes that are known:
//! `{"error":{"code":…}}` (JSON Format §21), and Bizagi's flat
//! `{"code":…,"type":"ODataException","status":…}`, whose `status` is the name of a .NET
//! `HttpStatusCode` and need not be the one of the answer.

use serde_json::Value;

use crate::record::Class;

/// The class that a body tells by itself. Never that something is forbidden: who may not do a
/// thing is usually our own account, which the status says already.
pub(super) fn recognise(body: &[u8]) -> Option<Class> {
    let body: Value = serde_json::from_slice(body).ok()?;
    if let Some(code) = body.get("error").and_then(|error| error.get("code")) {
        let code = code.as_str()?.to_ascii_uppercase();
        let duplicate = ["DUPLICATE", "UNIQUE_CONSTRAINT", "ALREADY_EXISTS", "ALREADYEXISTS"];
        return duplicate.iter().any(|word| code.contains(word)).then_some(Class::Duplicate);
    }
    if body.get("type")?.as_str()? != "ODataException" {
        return None;
    }
    match body.get("status")?.as_str()? {
        "Conflict" => Some(Class::Duplicate),
        "BadRequest" => Some(Class::Invalid),
        "NotFound" => Some(Class::Missing),
        "PreconditionFailed" => Some(Class::Stale),
        "ServiceUnavailable" => Some(Class::Unavailable),
        _ => None,
    }
}
