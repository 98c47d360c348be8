//! References to other collections, as the file says them and as the rules use them.

use super::{BIZAGI, REST, read};
use crate::logic::View;
use crate::mapping::Mapping;
use crate::mapping::reference::{Keys, Reference};
use crate::record::{
    Case, Facts, Operator, OptionValue, Options, Paging, Predicate, Record, UpstreamKey,
};
use crate::scim::{Filter, Profile};
use crate::value::Value;

const REFERENCE: &str = "reference = { collection = \"odata/data/Department\", match = \"name\", key = \"idDepartment\" }";

fn with(reference: &str) -> (Option<Mapping>, String) {
    let path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    let text = format!(
        "{BIZAGI}\n[[attribute]]\nscim = \"{path}\"\nfield = \"idDepartment\"\n{reference}\n"
    );
    let (mapping, report) = read(&text);
    (mapping, report.to_string())
}

#[test]
fn every_mistake_of_a_reference_is_told() {
    let (mapping, report) = with(REFERENCE);
    assert!(mapping.is_some() && report.is_empty(), "{report}");
    for (old, new, expected) in [
        ("match = \"name\", ", "", "reference.match`"),
        ("key = \"idDepartment\"", "kee = \"idDepartment\"", "did you mean `key`?"),
        ("key = ", "type = \"dateTime\", key = ", "`integer`, `string` or `guid`"),
        ("key = ", "case = \"lower\", key = ", "`tolower`"),
        ("collection = ", "resource = \"User\", collection = ", "leads to one place"),
        ("collection = \"odata/data/Department\", ", "", "leads to one place"),
        ("collection = \"odata/data/Department\"", "resource = \"User\"", "belongs to a reference"),
        ("match = \"name\"", "match = \" \"", "is empty"),
        ("key = ", "options = { ieee754 = true }, key = ", "for another collection: `ieee754`"),
        ("key = ", "expanded = \"department.name\", case = \"exact\", key = ", ""),
        ("reference = ", "via = \"ticks\"\nreference = ", "step 1 of `via` does not fit"),
        (
            "reference = ",
            "via = { boolean = { true = 1, false = 0 } }\nreference = ",
            "does not fit",
        ),
    ] {
        assert!(REFERENCE.contains(old), "{old}");
        let (mapping, report) = with(&REFERENCE.replacen(old, new, 1));
        assert_eq!(mapping.is_some(), expected.is_empty(), "{new}: {report}");
        assert!(report.contains(expected), "{new}: {report}");
    }
    let anchor = "field   = \"ScimExternalId\"";
    let (mapping, report) = read(&BIZAGI.replacen(anchor, &format!("{anchor}\n{REFERENCE}"), 1));
    assert!(mapping.is_none() && report.to_string().contains("cannot be a reference"), "{report}");
    let poor =
        BIZAGI.replacen("[upstream]\n", "[upstream]\nsearch = { operators = [\"ne\"] }\n", 1);
    let title = format!("[[attribute]]\nscim = \"nickName\"\nfield = \"idNick\"\n{REFERENCE}\n");
    let (mapping, report) = read(&format!("{poor}\n{title}"));
    assert!(
        mapping.is_none() && report.to_string().contains("needs the operator `eq`"),
        "{report}"
    );
}

/// The reference of the REST server with these options, and what is found in it.
fn over_rest(options: &str) -> (Option<Mapping>, String) {
    let path = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department";
    let text = format!(
        "{REST}\n[[attribute]]\nscim = \"{path}\"\nfield = \"employment.department\"\n\
         [attribute.reference]\ncollection = \"api/departments\"\nmatch = \"name\"\n\
         key = \"id\"\n{options}\n"
    );
    let (mapping, report) = read(&text);
    (mapping, report.to_string())
}

#[test]
fn every_mistake_in_the_options_of_another_collection_is_told() {
    let search = "[attribute.reference.options.search]\npath = \"api/departments/_find\"\n";
    let (mapping, report) = over_rest(search);
    assert!(mapping.is_some() && report.is_empty(), "{report}");
    for (options, expected) in [
        ("", "expected a `path` in `search`"),
        ("options = { search = { rows = \"data\" } }", "expected a `path` in `search`"),
        ("options = { search = { path = \"a\" }, read = {} }", "expected a `path` in `read`"),
        ("options = { search = { pat = \"a\" } }", "did you mean `path`?"),
        ("options = { serch = {} }", "did you mean `search`?"),
        ("options = { update = { path = \"a/{key}\" } }", "for another collection: `update`"),
        ("options = { search = { path = \"a\", names = { nam = \"n\" } } }", "mean `name`?"),
        ("options = { search = { path = \"{row}\" } }", "wrong value for"),
        (
            "options = { search = { path = \"a\", method = \"GET\", body = {} } }",
            "expected no `body` beside",
        ),
    ] {
        let (mapping, report) = over_rest(options);
        assert!(mapping.is_none() && report.contains(expected), "{options}: {report}");
    }
    let (mapping, report) = over_rest("options = { search = { path = \"a\", method = \"GET\" } }");
    assert!(mapping.is_some(), "{report}");
}

