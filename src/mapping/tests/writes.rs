//! What is written for a wish: creates, changes, replacements, deletions and revivals.

use serde_json::{Value as Json, json};

use super::{BIZAGI, bizagi, read};
use crate::logic::View;
use crate::mapping::Mapping;
use crate::mapping::policy::Standing;
use crate::mapping::write::{Wish, Written};
use crate::record::{Delta, Record};
use crate::scim::{Document, Parsed, Profile, ScimError, ScimType, SlotSet};
use crate::value::{Type, Value};

const PROPERTIES: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";

fn user(body: &Json) -> Vec<u8> {
    body.to_string().into_bytes()
}

fn parsed<'b>(mapping: &Mapping, body: &'b [u8]) -> Parsed<'b> {
    Document::from_json(&mapping.resource, body, &Profile::TOLERANT).unwrap()
}

fn typed(kind: Type, value: &Json) -> Value<'static> {
    match (value, kind) {
        (Json::Null, _) => Value::Absent,
        (Json::Bool(truth), _) => Value::Boolean(*truth),
        (Json::Number(number), _) => Value::Integer(number.as_i64().unwrap()),
        (Json::String(text), Type::DateTime) => Value::DateTime(text.clone().into()),
        (Json::String(text), _) => Value::Text(text.clone().into()),
        other => panic!("{other:?}"),
    }
}

fn row(mapping: &Mapping, fields: &Json) -> Record<'static> {
    let mut row = Record::empty(&mapping.entity.fields);
    for (name, value) in fields.as_object().unwrap() {
        let field = mapping.entity.fields.index_of(name).unwrap();
        row.put(field, typed(mapping.kind(field), value));
    }
    row
}

fn shown(mapping: &Mapping, delta: &Delta<'_>) -> Json {
    let field = |field| mapping.entity.fields.field(field).unwrap().name.as_str().to_owned();
    let json = |value: &Value<'_>| match value {
        Value::Absent => Json::Null,
        Value::Integer(number) => json!(number),
        Value::Boolean(truth) => json!(truth),
        other => json!(other.as_str()),
    };
    delta.iter().map(|(index, value)| (field(index), json(value))).collect()
}

fn tolerant(stated: SlotSet) -> Wish<'static> {
    Wish { stated, strict: false, keys: None }
}

/// What a create of this person writes, and which attributes are left out.
fn create(mapping: &Mapping, body: &Json, strict: bool) -> Result<(Json, Vec<String>), ScimError> {
    let body = user(body);
    let Parsed { mut document, mentioned, composed_name, .. } = parsed(mapping, &body);
    if let Some((slot, name)) = composed_name {
        document.put(slot, Value::Text(name.into()));
    }
    mapping.complete_creation(&mut document, mentioned);
    let written = mapping.create(&document, Wish { stated: mentioned, strict, keys: None })?;
    Ok((shown(mapping, &written.delta), paths(&written)))
}

fn paths(written: &Written<'_>) -> Vec<String> {
    written.dropped.iter().map(|dropped| dropped.path.to_string()).collect()
}

/// What a PUT of this person writes over that row.
fn replace(
    mapping: &Mapping,
    fields: &Json,
    body: &Json,
) -> Result<(Json, Vec<String>), ScimError> {
    let (body, row) = (user(body), row(mapping, fields));
    let Parsed { mut document, mentioned, .. } = parsed(mapping, &body);
    let now = mapping.outward(&row);
    mapping.complete_replacement(&now, &mut document, mentioned);
    let written = mapping.change(&row, &now, &document, tolerant(mentioned))?;
    Ok((shown(mapping, &written.delta), paths(&written)))
}

