//! What was asked of the server, without the dialect that it was asked in.

use quick_xml::Reader;
use quick_xml::events::Event;
use scim_sidecar::legacy::Recorded;
use serde_json::{Map, Value as Json};

/// The columns that are no texts; SOAP does not say so.
const BOOLEANS: [&str; 7] = [
    "enabled",
    "enabledForAssignation",
    "notifByEmail",
    "offlineForms",
    "createdCasesSkipAssigRules",
    "ScimDeleted",
    "IsContractor",
];
const NUMBERS: [&str; 4] = ["idBossUser", "EmployeeLevel", "idDepartment", "idArea"];

/// The columns of a write: a JSON object as it is, or the row inside `BizAgiWSParam/Entities`. What
/// a row has many of (`Organizations`, `Roles`) is left out.
pub(crate) fn columns(body: Json) -> Json {
    let Json::String(document) = body else { return body };
    let mut reader = Reader::from_str(&document);
    let (mut path, mut text) = (Vec::<String>::new(), String::new());
    let mut columns = Map::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(start) => {
                path.push(start.name().as_ref().to_owned());
                text.clear();
            }
            Event::Text(more) => text.push_str(&more),
            Event::CData(more) => text.push_str(&more),
            Event::GeneralRef(name) => {
                let entity = format!("&{};", &*name);
                text.push_str(&quick_xml::escape::unescape(&entity).unwrap());
            }
            Event::Empty(empty) if path.len() == 3 => {
                let name = empty.name().as_ref().to_owned();
                columns.insert(name, Json::Null);
            }
            Event::End(_) => {
                let name = path.pop().unwrap();
                if path.len() == 3 && !["Organizations", "Roles"].contains(&&*name) {
                    let value = typed(&name, &text);
                    columns.insert(name, value);
                }
            }
            Event::Eof => return columns.into(),
            _ => {}
        }
    }
}

fn typed(name: &str, text: &str) -> Json {
    match text {
        "" => Json::Null,
        "True" | "False" if BOOLEANS.contains(&name) => (text == "True").into(),
        _ if NUMBERS.contains(&name) => text.parse::<i64>().unwrap().into(),
        _ => text.into(),
    }
}

/// What a call does, in one word.
pub(crate) fn action(call: &Recorded) -> &'static str {
    match (call.operation(), call.method.as_str()) {
        (Some("getEntities"), _) => {
            let document = call.body.as_ref().and_then(Json::as_str).unwrap_or_default();
            // Of one row its key is asked for, and nothing else.
            let filters = document.split_once("<Filters>").map_or("", |(_, rest)| rest);
            let condition = filters.trim_start_matches("<![CDATA[");
            let is_read = condition.starts_with("idUser = ") && !condition.contains(" AND ");
            if is_read { "read" } else { "search" }
        }
        (Some("saveEntity"), _) => {
            let document = call.body.as_ref().and_then(Json::as_str).unwrap_or_default();
            if document.contains("<WFUSER key=") { "update" } else { "create" }
        }
        (_, "GET") if call.path().ends_with(')') => "read",
        (_, "GET") => "search",
        (_, "POST") => "create",
        (_, "PATCH") => "update",
        (_, "DELETE") => "delete",
        _ => "something else",
    }
}
