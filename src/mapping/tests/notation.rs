//! GUIDs, days, and fields of rows that come with a row, as a file says them.

use super::{BIZAGI, SOAP, read};
use crate::mapping::Mapping;
use crate::mapping::reference::Keys;
use crate::record::{Case, Notation, Predicate, Term};
use crate::scim::{Filter, Profile, ScimType};
use crate::value::Value;

const ODATA: &str = include_str!("../../../mappings/odata.toml");

fn filter(mapping: &Mapping, text: &str) -> Filter<'static> {
    Filter::parse(&mapping.resource, text, &Profile::TOLERANT).unwrap().into_owned()
}

#[test]
fn what_a_file_says_wrong_is_found() {
    let day = "literal = \"date\"                          # so";
    for (old, new, expected) in [
        (day, "literal = \"day\" #", "expected `guid` or `date`"),
        (day, "literal = \"date\"\ncase = \"tolower\" #", "expected `exact`, or nothing"),
        (
            "field = \"level\"",
            "field = \"level\"\nliteral = \"guid\"",
            "one field that holds texts",
        ),
        ("type = \"integer\" }", "type = \"uuid\" }", "`integer`, `string` or `guid`"),
        (
            "field     = \"department.name\"\nread_only = true",
            "field = \"department.name\"",
            "another collection's row",
        ),
        (
            "unique      = [\"userName\"]",
            "unique = [\"department.name\"]",
            "field of the row itself in `unique`",
        ),
        ("expand      = [\"department\"]", "expand = [\"department.x\"]", "without dots"),
        (
            "expand      = [\"department\"]",
            "expand = [\"department\", \"department\"]",
            "each name once",
        ),
        (
            "protected   = { field = \"userName\", one_of = [\"admin@example.com\"] }",
            "protected = { field = \"hireDate\", one_of = [\"soon\"] }",
            "expected a day such as",
        ),
        (
            "hireDate = \"2026-03-01\", lastSeen = \"2026-03-01T08:00:00Z\", salary = 1234.50, level = 3 } }",
            "hireDate = \"1 March\", lastSeen = \"2026-03-01T08:00:00Z\", salary = 1234.50, level = 3 } }",
            "expected a day such as",
        ),
    ] {
        assert!(ODATA.contains(old), "{old}");
        let (mapping, report) = read(&ODATA.replacen(old, new, 1));
        let report = report.to_string();
        assert!(mapping.is_none() && report.contains(expected), "{new}: {report}");
    }
    let (mapping, report) = read(ODATA);
    assert!(mapping.is_some() && report.findings().is_empty(), "{report}");
    let unused = ODATA.replacen("[\"department\"]", "[\"department\", \"office\"]", 1);
    let (mapping, report) = read(&unused);
    assert!(mapping.is_some() && report.to_string().contains("nothing of `office` is mapped"));
    let (none, report) = read(&SOAP.replacen("[upstream]\n", "[upstream]\nexpand = [\"a\"]\n", 1));
    assert!(none.is_none() && report.to_string().contains("cannot read rows of other collections"));
    // A dot alone leads nowhere: such names exist.
    let dotted = BIZAGI
        .replace("\"contactCell\"", "\"contact.Cell\"")
        .replace("contactCell =", "\"contact.Cell\" =");
    let mapping = read(&dotted).0.unwrap();
    let index = mapping.entity.fields.index_of("contact.Cell").unwrap();
    assert_eq!(mapping.entity.fields.field(index).unwrap().path(), (None, "contact.Cell"));
}

#[test]
fn a_day_is_searched_as_far_as_a_day_can_be() {
    let mapping = read(ODATA).0.unwrap();
    let day = "urn:ietf:params:scim:schemas:extension:legacy:2.0:User:hireDate";
    let index = mapping.entity.fields.index_of("hireDate").unwrap();
    let field = mapping.entity.fields.field(index).unwrap();
    assert_eq!((field.notation, field.case), (Notation::Date, Case::Exact));
    let wanted = |text: &str| filter(&mapping, &format!("{day} {text}"));
    // Nothing but a day is ever compared with one, not even an empty text.
    let present = wanted("pr");
    let found = mapping.search(&present, &Keys::default()).unwrap();
    assert_eq!(found.atoms().next(), Some(&Term::Absent(index, false)));
    let never = wanted("eq \"soon\"");
    assert_eq!(mapping.search(&never, &Keys::default()).unwrap(), Predicate::FALSE);
    for refused in ["gt \"soon\"", "sw \"2026\"", "co \"03\"", "ew \"1\""] {
        let error = mapping.search(&wanted(refused), &Keys::default()).unwrap_err();
        assert_eq!(error.kind, ScimType::InvalidFilter, "{refused}");
    }
}

#[test]
fn a_guid_is_an_id_in_its_own_letters() {
    let text = ODATA.replace(
        "{ field = \"idUser\", type = \"integer\" }",
        "{ field = \"ID\", type = \"guid\" }",
    );
    let text = &text[..text.find("[[example]]").unwrap()];
    let mapping = read(text).0.unwrap();
    let id = "0A21f0f2-8d2a-4f8e-bf98-7363c4aed4ef";
    assert_eq!(mapping.key_of_id(id).unwrap().value(), Value::text(id));
    for other in ["7", "", "0a21f0f28d2a4f8ebf987363c4aed4ef", "' or true"] {
        assert_eq!(mapping.key_of_id(other), None, "{other}");
        let nobody = filter(&mapping, &format!("id eq \"{other}\""));
        assert_eq!(mapping.search(&nobody, &Keys::default()).unwrap(), Predicate::FALSE);
    }
    // Whoever's key it holds, it is of the key's shape.
    let boss = mapping.entity.fields.index_of("boss_idUser").unwrap();
    assert_eq!(mapping.entity.fields.field(boss).unwrap().notation, Notation::Guid);
}
