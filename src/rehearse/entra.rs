//! What Entra ID sends of whom: its default attribute mapping of an application that it has no
//! template for, as data.
//!
//! A column has the name that the portal's *Download users* gives it, or Graph's property of the
//! same meaning. Three things are Entra's own: `#EXT#` and the own domain leave a guest's name, an
//! empty value is not sent at all, and the formatted name is made of its two parts.

use serde_json::Value as Json;

use super::person::{Attributes, MANAGER, Person};

/// A SCIM path, and the columns that it is taken from: the first that is there.
type Sources = (&'static str, &'static [&'static str]);

const WORK_MAIL: &str = "emails[type eq \"work\"].value";

/// Entra's default mapping, but for one line: its `externalId` is the `mailNickname`, which neither
/// export has and which changes; what a mapping is anchored to must be the object's id, so the
/// README asks for that in Entra, and so it is here.
pub(super) const DEFAULTS: &[Sources] = &[
    ("userName", &["userPrincipalName"]),
    ("externalId", &["objectId", "id"]),
    ("active", &["accountEnabled"]),
    ("displayName", &["displayName"]),
    ("title", &["jobTitle"]),
    ("preferredLanguage", &["preferredLanguage"]),
    ("name.givenName", &["givenName"]),
    ("name.familyName", &["surname"]),
    (WORK_MAIL, &["mail"]),
    ("phoneNumbers[type eq \"work\"].value", &["telephoneNumber", "businessPhones"]),
    ("phoneNumbers[type eq \"mobile\"].value", &["mobile", "mobilePhone"]),
    ("phoneNumbers[type eq \"fax\"].value", &["facsimileTelephoneNumber", "faxNumber"]),
    ("addresses[type eq \"work\"].formatted", &["physicalDeliveryOfficeName", "officeLocation"]),
    ("addresses[type eq \"work\"].streetAddress", &["streetAddress"]),
    ("addresses[type eq \"work\"].locality", &["city"]),
    ("addresses[type eq \"work\"].region", &["state"]),
    ("addresses[type eq \"work\"].postalCode", &["postalCode"]),
    ("addresses[type eq \"work\"].country", &["country"]),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber", &["employeeId"]),
    ("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", &["department"]),
];

/// The columns that name a person to others.
const IDENTITY: &[&str] = &["objectId", "id"];
const PRINCIPAL: &[&str] = &["userPrincipalName"];
const BOSS: &[&str] = &["manager"];

/// Somebody's values by the names of their columns.
pub(super) trait Columns {
    /// The value of the first of these columns that is there and not empty.
    fn value(&self, names: &[&str]) -> Option<Json>;
}

/// Which column an attribute is taken from instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The attribute's SCIM path.
    pub path: String,
    /// The column, or the property of a JSON export; a dot leads into an object.
    pub column: String,
}

/// What is no [`Source`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected `PATH=COLUMN`, such as `externalId=mailNickname`")]
pub struct NotASource;

impl std::str::FromStr for Source {
    type Err = NotASource;

    fn from_str(text: &str) -> Result<Self, NotASource> {
        let (path, column) = text.rsplit_once('=').ok_or(NotASource)?;
        let (path, column) = (path.trim(), column.trim());
        if column.is_empty() || super::person::Place::parse(path).is_none() {
            return Err(NotASource);
        }
        Ok(Self { path: path.to_owned(), column: column.to_owned() })
    }
}

/// What of somebody's values cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{column}`: expected True or False")]
pub struct NotABoolean {
    column: &'static str,
}

/// Makes somebody of their columns. `place` is where they stand.
pub(super) fn person(
    columns: &dyn Columns,
    place: u64,
    sources: &[Source],
) -> Result<Person, NotABoolean> {
    let text = |names: &[&str]| columns.value(names).and_then(|value| plain(&value));
    let mut listed: Vec<(String, Json)> = Vec::with_capacity(DEFAULTS.len());
    let is_replaced =
        |path: &str| sources.iter().any(|source| source.path.eq_ignore_ascii_case(path));
    for (path, names) in DEFAULTS.iter().filter(|(path, _)| !is_replaced(path)) {
        let value = match *path {
            "active" => match columns.value(names) {
                // Neither export leaves it out by itself: a person who is sent is active.
                None => Some(Json::Bool(true)),
                Some(value) => {
                    Some(boolean(&value).ok_or(NotABoolean { column: "accountEnabled" })?)
                }
            },
            "userName" => text(names).map(|name| Json::String(guest(&name))),
            _ => text(names).map(Json::String),
        };
        listed.extend(value.map(|value| ((*path).to_owned(), value)));
    }
    for source in sources {
        let value = columns.value(&[&source.column]);
        let value = match value {
            Some(Json::Array(_)) => value.and_then(|value| plain(&value)).map(Json::String),
            other => other,
        };
        listed.extend(value.map(|value| (source.path.clone(), value)));
    }
    let part = |name: &str| {
        let found = listed.iter().find(|(path, _)| path == name);
        found.and_then(|(_, value)| value.as_str()).map(str::to_owned)
    };
    if !is_replaced("name.formatted")
        && let (Some(given), Some(family)) = (part("name.givenName"), part("name.familyName"))
    {
        listed.push(("name.formatted".to_owned(), Json::String(format!("{given} {family}"))));
    }
    // Entra translates the manager's object into the id that it has here; the rest is sent as is.
    let manager = match columns.value(BOSS) {
        _ if is_replaced(MANAGER) => None,
        Some(Json::Object(boss)) => ["id", "userPrincipalName"]
            .iter()
            .find_map(|name| boss.get(*name)?.as_str().map(str::to_owned)),
        Some(other) => plain(&other),
        None => None,
    };
    Ok(Person {
        place,
        identity: text(IDENTITY),
        principal: text(PRINCIPAL),
        manager,
        attributes: Attributes::Listed(listed),
    })
}

/// A value as text; of several the first.
fn plain(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Array(several) => several.iter().find_map(plain),
        Json::Null | Json::Bool(_) | Json::Object(_) => None,
    }
    .filter(|text| !text.is_empty())
}

