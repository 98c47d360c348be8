//! Somebody whose attributes are of every kind, as a mapping would keep them, and what RFC 7643 says
//! of each: the facts that the filters and operations of the other files are made of.

use std::sync::LazyLock;

use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use scim_sidecar::scim::resource::SlotRequest;
use scim_sidecar::scim::schema::{Mutability, RESOURCE_TYPES};
use scim_sidecar::scim::{Document, Head, Profile, Projection, Resource};
use scim_sidecar::value::{Type, Value};
use serde_json::{Map, json};

pub(crate) const CORE: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
pub(crate) const CUSTOM: &str = "urn:example:params:scim:schemas:extension:custom:2.0:User";

pub(crate) type Json = serde_json::Value;

/// What values are compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Characters whose letter case does not count.
    Text,
    /// Characters whose letter case counts.
    Exact,
    Truth,
    Whole,
    Fraction,
    Instant,
    /// Nothing of its own: sub-attributes.
    Complex,
    /// A list of such.
    Complexes,
}

/// An attribute, or a sub-attribute of one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fact {
    /// The extension's URN; empty for the core schema's and the common ones.
    pub(crate) urn: &'static str,
    pub(crate) attribute: &'static str,
    pub(crate) sub: &'static str,
    pub(crate) kind: Kind,
}

const fn fact(urn: &'static str, attribute: &'static str, sub: &'static str, kind: Kind) -> Fact {
    Fact { urn, attribute, sub, kind }
}

/// Whatever can be asked for.
pub(crate) const FACTS: &[Fact] = &[
    fact("", "id", "", Kind::Exact),
    fact("", "externalId", "", Kind::Exact),
    fact("", "userName", "", Kind::Text),
    fact("", "active", "", Kind::Truth),
    fact("", "title", "", Kind::Text),
    fact("", "userType", "", Kind::Text),
    fact("", "name", "", Kind::Complex),
    fact("", "name", "givenName", Kind::Text),
    fact("", "name", "familyName", Kind::Text),
    fact("", "meta", "resourceType", Kind::Exact),
    fact("", "meta", "created", Kind::Instant),
    fact("", "emails", "", Kind::Complexes),
    fact("", "emails", "value", Kind::Text),
    fact("", "emails", "type", Kind::Text),
    fact("", "emails", "primary", Kind::Truth),
    fact("", "phoneNumbers", "", Kind::Complexes),
    fact("", "phoneNumbers", "value", Kind::Text),
    fact("", "phoneNumbers", "type", Kind::Text),
    fact("", "phoneNumbers", "primary", Kind::Truth),
    fact("", "addresses", "", Kind::Complexes),
    fact("", "addresses", "locality", Kind::Text),
    fact("", "addresses", "country", Kind::Text),
    fact("", "addresses", "type", Kind::Text),
    fact("", "addresses", "primary", Kind::Truth),
    fact("", "roles", "", Kind::Complexes),
    fact("", "roles", "value", Kind::Text),
    fact(ENTERPRISE, "department", "", Kind::Text),
    fact(ENTERPRISE, "manager", "value", Kind::Exact),
    fact(CUSTOM, "Age", "", Kind::Whole),
    fact(CUSTOM, "Rate", "", Kind::Fraction),
    fact(CUSTOM, "Hired", "", Kind::Instant),
];

/// The lists whose elements are mapped one by one, and the types that have a place.
pub(crate) const LISTS: &[(&str, &[&str])] = &[
    ("emails", &["work", "home"]),
    ("phoneNumbers", &["work", "mobile"]),
    ("addresses", &["work", "home"]),
];

/// What is known of an attribute, its name in any letter case (RFC 7643 §2.1).
pub(crate) fn known(urn: &str, attribute: &str, sub: &str) -> Option<&'static Fact> {
    let urn = if urn.eq_ignore_ascii_case(CORE) { "" } else { urn };
    FACTS.iter().find(|fact| {
        fact.urn.eq_ignore_ascii_case(urn)
            && fact.attribute.eq_ignore_ascii_case(attribute)
            && fact.sub.eq_ignore_ascii_case(sub)
    })
}

/// The mapped types of a list.
pub(crate) fn types_of(list: &str) -> Option<&'static [&'static str]> {
    LISTS.iter().find(|(name, _)| name.eq_ignore_ascii_case(list)).map(|(_, types)| *types)
}

