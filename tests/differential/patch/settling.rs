//! What a mapping keeps of the other engine's result.

use std::collections::BTreeSet;

use serde_json::json;

use crate::person::{Json, LISTS};

/// A list without elements that say nothing but their type.
pub(super) fn without_shells(mut result: Json) -> Option<Json> {
    for (list, _) in LISTS {
        let Some(elements) = result[*list].as_array_mut() else { continue };
        elements.retain(|element| {
            let mut members = element.as_object().into_iter().flatten();
            members.any(|(name, value)| {
                !["type", "primary"].contains(&name.as_str()) && !value.is_null()
            })
        });
    }
    Some(result)
}

/// Roles without those that are there already.
pub(super) fn each_once(mut result: Json) -> Option<Json> {
    let mut known = BTreeSet::new();
    if let Some(roles) = result["roles"].as_array_mut() {
        roles.retain(|role| known.insert(role["value"].as_str().map(str::to_lowercase)));
    }
    Some(result)
}

/// The first place that is filled is the primary one.
pub(super) fn first_is_primary(mut result: Json) -> Option<Json> {
    for (list, types) in LISTS {
        let Some(elements) = result[*list].as_array_mut() else { continue };
        elements.sort_by_key(|element| types.iter().position(|kind| element["type"] == *kind));
        for (at, element) in elements.iter_mut().enumerate() {
            element["primary"] = if at == 0 { json!(true) } else { Json::Null };
        }
    }
    Some(result)
}
