//! What Entra ID sends in one provisioning cycle, as data.

use serde_json::{Value as Json, json};

pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
const PATCH: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";
pub(super) const MANAGER: &str =
    "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager";
pub(super) const PROPERTY: &str =
    "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:IdentificationNumber";

/// Somebody in the directory.
pub(super) struct Somebody {
    pub(super) user_name: &'static str,
    pub(super) external_id: &'static str,
    pub(super) given: &'static str,
    pub(super) family: &'static str,
}

/// Whose row was made by hand in the legacy server.
pub(super) const EVA: Somebody = Somebody {
    user_name: "eva@contoso.com",
    external_id: "b7b4a2f0-7a0f-4a58-9d16-1b2a6d1f0e01",
    given: "Eva",
    family: "Ruiz",
};
pub(super) const ANA: Somebody = Somebody {
    user_name: "ana@contoso.com",
    external_id: "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef",
    given: "Ana",
    family: "Diaz",
};
pub(super) const BO: Somebody = Somebody {
    user_name: "bo@contoso.com",
    external_id: "5d3c1c7e-6f0b-4c52-8f6a-0c1f4c2b9d02",
    given: "Bo",
    family: "Lindqvist",
};
pub(super) const CY: Somebody = Somebody {
    user_name: "cy@contoso.com",
    external_id: "9e1b7f44-23c4-4f0e-a1d5-5a5e7c1d3f03",
    given: "Cy",
    family: "Young",
};

impl Somebody {
    /// The row that somebody made by hand.
    pub(super) fn row(&self) -> Json {
        let (name, domain) = self.user_name.split_once('@').unwrap_or((self.user_name, ""));
        json!({
            "userName": name,
            "domain": domain,
            "fullName": format!("{} {}", self.given, self.family),
            "contactEmail": self.user_name,
            "enabled": true,
            "enabledForAssignation": true,
        })
    }

    /// The body of the POST that creates them.
    pub(super) fn body(&self) -> Json {
        json!({
            "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
            "externalId": self.external_id,
            "userName": self.user_name,
            "active": true,
            "emails": [{ "primary": true, "type": "work", "value": self.user_name }],
            "meta": { "resourceType": "User" },
            "name": {
                "formatted": format!("{} {}", self.given, self.family),
                "familyName": self.family,
                "givenName": self.given,
            },
            "roles": [],
        })
    }

    /// The PATCH that an existing person gets when they are matched.
    pub(super) fn bind(&self) -> Json {
        patch(json!([
            { "op": "Add", "path": "externalId", "value": self.external_id },
            { "op": "Replace", "path": "active", "value": "True" },
            { "op": "Add", "path": "name.givenName", "value": self.given },
            { "op": "Add", "path": "name.familyName", "value": self.family },
        ]))
    }
}

/// A PATCH with these operations.
pub(super) fn patch(operations: Json) -> Json {
    let mut message = json!({ "schemas": [PATCH] });
    message["Operations"] = operations;
    message
}

/// A filter's target under the base path, encoded as Entra ID does.
pub(super) fn by_user_name(user_name: &str) -> String {
    let encoded =
        percent_encoding::utf8_percent_encode(user_name, percent_encoding::NON_ALPHANUMERIC);
    format!("/Users?filter=userName+eq+%22{encoded}%22")
}

/// Several attributes, in Entra ID's default dialect.
pub(super) fn default_dialect() -> Json {
    patch(json!([
        { "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "ana.diaz@contoso.com" },
        { "op": "Replace", "path": "name.familyName", "value": "Diaz Gomez" },
        { "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+57 3001234567" },
    ]))
}

/// Several attributes, in the dialect of the flag `aadOptscim062020`.
pub(super) fn flag_dialect() -> Json {
    patch(json!([
        { "op": "replace", "path": "emails[type eq \"work\"].value", "value": "ana@contoso.com" },
        { "op": "replace", "value": { "name.givenName": "Ana Maria", "name.familyName": "Diaz" } },
    ]))
}