/// What a mapping of all of them compiles to.
pub(crate) static RESOURCE: LazyLock<Resource> = LazyLock::new(|| {
    let mut builder =
        Resource::builder(&RESOURCE_TYPES[0]).extension(CUSTOM, "Custom", "Of every type");
    let (age, rate, hired) =
        (format!("{CUSTOM}:Age"), format!("{CUSTOM}:Rate"), format!("{CUSTOM}:Hired"));
    let custom = |path, kind| SlotRequest { kind: Some(kind), ..SlotRequest::at(path) };
    for request in [
        SlotRequest::at("userName"),
        SlotRequest::at("externalId"),
        SlotRequest::at("active"),
        SlotRequest::at("title"),
        SlotRequest { mutability: Some(Mutability::ReadOnly), ..SlotRequest::at("userType") },
        SlotRequest::at("name.givenName"),
        SlotRequest::at("name.familyName"),
        SlotRequest::at("emails[type eq \"work\"].value"),
        SlotRequest::at("emails[type eq \"home\"].value"),
        SlotRequest::at("phoneNumbers[type eq \"work\"].value"),
        SlotRequest::at("phoneNumbers[type eq \"mobile\"].value"),
        SlotRequest::at("addresses[type eq \"work\"].locality"),
        SlotRequest::at("addresses[type eq \"work\"].country"),
        SlotRequest::at("addresses[type eq \"home\"].country"),
        SlotRequest { list: true, ..SlotRequest::at("roles") },
        SlotRequest::at("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
        SlotRequest::at("manager"),
        custom(&age, Type::Integer),
        custom(&rate, Type::Decimal),
        custom(&hired, Type::DateTime),
        SlotRequest::at("meta.created"),
    ] {
        builder.slot(request).unwrap();
    }
    builder.build()
});

/// Few texts, so that they meet: letter case within ASCII and beyond, the grammar's own signs and
/// words, and what JSON escapes.
pub(crate) const TEXTS: &[&str] = &[
    "a", "A", "ab", "Ab", "b", "7", "É", "é", "ß", "Σ", "ς", "true", "and", "a b", "a]b", "(a)",
    "a.b@c.de", "B:c", "x\"y", "x\\y", "null",
];

pub(crate) const INSTANTS: &[&str] = &[
    "2008-01-23T04:56:22Z",
    "2008-01-23T05:56:22+01:00",
    "2008-01-23T04:56:22.000Z",
    "2008-01-23T04:56:22.5Z",
    "2008-01-22T23:00:00-06:00",
    "2020-02-29T00:00:00Z",
];

pub(crate) const WHOLES: &[&str] = &["-5", "0", "7", "40", "1000000"];

pub(crate) const FRACTIONS: &[&str] = &["-2.75", "0", "0.0", "1.5", "1.50", "15e-1", "1E+2", "100"];

fn text() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.7, select(TEXTS))
}

/// A text of an attribute that has one value, which may be empty.
fn single() -> impl Strategy<Value = Option<&'static str>> {
    prop_oneof![8 => text(), 1 => Just(Some(""))]
}

/// Somebody, as a client would send them.
pub(crate) fn person() -> impl Strategy<Value = Json> {
    let names = (select(TEXTS), single(), option::of(any::<bool>()), single());
    let parts = (single(), single(), text(), text());
    let lists = (text(), text(), text(), text(), text());
    let roles = proptest::sample::subsequence(&["a", "b", "a b", "x\"y"][..], 0..=4);
    let extensions = (
        single(),
        text(),
        option::of(select(WHOLES)),
        option::of(select(FRACTIONS)),
        option::of(select(INSTANTS)),
    );
    let server = (single(), option::of(select(INSTANTS)));
    (names, parts, lists, roles, extensions, server).prop_map(
        |(names, parts, lists, roles, extensions, server)| {
            let number = |text: &str| serde_json::from_str::<Json>(text).unwrap();
            let (user_name, external_id, active, title) = names;
            let (given_name, family_name, work, home) = parts;
            let (office, mobile, locality, country, home_country) = lists;
            let (department, manager, age, rate, hired) = extensions;
            let (user_type, created) = server;
            let value = |kind: &str, value: Option<&str>| {
                value.map(|value| json!({ "type": kind, "value": value }))
            };
            let some = |elements: Vec<Option<Json>>| {
                Json::Array(elements.into_iter().flatten().collect())
            };
            json!({
                "schemas": [CORE, ENTERPRISE, CUSTOM],
                "userName": user_name,
                "externalId": external_id,
                "active": active,
                "title": title,
                "userType": user_type,
                "name": { "givenName": given_name, "familyName": family_name },
                "emails": some(vec![value("work", work), value("home", home)]),
                "phoneNumbers": some(vec![value("work", office), value("mobile", mobile)]),
                "addresses": some(vec![
                    (locality.or(country))
                        .map(|_| json!({ "type": "work", "locality": locality, "country": country })),
                    home_country.map(|country| json!({ "type": "home", "country": country })),
                ]),
                "roles": roles.iter().map(|role| json!({ "value": role })).collect::<Vec<_>>(),
                ENTERPRISE: {
                    "department": department,
                    "manager": manager.map(|id| json!({ "value": id })),
                },
                CUSTOM: {
                    "Age": age.map(number),
                    "Rate": rate.map(number),
                    "Hired": hired,
                },
                "meta": { "created": created },
            })
        },
    )
}

/// Reads somebody. What only a server sets is put beside what a client may say.
pub(crate) fn document(person: &Json) -> Document<'static> {
    let body = person.to_string();
    let parsed = Document::from_json(&RESOURCE, body.as_bytes(), &Profile::STRICT).unwrap();
    assert!(parsed.invalid.is_empty() && parsed.unmapped.is_empty(), "{person}");
    let mut document = parsed.document.into_owned();
    let mut put = |path: &str, value: Value<'static>| {
        document.put(RESOURCE.slot_of(path).expect(path), value);
    };
    if let Some(text) = person["userType"].as_str() {
        put("userType", Value::Text(text.to_owned().into()));
    }
    if let Some(text) = person["meta"]["created"].as_str() {
        put("meta.created", Value::DateTime(text.to_owned().into()));
    }
    document
}

/// The resource as it would be returned.
pub(crate) fn printed(document: &Document<'_>) -> Map<String, Json> {
    let head = Head {
        id: "7",
        location: "https://example.com/Users/7",
        endpoint: "https://example.com/Users",
        version: None,
    };
    let mut out = Vec::new();
    document.print(&RESOURCE, &head, &Projection::all(), &mut out);
    serde_json::from_slice(&out).unwrap()
}
