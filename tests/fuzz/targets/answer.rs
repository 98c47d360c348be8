//! What an upstream may answer. The first byte chooses the call and the status, the rest is the
//! body; the answer is read as the shipped mapping of the dialect describes its rows.

use std::sync::LazyLock;

use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use scim_sidecar::mapping::Mapping;
use scim_sidecar::record::{Delta, Predicate, Query, Record, UpstreamKey};
use scim_sidecar::scim::{Document, Head, Profile, Projection};
use scim_sidecar::upstream::{Action, Call, Dialect, Origin, Outcome, dialect};

static ORIGIN: LazyLock<Origin> =
    LazyLock::new(|| Origin::parse("https://legacy.example/HR").expect("a base URL"));

const STATUSES: &[StatusCode] = &[
    StatusCode::OK,
    StatusCode::CREATED,
    StatusCode::NO_CONTENT,
    StatusCode::ACCEPTED,
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::CONFLICT,
    StatusCode::INTERNAL_SERVER_ERROR,
];

/// The answer of a server, read by the mapping's dialect.
pub(super) fn read(mapping: &Mapping, data: &[u8]) {
    let Some((first, body)) = data.split_first() else { return };
    let dialect = dialect(&mapping.dialect).expect("the dialect of a shipped mapping");
    let key = mapping.value_of_id("7").expect("a key");
    let query =
        Query { predicate: Predicate::TRUE, order: Vec::new(), skip: 0, top: 100, count: true };
    let delta = Delta::default();
    let actions = [
        Action::Search(&query),
        Action::Read { key: &key },
        Action::Create(&delta),
        Action::Update { key: &key, delta: &delta, source: None, version: None },
        Action::Delete { key: &key, version: None },
        Action::Follow { next: "https://legacy.example/HR/next" },
        Action::Describe,
    ];
    let place = usize::from(*first);
    let action = actions[place % actions.len()];
    let status = STATUSES[place / actions.len() % STATUSES.len()];
    let call = Call { entity: &mapping.entity, action };

    let refuses = dialect.refuses(&call, status, body);
    assert!(refuses || status.is_success(), "no failure is taken for a success");
    let _ = dialect.recognise(&call, status, body);
    // What the mapping's rules look into is a tree that can be printed.
    drop(dialect.tree(body).to_string());

    let mut headers = dialect.media();
    if let Ok(location) = HeaderValue::from_bytes(body) {
        headers.insert(LOCATION, location);
    }
    if !status.is_success() {
        return;
    }
    match dialect.read(&call, status, &headers, body) {
        Err(unreadable) => drop(unreadable.to_string()),
        Ok(Outcome::Row(row)) => person(mapping, dialect, &row),
        Ok(Outcome::Rows(page)) => {
            page.records.iter().for_each(|row| person(mapping, dialect, row));
            if let Some(next) = &page.next {
                follow(mapping, dialect, next);
            }
        }
        Ok(Outcome::Written { key, row, .. }) => {
            if let Some(key) = &key {
                address(mapping, dialect, key);
            }
            if let Some(row) = &row {
                person(mapping, dialect, row);
            }
        }
        Ok(Outcome::Declared(_) | Outcome::Gone) => {}
    }
}

/// A row is printed as a person that reads back the same, and its key stays in the collection.
fn person(mapping: &Mapping, dialect: &dyn Dialect, row: &Record<'_>) {
    let resource = &mapping.resource;
    let document = mapping.outward(row);
    let id = mapping.id_of(row).unwrap_or_default();
    let version = mapping.version(row);
    let head = Head {
        id: &id,
        location: "https://x/Users/7",
        endpoint: "https://x/Users",
        version: Some(&version),
    };
    let mut printed = Vec::new();
    document.print(resource, &head, &Projection::all(), &mut printed);
    let again = Document::from_json(resource, &printed, &Profile::STRICT)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&printed)));
    // What only we may write is printed, and taken from nobody.
    for slot in again.document.filled().iter() {
        assert_eq!(document.value(slot), again.document.value(slot), "what is printed reads back");
    }

    let _ = (mapping.standing(row), mapping.is_enabled(row), mapping.is_protected(row));
    if let Some(key) = mapping.key_of(row) {
        address(mapping, dialect, &key);
    }
    drop(mapping.release(row));
    drop(row.clone().into_owned());
}

/// A key addresses a row of the collection, or nothing.
fn address(mapping: &Mapping, dialect: &dyn Dialect, key: &UpstreamKey) {
    let call = Call { entity: &mapping.entity, action: Action::Read { key } };
    if let Ok(request) = dialect.write(&call, &ORIGIN) {
        ORIGIN.contains(&request.uri().to_string()).expect("a row of the collection");
    }
}

/// A link leads to a page under the base URL, or nowhere.
fn follow(mapping: &Mapping, dialect: &dyn Dialect, next: &str) {
    let call = Call { entity: &mapping.entity, action: Action::Follow { next } };
    if let Ok(request) = dialect.write(&call, &ORIGIN) {
        ORIGIN.contains(&request.uri().to_string()).expect("a page under the base URL");
    }
}
