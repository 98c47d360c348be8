//! People: rows made by hand, and what a client sends of somebody.

use serde_json::{Value as Json, json};

/// The row of Ana, made by hand under the key 7.
pub(crate) fn ana() -> Json {
    person(7, "ana")
}

/// The row of Bo, made by hand under the key 8.
pub(crate) fn bo() -> Json {
    person(8, "bo")
}

/// A row made by hand: `name`@contoso.com.
pub(crate) fn person(id: i64, name: &str) -> Json {
    json!({
        "idUser": id,
        "userName": name,
        "domain": "contoso.com",
        "fullName": format!("Mx {name}"),
        "contactEmail": format!("{name}@contoso.com"),
        "enabled": true,
        "enabledForAssignation": true,
    })
}

/// The same row, bound to a directory's object.
pub(crate) fn anchored(mut row: Json, anchor: &str) -> Json {
    row["ScimExternalId"] = anchor.into();
    row
}

/// What a client sends to create `name`@contoso.com.
pub(crate) fn scim_person(name: &str) -> Json {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "userName": format!("{name}@contoso.com"),
        "externalId": format!("object-of-{name}"),
        "active": true,
        "name": { "givenName": name, "familyName": "Diaz" },
        "emails": [{ "type": "work", "value": format!("{name}@contoso.com"), "primary": true }],
    })
}

/// What a client sends to create Eva by another name.
pub(crate) fn eva_named(user_name: &str) -> Json {
    with(scim_person("eva"), &json!({ "userName": user_name }))
}

/// The same row or body with other members.
pub(crate) fn with(mut json: Json, more: &Json) -> Json {
    for (name, value) in more.as_object().unwrap() {
        json[name] = value.clone();
    }
    json
}
