//! Attributes of several values: what may be written in a file, and what is written to a row.

use proptest::prelude::*;
use serde_json::json;

use super::{BIZAGI, SOAP, read};
use crate::mapping::Mapping;
use crate::mapping::reference::Keys;
use crate::mapping::write::Wish;
use crate::record::{FieldIndex, Record};
use crate::scim::filter::Target;
use crate::scim::{Document, Profile, ScimType, SlotSet};
use crate::value::{Value, same};

const ROLES: &str = r#"
[[attribute]]
scim         = "roles"
multi_valued = true
field        = "Roles"
pattern      = '[0-9]+'
"#;

/// The reports of the OData and the SOAP file with more text in front of the first attribute.
fn with(more: &str) -> [(Option<Mapping>, String); 2] {
    [BIZAGI, SOAP].map(|text| {
        let (before, after) = text.split_once("[[attribute]]").unwrap();
        // Its own examples know nothing of roles.
        let (after, _) = after.split_once("\n[[example]]").unwrap();
        let (mapping, report) = read(&format!("{before}{more}\n[[attribute]]{after}"));
        (mapping, report.to_string())
    })
}

#[test]
fn a_list_is_kept_whole_or_its_first_value_and_both_are_said() {
    for kept in [
        ROLES.to_owned(),
        ROLES.replace("\"roles\"", "\"roles.value\""),
        ROLES.replace("\"roles\"", "\"entitlements\""),
        ROLES.replace("multi_valued = true", "via = \"first\""),
        ROLES.replace("multi_valued = true", "via = [\"first\", \"trim\"]\ndefault = [\"1\"]"),
        format!("{ROLES}default = [\"1\", \"2\"]\nvia = {{ table = {{ a = \"1\", b = \"2\" }} }}"),
    ] {
        for (mapping, report) in with(&kept) {
            assert!(mapping.is_some() && !report.contains("error"), "{kept}{report}");
        }
    }
}

#[test]
fn what_cannot_be_a_list_is_a_finding_with_a_way_out() {
    let many = "multi_valued = true\n";
    let roles = |more: &str| format!("{ROLES}{more}");
    for (more, expected) in [
        (ROLES.replace(many, ""), "or all of them with `multi_valued = true`"),
        (ROLES.replace("\"roles\"", "\"nickName\""), "`nickName` has one value"),
        (ROLES.replace("\"roles\"", "'roles[type eq \"x\"].value'"), "without brackets"),
        (
            ROLES.replace("\"roles\"", "\"addresses\""),
            "expected the `value` of each element of `addresses`",
        ),
        (
            ROLES.replace("\"roles\"", "\"roles.display\""),
            "expected the `value` of each element of `roles`",
        ),
        (ROLES.replace("\"roles\"", "\"groups\""), "`groups` is readOnly"),
        (roles("via = \"first\""), "`via` does not fit `multi_valued = true`"),
        (roles("via = [\"trim\", \"first\"]"), "takes a whole list"),
        (roles("also = [\"x\"]"), "`also` does not fit `multi_valued = true`"),
        (roles("reference = { resource = \"User\" }"), "`reference` does not fit"),
        (roles("default = [7]"), "wrong type for a value"),
        (
            roles("\n[[attribute]]\nscim = \"nickName\"\nfield = \"Roles\""),
            "field `Roles` holds one value and several",
        ),
        (roles("\n[[constant]]\nfield = \"Roles\"\nvalue = \"1\""), "holds one value and several"),
        (
            roles("\n[[derived]]\nfield = \"x\"\nfrom = \"{roles}\""),
            "unknown attribute in a template: `roles`",
        ),
    ] {
        for (mapping, report) in with(&more) {
            assert!(mapping.is_none() && report.contains(expected), "{more}{report}");
            assert!(report.contains("mapping.toml:"), "{report}");
        }
    }
    let [(odata, _), (soap, report)] = with(&ROLES.replace("\"Roles\"", "\"Committees\""));
    assert!(odata.is_some() && soap.is_none());
    assert!(report.contains("expected `collections = {"), "{report}");
    let [_, (soap, report)] = with(&ROLES.replace("\"Roles\"", "\"Organizations\""));
    assert!(
        soap.is_none() && report.contains("`roles.value` and `options` write the same field"),
        "{report}"
    );
    let said = "collections = { Committees = { element = \"COMMITTEE\", key = \"idCommittee\" } }";
    let text = SOAP.replace("endpoint = \"Web", &format!("{said}\nendpoint = \"Web"));
    let text = format!("{text}{}", ROLES.replace("\"Roles\"", "\"Committees\""));
    let (mapping, report) = read(&text);
    assert!(mapping.is_some(), "{report}");
    for wrong in ["{ element = \"A\" }", "{ element = \"A\", key = \"b c\" }", "\"A\""] {
        let text = text.replace("{ element = \"COMMITTEE\", key = \"idCommittee\" }", wrong);
        let (mapping, report) = read(&text);
        assert!(
            mapping.is_none() && report.to_string().contains("`element` and `key`"),
            "{report}"
        );
    }
}

