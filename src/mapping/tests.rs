//! The shipped mapping, compiled and tried in both directions.

use std::sync::Arc;

use super::*;
use crate::diagnostic::{Report, Source};
use crate::record::Paging;
use crate::upstream::DIALECTS;

mod filters;
mod lists;
mod mutations;
mod notation;
mod references;
mod transforms;
mod writes;

// The scenes over real sockets choose variants as well.
#[path = "../../tests/it/scene/variant.rs"]
mod choose;

pub(crate) const BIZAGI: &str = include_str!("../../mappings/bizagi-odata.toml");

pub(crate) const SOAP: &str = include_str!("../../mappings/bizagi-soap.toml");

pub(crate) const REST: &str = include_str!("../../mappings/rest-json.toml");

pub(crate) fn read(text: &str) -> (Option<Mapping>, Report) {
    let source = Arc::new(Source { name: "mapping.toml".to_owned(), text: text.to_owned() });
    let dialects: Vec<_> = DIALECTS.iter().map(|dialect| dialect.description()).collect();
    Mapping::read(source, &dialects)
}

/// The shipped file with its commented custom property in place: one of every type.
pub(crate) fn bizagi() -> Mapping {
    let (mapping, report) = read(&choose::hire_date(BIZAGI));
    mapping.unwrap_or_else(|| panic!("{report}"))
}

/// The shipped file with one of its commented variants in place.
pub(crate) fn variant(name: &str) -> String {
    choose::variant(BIZAGI, BIZAGI, name)
}

#[test]
fn the_shipped_mapping_has_no_findings() {
    for shipped in [BIZAGI, SOAP, REST] {
        for text in [shipped.to_owned(), choose::hire_date(shipped)] {
            let (mapping, report) = read(&text);
            assert!(mapping.is_some() && report.findings().is_empty(), "{report}");
        }
    }
}

/// The SOAP mapping with one line in place of another.
fn soap_with(old: &str, new: &str) -> (Option<Mapping>, String) {
    assert!(SOAP.contains(old), "{old}");
    let (mapping, report) = read(&SOAP.replacen(old, new, 1));
    (mapping, report.to_string())
}

#[test]
fn the_shipped_mappings_know_the_same_attributes() {
    let paths = |text| {
        let rules = read(text).0.unwrap().rules;
        rules.into_iter().map(|rule| rule.path).collect::<Vec<_>>()
    };
    assert_eq!(paths(BIZAGI), paths(SOAP));
    assert_eq!(paths(BIZAGI), paths(REST));
}

#[test]
fn what_a_file_says_to_its_dialect_is_checked_as_the_dialect_declares_it() {
    let create = "create   = \"saveEntity\"";
    for (old, new, expected) in [
        ("twin     = \"xml\"", "twim     = \"xml\"", "did you mean `twin`?"),
        ("twin     = \"xml\"", "twin     = \"json\"", "`xml`"),
        ("literal  = '[", "literal  = 'x)|(.*[", "the Rust crate `regex`"),
        ("{ Code = \"1\" }", "{ \"a b\" = \"1\" }", "names that a field may have"),
        ("{ Code = \"1\" }", "{ Code = 1.5 }", "names that a field may have"),
        (create, "create   = \"createUser\"", "expected `organization`"),
        (create, "create   = \"createUser\"\norganization = \"1\"", "expected no `insert`"),
        ("on_delete   = \"disable\"", "on_delete   = \"delete\"", "cannot delete rows"),
        ("most = 5000", "paging = true", "cannot ask for a part"),
        ("field      = \"contactCell\"", "field      = \"a.b\"", "cannot write a field `a.b`"),
    ] {
        let (mapping, report) = soap_with(old, new);
        assert!(mapping.is_none() && report.contains(expected), "{new}: {report}");
    }
    let whole = soap_with("search = { most = 5000, ", "search = { most = 7, ").0.unwrap();
    assert_eq!(whole.entity.facts.paging, Paging::Whole { most: 7 });
    let (none, report) =
        read(&BIZAGI.replacen("[upstream]\n", "[upstream]\noptions = { x = 1 }\n", 1));
    assert!(none.is_none() && report.to_string().contains("unknown option"), "{report}");
}

