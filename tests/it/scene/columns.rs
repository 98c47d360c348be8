//! The people server's fields, by the columns in which the scenes speak of people.

use serde_json::{Map, Value as Json};

use crate::people::{at, set};

/// Every column with the path of the field that holds the same.
const FIELDS: [(&str, &str); 25] = [
    ("idUser", "id"),
    ("userName", "account.name"),
    ("domain", "account.realm"),
    ("enabled", "account.enabled"),
    ("enabledForAssignation", "account.assignable"),
    ("ScimExternalId", "directory.objectId"),
    ("ScimDeleted", "directory.deleted"),
    ("fullName", "name.full"),
    ("FirstName", "name.first"),
    ("LastName", "name.last"),
    ("DisplayName", "name.display"),
    ("contactEmail", "contact.email"),
    ("contactCell", "contact.mobile"),
    ("contactMessenger", "contact.messenger"),
    ("idBossUser", "manager.id"),
    ("IdentificationNumber", "employment.\"staff.no\""),
    ("EmployeeLevel", "employment.level"),
    ("IsContractor", "employment.contractor"),
    ("HireDate", "employment.hired"),
    ("idDepartment", "employment.department"),
    ("notifByEmail", "settings.mailNotices"),
    ("offlineForms", "settings.offlineForms"),
    ("createdCasesSkipAssigRules", "settings.skipRules"),
    ("baCreatedTime", "audit.createdAt"),
    ("baLastUpdated", "audit.updatedAt"),
];

/// The columns that are numbers and there texts.
const KEYS: [&str; 2] = ["idUser", "idBossUser"];

/// The columns that are numbers and there truth values.
const TRUTHS: [&str; 2] = ["enabled", "enabledForAssignation"];

/// The path of a column; another column is a member of the same name.
pub(crate) fn path(column: &str) -> &str {
    FIELDS.iter().find(|(known, _)| *known == column).map_or(column, |(_, path)| path)
}

/// A person as the server keeps them.
pub(crate) fn person(row: &Json) -> Json {
    let mut person = Json::Object(Map::new());
    fill(&mut person, row);
    person
}

/// A person made by hand: what WFUser has by default is there as well.
pub(crate) fn made(row: &Json) -> Json {
    let mut person = person(row);
    for (column, usual) in
        [("notifByEmail", true), ("offlineForms", true), ("createdCasesSkipAssigRules", false)]
    {
        if at(&person, path(column)).is_null() {
            set(&mut person, path(column), usual.into());
        }
    }
    person
}

/// The row of a person: `enabledForAssignation` is a number there.
pub(crate) fn stored(person: &Json) -> Json {
    let mut row = row(person);
    if let Some(truth) = row["enabledForAssignation"].as_bool() {
        row["enabledForAssignation"] = u8::from(truth).into();
    }
    row
}

/// Puts columns into a person.
pub(crate) fn fill(person: &mut Json, row: &Json) {
    for (column, value) in row.as_object().unwrap() {
        let value = match value {
            Json::Number(key) if KEYS.contains(&&**column) => key.to_string().into(),
            Json::Number(truth) if TRUTHS.contains(&&**column) => {
                (truth.as_i64() == Some(1)).into()
            }
            value => value.clone(),
        };
        set(person, path(column), value);
    }
}

/// The columns of a person, or of a part of one; what is not there is not in it.
pub(crate) fn row(person: &Json) -> Json {
    let mut row = Map::new();
    for (column, path) in FIELDS {
        let value = at(person, path);
        let end = path.find(".\"").or(path.rfind('.'));
        let (parent, last) = match end.and_then(|end| path.split_at_checked(end)) {
            Some((parent, last)) => (parent, last.trim_start_matches('.')),
            None => ("", path),
        };
        let parent = if parent.is_empty() { person } else { at(person, parent) };
        if parent.get(last.trim_matches('"')).is_none() && value.is_null() {
            continue;
        }
        let value = match value.as_str().and_then(|text| text.parse::<i64>().ok()) {
            Some(key) if KEYS.contains(&column) => key.into(),
            _ => value.clone(),
        };
        row.insert(column.to_owned(), value);
    }
    for (name, value) in person.as_object().unwrap() {
        if !value.is_object() && !row.contains_key(name) && name != "id" && name != "revision" {
            row.insert(name.clone(), value.clone());
        }
    }
    row.into()
}

/// A mapping's text in which the columns are the server's fields: all but what is SCIM's.
pub(crate) fn mapping(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let is_scims = line.trim_start().trim_start_matches("#: ").starts_with("scim");
        let mut line = line.replace("type = \"integer\" }", "type = \"string\" }");
        for (column, path) in FIELDS.iter().filter(|_| !is_scims) {
            let quoted =
                if path.contains('"') { format!("'{path}'") } else { format!("\"{path}\"") };
            line = line.replace(&format!("\"{column}\""), &quoted);
            for (before, after) in [("{ ", " ="), (", ", " =")] {
                let bare = format!("{before}{column}{after}");
                line = line.replace(&bare, &format!("{before}{quoted}{after}"));
            }
        }
        lines.push(line);
    }
    lines.join("\n")
}