#[test]
fn what_gives_rights_is_known_by_its_field() {
    let [(odata, _), (soap, _)] = with(ROLES);
    let soap = soap.unwrap();
    assert_eq!(odata.unwrap().grants, [""; 0]);
    assert_eq!(soap.grants, ["Roles", "Organizations"]);
    assert!(soap.place_of("roles").unwrap().starts_with("mapping.toml:"));
    let granted = |names: &[&str], new| soap.granted(names, new).collect::<Vec<_>>();
    assert_eq!(granted(&["fullName"], false), [""; 0]);
    assert_eq!(granted(&["fullName", "Roles"], false), ["Roles"]);
    assert_eq!(granted(&["fullName"], true), ["Organizations"]);
    let [_, (read_only, _)] = with(&format!("{ROLES}read_only = true"));
    assert_eq!(read_only.unwrap().grants, ["Organizations"]);
}

#[test]
fn an_example_proves_a_list_in_both_directions() {
    let table = format!("{ROLES}via = {{ table = {{ Requester = \"1\", Approver = \"2\" }} }}\n");
    let example = |roles: &str, stored: &str| {
        format!(
            "{table}\n[[example]]\nscim = {{ userName = \"x@contoso.com\", emails = [{{ value = \"x@y\", type = \"work\" }}], \
             name = {{ formatted = \"X\" }}, active = true, roles = {roles} }}\n\
             upstream = {{ userName = \"x\", domain = \"contoso.com\", contactEmail = \"x@y\", fullName = \"X\", \
             enabled = true, enabledForAssignation = true, Roles = {stored} }}\n"
        )
    };
    let both = "[{ value = \"Requester\" }, { value = \"Approver\" }]";
    for (mapping, report) in with(&example(both, "[\"2\", \"1\"]")) {
        assert!(mapping.is_some() && report.is_empty(), "{report}");
    }
    for (_, report) in with(&example(both, "[\"2\", \"3\"]")) {
        assert!(report.contains("- Roles = [\"2\", \"3\"]"), "{report}");
        assert!(report.contains("+ Roles = [\"1\", \"2\"]"), "{report}");
    }
}

#[test]
fn a_list_is_searched_only_where_one_column_keeps_it() {
    let filter = |mapping: &Mapping, text: &str| {
        let filter = crate::scim::Filter::parse(&mapping.resource, text, &Profile::STRICT).unwrap();
        mapping
            .search(&filter, &Keys::default())
            .map(|_| ())
            .map_err(|error| (error.kind, error.into_detail()))
    };
    for (mapping, _) in with(ROLES) {
        let mapping = mapping.unwrap();
        for text in [
            "roles eq \"1\"",
            "roles pr",
            "not (roles.value eq \"1\")",
            "active eq true or roles pr",
        ] {
            let (kind, detail) = filter(&mapping, text).unwrap_err();
            assert_eq!(kind, ScimType::InvalidFilter);
            assert!(detail.contains("`roles.value` cannot be searched"), "{detail}");
        }
        let slot = mapping.resource.attribute_slots("roles").iter().next();
        let order = mapping.order(slot.map(Target::Slot), crate::record::Direction::Ascending);
        assert!(order.iter().all(|(field, _)| *field == mapping.entity.key));
    }
    for (mapping, _) in with(&ROLES.replace("multi_valued = true", "via = \"first\"")) {
        let mapping = mapping.unwrap();
        for text in ["roles eq \"1\"", "roles pr", "roles[value ne \"1\"]"] {
            filter(&mapping, text).unwrap();
        }
    }
}