fn boolean(value: &Json) -> Option<Json> {
    match value {
        Json::Bool(_) => Some(value.clone()),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(Json::Bool(true)),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Some(Json::Bool(false)),
        _ => None,
    }
}

/// `ana_fabrikam.com#EXT#@contoso.onmicrosoft.com` is sent as `ana@fabrikam.com`.
fn guest(principal: &str) -> String {
    let Some((own, _)) = principal.split_once("#EXT#") else { return principal.to_owned() };
    match own.rsplit_once('_') {
        Some((name, domain)) => format!("{name}@{domain}"),
        None => own.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    impl Columns for Json {
        fn value(&self, names: &[&str]) -> Option<Json> {
            names.iter().find_map(|name| self.get(name)).cloned()
        }
    }

    fn sent(columns: &Json, sources: &[Source]) -> Json {
        person(columns, 2, sources).unwrap().creation(None)
    }

    #[test]
    fn an_export_becomes_what_entra_sends() {
        let columns = json!({
            "userPrincipalName": "o'hara_fabrikam.com#EXT#@contoso.onmicrosoft.com",
            "objectId": "0a21", "accountEnabled": "False", "givenName": "Máire",
            "surname": "O'Hara", "mail": "maire@fabrikam.com", "businessPhones": ["+353 1"],
        });
        let body = sent(&columns, &[]);
        assert_eq!(body["userName"], "o'hara@fabrikam.com");
        assert_eq!(body["externalId"], "0a21");
        assert_eq!(body["active"], false);
        assert_eq!(body["name"]["formatted"], "Máire O'Hara");
        assert_eq!(body["emails"], json!([{ "type": "work", "value": "maire@fabrikam.com" }]));
        assert_eq!(body["phoneNumbers"][0]["value"], "+353 1");
        assert_eq!(body.get("displayName"), None);
    }

    #[test]
    fn a_source_replaces_a_default_and_adds_what_has_none() {
        let columns = json!({ "userPrincipalName": "a@b", "mail": "c@d", "mailNickname": "ana" });
        let sources =
            ["userName=mail", "externalId=mailNickname"].map(|text| text.parse().unwrap());
        let body = sent(&columns, &sources);
        assert_eq!((&body["userName"], &body["externalId"]), (&json!("c@d"), &json!("ana")));
        assert!("externalId".parse::<Source>().is_err());
        assert!("no path=mail".parse::<Source>().is_err());
    }

    #[test]
    fn a_boolean_that_is_none_is_refused() {
        let columns = json!({ "userPrincipalName": "a@b", "accountEnabled": "Wahr" });
        assert!(person(&columns, 2, &[]).is_err());
    }
}
