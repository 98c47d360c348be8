//! A full name of its parts, for upstreams that have no columns for the parts.

use serde_json::{Map, Value as Json};

use super::super::resource::Resource;
use super::super::slots::SlotIndex;
use super::Document;

/// The parts of a name in the order in which RFC 7643 §4.1.1 composes its example.
const PARTS: [&str; 5] =
    ["honorificPrefix", "givenName", "middleName", "familyName", "honorificSuffix"];

/// Their paths; those that are most often mapped first.
const MAPPED: [&str; 5] = [
    "name.givenName",
    "name.familyName",
    "name.middleName",
    "name.honorificPrefix",
    "name.honorificSuffix",
];

/// The full name that a body's parts make, where `name.formatted` is mapped, none of the parts is,
/// and the body does not say it.
pub(super) fn composed(
    resource: &Resource,
    document: &Document<'_>,
    body: &[u8],
) -> Option<(SlotIndex, String)> {
    let slot = resource.slot_of("name.formatted")?;
    if !document.value(slot).is_absent() || MAPPED.iter().any(|p| resource.slot_of(p).is_some()) {
        return None;
    }
    let body: Map<String, Json> = serde_json::from_slice(body).ok()?;
    let name = member(&body, "name")?.as_object()?;
    let parts = PARTS.iter().filter_map(|part| member(name, part)?.as_str());
    let words: Vec<&str> = parts.flat_map(str::split_whitespace).collect();
    (!words.is_empty()).then(|| (slot, words.join(" ")))
}

/// Attribute names are case insensitive (RFC 7643 §2.1).
fn member<'j>(object: &'j Map<String, Json>, name: &str) -> Option<&'j Json> {
    object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