#[test]
fn what_an_operator_mistakes_is_told_with_a_way_out() {
    let name = "scim       = \"displayName\"";
    let urn = "urn         = \"urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties\"";
    for (old, new, expected) in [
        (name, "scim       = \"dispalyName\"", "did you mean `displayName`?"),
        (name, "scim       = \"jobTitle\"", "`title`, `userType`"),
        (name, "scim       = \"name.first\"", "there is `name.formatted`, `name.familyName`"),
        (urn, "urn         = \"urn:example:other\"", "declare it: `[[extension]]` with `urn = "),
        ("type  = \"integer\"", "", "add `type`: `string`, `integer`, `decimal`"),
        ("max_length = 200", "one_of     = []", "at least one text, found an empty list"),
        ("max_length = 200", "pattern    = '[A-Z'", "`regex`: unclosed character class"),
        ("{ status = 409 }", "{}", "`error[0].when` is empty"),
    ] {
        let (mapping, report) = read(&BIZAGI.replacen(old, new, 1));
        let report = report.to_string();
        assert!(mapping.is_none() && report.contains(expected), "{new}: {report}");
    }
    // Nobody can map what the server alone sets, and a type that was told is not told again.
    let (_, report) = read(&BIZAGI.replacen(name, "scim       = \"jobTitle\"", 1));
    assert!(!report.to_string().contains("`id`"), "{report}");
    let (_, report) = read(&BIZAGI.replacen("type  = \"integer\"", "type  = \"whole\"", 1));
    assert_eq!(report.counts().0, 1, "{report}");
}

#[test]
fn a_path_that_leads_out_of_the_base_url_is_told_before_anybody_calls() {
    for (text, old, new, expected) in [
        (BIZAGI, "\"odata/data/WFUser\"", "\"/odata/data/WFUser\"", "without a slash in front"),
        (BIZAGI, "\"odata/data/WFUser\"", "\"odata/data/WFUser/\"", "without a slash at its end"),
        (BIZAGI, "\"odata/data/WFUser\"", "\"https://other.example/WFUser\"", "not a URL"),
        (SOAP, "= \"WFUSER\"", "= \"odata/data/WFUser\"", "the name of an entity"),
        (SOAP, "\"WebServices/", "\"/WebServices/", "an `endpoint` that goes on behind"),
        (REST, "\"api/people\"", "\"api/people?all=1\"", "without `?` and `#`"),
        (REST, "\"api/people/_find\"", "\"../people/_find\"", "`.` or `..` segments"),
    ] {
        assert!(text.contains(old), "{old}");
        let (mapping, report) = read(&text.replacen(old, new, 1));
        let report = report.to_string();
        assert!(mapping.is_none() && report.contains(expected), "{new}: {report}");
    }
    let department = "[[attribute]]\nscim = \"title\"\nfield = \"idTitle\"\n\
        reference = { collection = \"/Titles\", match = \"name\", key = \"id\" }\n";
    let (_, report) = read(&format!("{BIZAGI}\n{department}"));
    assert!(report.to_string().contains("without a slash in front"), "{report}");
    let slash = REST.replacen("\"api/people/_find\"", "\"api/people/_find/\"", 1);
    assert!(read(&slash).0.is_some(), "some servers want it");
}

#[test]
fn characters_that_the_dialect_cannot_carry_are_left_out_with_their_attribute() {
    let mapping = read(SOAP).0.unwrap();
    let slot = mapping.resource.slot_of("name.givenName").unwrap();
    let limit = &mapping.rule(slot).unwrap().limits[0];
    assert!(limit.check(&Value::text("Añä")).is_ok());
    assert!(limit.check(&Value::text("A\u{1}")).is_err());
}

#[test]
fn every_variant_compiles_and_its_example_holds() {
    for name in ["domain table", "fixed domain", "backslash", "mail"] {
        let (mapping, report) = read(&variant(name));
        assert!(mapping.is_some() && report.findings().is_empty(), "{name}: {report}");
    }
}