#[test]
fn what_is_not_said_of_another_collection_holds_as_for_the_people() {
    let of = |options: &str| -> (Facts, Options, bool) {
        let (mapping, report) = over_rest(options);
        let mapping = mapping.unwrap_or_else(|| panic!("{report}"));
        let (_, _, reference) = mapping.references().next().unwrap();
        let entity = &reference.entity;
        (entity.facts.clone(), entity.options.clone(), reference.reads)
    };
    let (facts, options, reads) = of("options = { search = { path = \"find\" } }");
    assert!(facts.operators.contains(Operator::Eq) && !reads);
    assert_eq!(facts.paging, Paging::Pages { fixed: false });
    let texts = |options: &Options| {
        let groups = options.values().iter().filter_map(|value| match value {
            OptionValue::Group(options, _) => Some(options.text(0).unwrap().to_owned()),
            _ => None,
        });
        groups.collect::<Vec<_>>()
    };
    // read, create, update, delete, search, list
    assert_eq!(texts(&options), ["GET", "POST", "PUT", "DELETE", "POST", "GET"]);
    // With a method of its own it begins anew, and compares nothing.
    let (facts, options, reads) = of(
        "options = { search = { path = \"find\", method = \"GET\" }, read = { path = \"{key}\" } }",
    );
    assert!(!facts.operators.contains(Operator::Eq) && reads);
    assert_eq!(facts.paging, Paging::Whole { most: 5000 });
    assert_eq!(texts(&options)[4], "GET");
}

#[test]
fn an_example_is_a_pair() {
    let example = |key: i64| {
        format!(
            "{REFERENCE}\n[[example]]\nscim = {{ userName = \"a@b.c\", active = true, name = \
             {{ formatted = \"A\" }}, emails = [{{ type = \"work\", value = \"a@b.c\" }}], \
             \"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User\" = {{ department = \
             \"Sales\" }} }}\nupstream = {{ userName = \"a\", domain = \"b.c\", enabled = true, \
             enabledForAssignation = true, fullName = \"A\", contactEmail = \"a@b.c\"{} }}\n",
            if key == 0 { String::new() } else { format!(", idDepartment = {key}") }
        )
    };
    let (mapping, report) = with(&example(2));
    assert!(mapping.is_some(), "{report}");
    let (mapping, report) = with(&example(0));
    assert!(mapping.is_none() && report.contains("the example is refused"), "{report}");
}

#[test]
fn a_filter_wants_each_value_once_and_takes_every_key() {
    let mapping = with(REFERENCE).0.unwrap();
    let text = "department eq \"Sales\" or not (department ne \"Sales\") or department ne \" \"";
    let filter = Filter::parse(&mapping.resource, text, &Profile::STRICT).unwrap();
    let wanted = mapping.wanted_by(&filter);
    let [only] = &wanted[..] else { panic!("{wanted:?}") };
    assert_eq!((&only.value, only.exact), (&Value::text("Sales"), false));
    let field = mapping.entity.fields.index_of("idDepartment").unwrap();
    let mut keys = Keys::default();
    keys.put(only.slot, only.value.clone(), [2, 9].map(UpstreamKey::Integer).into());
    let text = "department eq \"Sales\"";
    let filter = Filter::parse(&mapping.resource, text, &Profile::STRICT).unwrap();
    let predicate = mapping.search(&filter, &keys).unwrap();
    let View::All(mut parts) = predicate.view() else { panic!("{predicate:?}") };
    let one = |key| Predicate::compare(field, Operator::Eq, Value::Integer(key), Case::Exact);
    let either = Predicate::any([one(2), one(9)]);
    assert!(parts.any(|part| part.to_formula() == either), "{predicate:?}");
    assert_eq!(mapping.search(&filter, &Keys::default()), Ok(Predicate::FALSE));
}

#[test]
fn what_only_the_database_finds_equal_is_another_value() {
    let same = |found: &str, asked: &str, exact| {
        Reference::is_same(&Value::text(found), &Value::text(asked), exact)
    };
    assert!(same("Sales", "SALES", false) && !same("Sales", "SALES", true));
    for other in ["Sáles", "Sales ", "Ｓales"] {
        assert!(!same(other, "Sales", false), "{other}");
    }
}

#[test]
fn a_key_is_printed_by_what_it_means() {
    let mapping = with(REFERENCE).0.unwrap();
    let field = mapping.entity.fields.index_of("idDepartment").unwrap();
    let slot = mapping.resource.slot_of("department").unwrap();
    let mut row = Record::empty(&mapping.entity.fields);
    row.put(field, Value::Integer(2));
    assert!(mapping.outward(&row).value(slot).is_absent());
    let before = mapping.version(&row).into_owned();
    row.mean(field, Value::text("Sales"));
    assert_eq!(*mapping.outward(&row).value(slot), Value::text("Sales"));
    assert_eq!(*row.clone().into_owned().meaning(field), Value::text("Sales"));
    assert_eq!(mapping.version(&row), before, "a name elsewhere is no version of the person");
}