/// What a row with these roles gets when these are wished, what is left out, and how it prints.
fn changed(
    mapping: &Mapping,
    held: &[&str],
    wished: &[String],
) -> (Vec<String>, bool, bool, Vec<String>) {
    let field = mapping.entity.fields.index_of("Roles").unwrap();
    let list = |texts: &[&str]| {
        Value::list(texts.iter().map(|text| Value::Text((*text).to_owned().into())).collect())
    };
    let mut row = Record::empty(&mapping.entity.fields);
    row.put(field, list(held));
    let now = mapping.outward(&row);
    let roles: serde_json::Value = wished.iter().map(|role| json!({ "value": role })).collect();
    let body = json!({ "roles": roles }).to_string();
    let parsed =
        Document::from_json(&mapping.resource, body.as_bytes(), &Profile::TOLERANT).unwrap();
    let wish = Wish { stated: parsed.mentioned, strict: false, keys: None };
    let mut whole = now.borrowed();
    let slot = mapping.resource.attribute_slots("roles").iter().next().unwrap();
    whole.put(slot, parsed.document.value(slot).borrowed());
    let written = mapping.change(&row, &now, &whole, wish).unwrap();
    let after = written.delta.value(field).cloned().unwrap_or_else(|| row.value(field).clone());
    assert_before(&written.delta, field, &row);
    let mut stored = Record::empty(&mapping.entity.fields);
    stored.put(field, after.clone());
    let texts = |value: &Value<'_>| {
        let mut texts: Vec<String> =
            value.each().iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        texts.sort();
        texts
    };
    let printed = texts(mapping.outward(&stored).value(slot));
    (texts(&after), written.delta.is_empty(), !written.dropped.is_empty(), printed)
}

/// A change carries what the row holds, or there is none.
fn assert_before(delta: &crate::record::Delta<'_>, field: FieldIndex, row: &Record<'_>) {
    if delta.value(field).is_some() {
        assert!(same(delta.before(field), row.value(field)));
    }
}

proptest! {
    /// What a client says is what it reads again, but for what cannot be stored; what it cannot
    /// say stays; and saying what is there writes nothing.
    #[test]
    fn a_wished_list_is_what_is_printed_and_the_rest_stays(
        held in proptest::collection::btree_set(prop_oneof![Just("1"), Just("2"), Just("3"), Just("")], 0..4),
        wished in proptest::collection::vec("Requester|approver|APPROVER|Auditor", 0..4),
    ) {
        thread_local! {
            static TABLE: Mapping = {
                let table = "via = { table = { Requester = \"1\", Approver = \"2\" } }";
                let [_, (mapping, _)] = with(&format!("{ROLES}{table}"));
                mapping.unwrap()
            };
        }
        TABLE.with(|mapping| {
            let held: Vec<&str> = held.into_iter().collect();
            let (after, is_nothing, is_dropped, printed) = changed(mapping, &held, &wished);
            let says = |name: &str| wished.iter().any(|role| role.eq_ignore_ascii_case(name));
            let expected = [("Approver", says("Approver")), ("Requester", says("Requester"))];
            let expected: Vec<_> = expected.iter().filter(|(_, is)| *is).map(|(name, _)| *name).collect();
            prop_assert_eq!(printed, expected);
            prop_assert_eq!(is_dropped, says("Auditor"));
            for silent in ["3", ""] {
                prop_assert_eq!(after.iter().any(|role| role == silent), held.contains(&silent));
            }
            prop_assert_eq!(is_nothing, held == after);
            Ok(())
        })?;
    }
}

#[test]
fn strictly_one_bad_value_refuses_the_request() {
    let [_, (mapping, _)] = with(ROLES);
    let mapping = mapping.unwrap();
    let body = json!({
        "userName": "x@contoso.com", "emails": [{ "type": "work", "value": "x" }],
        "roles": [{ "value": "1" }, { "value": "x" }],
    })
    .to_string();
    let parsed =
        Document::from_json(&mapping.resource, body.as_bytes(), &Profile::TOLERANT).unwrap();
    let stated = SlotSet::FULL;
    let error =
        mapping.create(&parsed.document, Wish { stated, strict: true, keys: None }).unwrap_err();
    assert!(
        error.detail.contains("`roles.value`: expected a text that matches"),
        "{}",
        error.detail
    );
    let written =
        mapping.create(&parsed.document, Wish { stated, strict: false, keys: None }).unwrap();
    let field = mapping.entity.fields.index_of("Roles").unwrap();
    assert_eq!(written.delta.value(field), Some(&Value::list(vec![Value::text("1")])));
    assert_eq!(written.dropped.len(), 1);
}
