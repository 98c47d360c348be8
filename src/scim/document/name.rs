//! A full name of its parts, for upstreams that have no columns for the parts.

use serde_json::{Map, Value as Json};

use super::super::resource::Resource;
use super::super::slots::SlotIndex;
use super::Document;

/// The parts of a name in the order in which RFC 7643 §4.1.1 composes its example.
const PARTS: [&str; 5] =
    ["honorificPrefix", "givenName", "middleName", "familyName", "honorificSuffix"];

/// The slot of `name.formatted`, where none of the parts has one.
pub(in crate::scim) fn whole_name(resource: &Resource) -> Option<SlotIndex> {
    let is_mapped = |part: &str| resource.slot_of(&format!("name.{part}")).is_some();
    resource.slot_of("name.formatted").filter(|_| !PARTS.iter().any(|part| is_mapped(part)))
}

/// The full name that a body's parts make, where `name.formatted` is mapped, none of the parts is,
/// and the body does not say it.
pub(super) fn composed(
    resource: &Resource,
    document: &Document<'_>,
    body: &[u8],
) -> Option<(SlotIndex, String)> {
    let slot = resource.whole_name()?;
    if !document.value(slot).is_absent() {
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