/// What a change of some attributes writes over that row.
fn change(
    mapping: &Mapping,
    fields: &Json,
    changes: &[(&str, Value<'static>)],
    strict: bool,
) -> Result<(Json, Vec<String>), ScimError> {
    let row = row(mapping, fields);
    let now = mapping.outward(&row);
    let mut wished = now.borrowed();
    let mut stated = SlotSet::EMPTY;
    for (path, value) in changes {
        let slot = mapping.resource.slot_of(path).unwrap();
        wished.put(slot, value.clone());
        stated.insert(slot);
    }
    let written = mapping.change(&row, &now, &wished, Wish { stated, strict, keys: None })?;
    Ok((shown(mapping, &written.delta), paths(&written)))
}

fn ana() -> Json {
    json!({
        "idUser": 7, "userName": "ana", "domain": "contoso.com", "enabled": true,
        "fullName": "Ana Diaz", "FirstName": "Ana", "LastName": "Diaz",
        "contactEmail": "ana@contoso.com", "contactCell": "123", "ScimExternalId": "A",
    })
}

fn ana_with(more: &Json) -> Json {
    let mut row = ana();
    for (name, value) in more.as_object().unwrap() {
        row[name] = value.clone();
    }
    row
}

#[test]
fn a_new_person_gets_defaults_constants_and_derived_fields() {
    let body = json!({
        "schemas": [], "userName": "bo@contoso.com",
        "name": { "givenName": "Bo", "familyName": "Ek" }, "emails": [{ "value": "bo@x.org" }],
    });
    let (row, dropped) = create(&bizagi(), &body, true).unwrap();
    assert_eq!(
        row,
        json!({
            "userName": "bo", "domain": "contoso.com", "enabled": true,
            "enabledForAssignation": true, "FirstName": "Bo", "LastName": "Ek",
            "fullName": "Bo Ek", "contactEmail": "bo@x.org", "notifByEmail": true,
            "offlineForms": true, "createdCasesSkipAssigRules": false,
        })
    );
    assert!(dropped.is_empty());
}

#[test]
fn what_a_limit_refuses_is_dropped_or_refused() {
    let mapping = bizagi();
    let body = |phone: usize| {
        json!({
            "userName": "bo@contoso.com", "emails": [{ "value": "bo@x.org" }],
            "phoneNumbers": [{ "type": "mobile", "value": "1".repeat(phone) }],
        })
    };
    let (row, dropped) = create(&mapping, &body(21), false).unwrap();
    assert_eq!(row.get("contactCell"), None);
    assert_eq!(dropped, ["phoneNumbers[type eq \"mobile\"].value"]);
    assert_eq!(create(&mapping, &body(20), true).unwrap().0["contactCell"], "1".repeat(20));
    let error = create(&mapping, &body(21), true).unwrap_err();
    assert_eq!(error.kind, ScimType::InvalidValue);
    assert!(error.detail.contains("at most 20 characters, found 21"), "{}", error.detail);
    assert!(!error.detail.contains("111"), "a value is never quoted");

    let long = json!({
        "userName": format!("bo@{}", "d".repeat(26)), "emails": [{ "value": "bo@x.org" }],
    });
    let error = create(&mapping, &long, false).unwrap_err();
    assert!(error.detail.contains("`domain` at most 25 characters"), "{}", error.detail);
}

#[test]
fn what_is_required_is_missed() {
    let error = create(&bizagi(), &json!({ "userName": "bo@contoso.com" }), false).unwrap_err();
    assert_eq!(error.kind, ScimType::InvalidValue);
    assert_eq!(error.detail, "`emails[type eq \"work\"].value` is required");
    let cleared = [("emails[type eq \"work\"].value", Value::Absent)];
    assert!(change(&bizagi(), &ana(), &cleared, false).is_err());
    let without = ana_with(&json!({ "contactEmail": null }));
    let disabled = [("active", Value::Boolean(false))];
    let (delta, _) = change(&bizagi(), &without, &disabled, true).unwrap();
    assert_eq!(delta, json!({ "enabled": false, "enabledForAssignation": false }));
}

#[test]
fn only_what_differs_is_written() {
    let mapping = bizagi();
    let same = [
        ("name.givenName", Value::text("Ana")),
        ("active", Value::Boolean(true)),
        ("userName", Value::text("ana@contoso.com")),
    ];
    assert_eq!(change(&mapping, &ana(), &same, true).unwrap().0, json!({}));
    let domain = [("userName", Value::text("ana@contoso.org"))];
    let (delta, _) = change(&mapping, &ana(), &domain, true).unwrap();
    assert_eq!(delta, json!({ "domain": "contoso.org" }));
    let date = ana_with(&json!({ "HireDate": "2026-03-01T00:00:00Z" }));
    let path = format!("{PROPERTIES}:HireDate");
    let spelled = [(path.as_str(), Value::DateTime("2026-03-01T01:00:00+01:00".into()))];
    assert_eq!(change(&mapping, &date, &spelled, true).unwrap().0, json!({}));
}

#[test]
fn a_derived_field_follows_its_inputs_unless_somebody_sets_it() {
    let mapping = bizagi();
    let family = ("name.familyName", Value::text("Gomez"));
    let (delta, _) = change(&mapping, &ana(), std::slice::from_ref(&family), true).unwrap();
    assert_eq!(delta, json!({ "LastName": "Gomez", "fullName": "Ana Gomez" }));

    let formatted = ("name.formatted", Value::text("Dr. Ana"));
    let (delta, _) = change(&mapping, &ana(), &[family.clone(), formatted], true).unwrap();
    assert_eq!(delta, json!({ "LastName": "Gomez", "fullName": "Dr. Ana" }));

    let too_long = ("name.formatted", Value::Text("x".repeat(201).into()));
    let (delta, dropped) = change(&mapping, &ana(), &[family, too_long], false).unwrap();
    assert_eq!(delta, json!({ "LastName": "Gomez", "fullName": "Ana Gomez" }));
    assert_eq!(dropped, ["name.formatted"]);

    let long = ("name.givenName", Value::Text("x".repeat(51).into()));
    let (delta, dropped) = change(&mapping, &ana(), &[long], false).unwrap();
    assert_eq!((delta, dropped), (json!({}), vec!["name.givenName".to_owned()]));

    let cleared = ("name.formatted", Value::Absent);
    let (delta, _) = change(&mapping, &ana(), &[cleared], true).unwrap();
    assert_eq!(delta, json!({}), "it is what its inputs make of it");
}

#[test]
fn an_anchor_is_stamped_once_and_never_changes() {
    let mapping = bizagi();
    let anchor = |text| [("externalId", Value::text(text))];
    let bare = ana_with(&json!({ "ScimExternalId": null }));
    let (delta, _) = change(&mapping, &bare, &anchor("B"), true).unwrap();
    assert_eq!(delta, json!({ "ScimExternalId": "B" }));
    let empty = ana_with(&json!({ "ScimExternalId": "" }));
    let (delta, _) = change(&mapping, &empty, &anchor("B"), true).unwrap();
    assert_eq!(delta, json!({ "ScimExternalId": "B" }));
    for other in ["B", "a"] {
        let error = change(&mapping, &ana(), &anchor(other), false).unwrap_err();
        assert_eq!(error.kind, ScimType::Mutability);
    }
    let removed = [("externalId", Value::Absent)];
    assert_eq!(change(&mapping, &ana(), &removed, false).unwrap_err().kind, ScimType::Mutability);
}

#[test]
fn a_put_keeps_or_clears_what_it_leaves_out() {
    let body = json!({ "userName": "ana@contoso.com", "emails": [{ "value": "ana@contoso.com" }] });
    let (delta, _) = replace(&bizagi(), &ana_with(&json!({ "enabled": false })), &body).unwrap();
    assert_eq!(
        delta,
        json!({
            "FirstName": null, "LastName": null, "contactCell": null,
            "fullName": "ana@contoso.com",
        }),
        "`active` and `externalId` stay, the rest is cleared or computed"
    );
}

#[test]
fn whatever_the_optional_attributes_hold_a_put_disables() {
    let body = json!({
        "userName": "ana@contoso.com", "active": false, "externalId": "A",
        "name": { "givenName": "Ana", "familyName": "Diaz", "formatted": "x".repeat(5000) },
        "emails": [{ "value": "ana@contoso.com" }],
        "phoneNumbers": [{ "type": "mobile", "value": "1".repeat(60) }],
    });
    let (delta, dropped) = replace(&bizagi(), &ana(), &body).unwrap();
    assert_eq!(delta, json!({ "enabled": false, "enabledForAssignation": false }));
    assert_eq!(dropped.len(), 2, "{dropped:?}");
}

#[test]
fn the_part_of_a_change_that_disables() {
    let mapping = bizagi();
    let row = row(&mapping, &ana());
    let now = mapping.outward(&row);
    let part = |changes: &[(&str, Value<'static>)]| {
        let mut wished = now.borrowed();
        for (path, value) in changes {
            wished.put(mapping.resource.slot_of(path).unwrap(), value.clone());
        }
        let written = mapping.change(&row, &now, &wished, tolerant(SlotSet::EMPTY)).unwrap();
        let part = mapping.disabling(&wished, &written.delta);
        part.map(|part| shown(&mapping, &part))
    };
    let off = ("active", Value::Boolean(false));
    let phone = ("phoneNumbers[type eq \"mobile\"].value", Value::text("9"));
    let renamed = ("userName", Value::text("eva@contoso.com"));
    let disabled = Some(json!({ "enabled": false, "enabledForAssignation": false }));
    assert_eq!(part(&[off.clone(), phone.clone()]), disabled);
    assert_eq!(part(std::slice::from_ref(&off)), None, "it is the whole change");
    assert_eq!(part(&[phone]), None);
    assert_eq!(part(&[off, renamed]), None);
}

#[test]
fn a_deletion_is_a_mark_and_a_revival_leaves_nothing_but_the_anchor() {
    let mapping = bizagi();
    let living = row(&mapping, &ana_with(&json!({ "idBossUser": 3, "EmployeeLevel": 2 })));
    let delta = mapping.disable(&living).unwrap();
    assert_eq!(
        shown(&mapping, &delta),
        json!({ "enabled": false, "enabledForAssignation": false, "ScimDeleted": true })
    );
    let mut deleted = living.clone();
    for (field, value) in delta.iter() {
        deleted.put(field, value.clone());
    }
    assert_eq!(mapping.standing(&deleted), Standing::Deleted);

    let body = user(&json!({
        "userName": "ANA@contoso.com", "emails": [{ "value": "new@contoso.com" }],
    }));
    let Parsed { mut document, mentioned, .. } = parsed(&mapping, &body);
    mapping.complete_revival(&deleted, &mut document, mentioned);
    let written = mapping.revive(&deleted, &document, tolerant(mentioned)).unwrap();
    assert_eq!(
        shown(&mapping, &written.delta),
        json!({
            "userName": "ANA", "FirstName": null, "LastName": null, "contactCell": null,
            "idBossUser": null, "EmployeeLevel": null, "enabled": true,
            "enabledForAssignation": true, "contactEmail": "new@contoso.com",
            "fullName": "ANA@contoso.com", "notifByEmail": true, "offlineForms": true,
            "createdCasesSkipAssigRules": false, "ScimDeleted": false,
        })
    );

    let other = user(&json!({
        "userName": "ana@contoso.com", "externalId": "B", "emails": [{ "value": "n@x.org" }],
    }));
    let Parsed { mut document, mentioned, .. } = parsed(&mapping, &other);
    mapping.complete_revival(&deleted, &mut document, mentioned);
    let error = mapping.revive(&deleted, &document, tolerant(mentioned)).unwrap_err();
    assert_eq!(error.kind, ScimType::Mutability);
}

#[test]
fn enabled_by_hand_is_living_again() {
    let mapping = bizagi();
    let marked = |more: &Json| mapping.standing(&row(&mapping, &ana_with(more)));
    let mark = json!({ "ScimDeleted": true, "enabled": false });
    assert_eq!(marked(&mark), Standing::Deleted);
    assert_eq!(marked(&json!({ "ScimDeleted": true })), Standing::Living);
    assert_eq!(marked(&json!({ "ScimDeleted": true, "enabled": null })), Standing::Deleted);
    assert_eq!(marked(&json!({ "domain": "LOCAL" })), Standing::Hidden);
    assert_eq!(marked(&json!({ "userName": "" })), Standing::Hidden);
}

#[test]
fn the_account_behind_our_own_credential_is_protected() {
    let mut mapping = bizagi();
    let row = row(&mapping, &ana_with(&json!({ "domain": "CORP" })));
    assert!(!mapping.is_protected(&row));
    for account in ["ana", "ANA", "corp\\Ana", "ana@CORP"] {
        mapping.own_account = Some(account.into());
        assert!(mapping.is_protected(&row), "{account}");
    }
    for other in ["an", "other\\ana", "ana@other", "corp", "CORP\\bo", ""] {
        mapping.own_account = Some(other.into());
        assert!(!mapping.is_protected(&row), "{other}");
    }
}

#[test]
fn collisions_are_asked_by_name_and_by_anchor() {
    let mapping = bizagi();
    let body = user(&json!({
        "userName": "Ana@Contoso.com", "externalId": "A", "emails": [{ "value": "n@x.org" }],
    }));
    let Parsed { document, mentioned, .. } = parsed(&mapping, &body);
    let delta = mapping.create(&document, tolerant(mentioned)).unwrap().delta;
    let predicate = mapping.collisions(&delta, None);
    let View::Any(parts) = predicate.view() else { panic!("{predicate:?}") };
    assert_eq!(parts.count(), 2, "{predicate:?}");
    let is_same = |more: &Json| {
        let other = row(&mapping, &ana_with(more));
        (mapping.has_same_name(&delta, None, &other), mapping.has_same_anchor(&delta, &other))
    };
    assert_eq!(is_same(&json!({})), (true, true));
    assert_eq!(is_same(&json!({ "userName": "aná" })), (false, true));
    assert_eq!(is_same(&json!({ "domain": "contoso.com " })), (false, true));
    assert_eq!(is_same(&json!({ "ScimExternalId": "a" })), (true, false));

    let level = [("name.givenName", Value::text("X"))];
    let (renamed, _) = change(&mapping, &ana(), &level, true).unwrap();
    assert_eq!(renamed.get("userName"), None);
}

#[test]
fn without_columns_for_the_parts_a_full_name_stays_whole() {
    let from = BIZAGI.find("[[attribute]]\nscim       = \"name.givenName\"").unwrap();
    let to = BIZAGI
        .find("# ---------------------------------------------------------------- how to")
        .unwrap();
    let examples = BIZAGI.find("[[example]]").unwrap();
    let text = format!("{}{}", &BIZAGI[..from], &BIZAGI[to..examples]);
    let (mapping, report) = read(&text);
    let mapping = mapping.unwrap_or_else(|| panic!("{report}"));
    assert_eq!(mapping.resource.slot_of("name.familyName"), None, "it is not advertised");
    let body = json!({
        "userName": "bo@contoso.com", "name": { "givenName": "Bo", "familyName": "Ek" },
        "emails": [{ "value": "bo@x.org" }],
    });
    let (row, _) = create(&mapping, &body, false).unwrap();
    assert_eq!(row["fullName"], "Bo Ek", "the parts compose the whole at a create");
}
