use proptest::prelude::*;
use serde_json::json;

use super::super::document::Document;
use super::super::resource::SlotRequest;
use super::super::resource::tests::{BIZAGI, ENTERPRISE, user};
use super::super::schema::RESOURCE_TYPES;
use super::*;

fn parse<'t>(text: &'t str, profile: &Profile) -> Result<Filter<'t>, ScimError> {
    Filter::parse(&user(), text, profile)
}

fn shown(text: &str) -> String {
    let resource = user();
    Filter::parse(&resource, text, &Profile::ENTRA).unwrap().display(&resource).to_string()
}

fn refused(text: &str, profile: &Profile) {
    let error = parse(text, profile).unwrap_err();
    assert_eq!(error.kind, ScimType::InvalidFilter, "{text}");
}

/// Ana has a work e-mail and a mobile phone; whether the filter means her.
fn means(text: &str) -> bool {
    let resource = user();
    let body = json!({
        "schemas": [], "userName": "Ana@Contoso.com", "externalId": "Ext", "active": true, "title": "Dr Ärzte",
        "emails": [{ "type": "work", "value": "ana@contoso.com" }],
        "phoneNumbers": [{ "type": "mobile", "value": "+57 1" }],
        "manager": "9",
        (BIZAGI): { "Age": 40, "Rate": 1.50, "Hired": "2020-01-01T00:00:00Z" },
    })
    .to_string();
    let parsed = Document::from_json(&resource, body.as_bytes(), &Profile::ENTRA).unwrap();
    let filter = Filter::parse(&resource, text, &Profile::ENTRA).unwrap();
    let again = filter.display(&resource).to_string();
    assert_eq!(Filter::parse(&resource, &again, &Profile::STRICT).as_ref(), Ok(&filter), "{again}");
    filter.matches(&resource, &parsed.document, "7")
}

#[test]
fn filters_mean_what_the_rfc_says() {
    for (text, expected) in [
        ("userName eq \"ana@CONTOSO.com\"", true),
        ("username Eq \"ana@contoso.com\"", true),
        ("userName ne \"ana@contoso.com\"", false),
        ("userName sw \"ANA\" and userName ew \".com\" and userName co \"@\"", true),
        ("userName gt \"a\" and userName lt \"b\"", true),
        ("userName ge \"ana@contoso.com\" and userName le \"ana@contoso.com\"", true),
        ("externalId eq \"Ext\"", true),
        ("externalId eq \"ext\"", false),
        ("title eq \"dr ärzte\"", true),
        ("title eq \"dr arzte\"", false),
        ("id eq \"7\" and manager eq \"9\"", true),
        ("manager eq \"9\" and id eq \"7\"", true),
        ("id eq \"8\"", false),
        ("id pr", true),
        ("id eq null", false),
        ("nickName eq \"x\"", false),
        ("nickName ne \"x\"", true),
        ("not (nickName eq \"x\")", true),
        ("not (nickName ne \"x\")", false),
        ("nickName pr", false),
        ("nickName eq null", true),
        ("userName ne null", true),
        ("userName pr and active eq true", true),
        ("active eq \"True\"", true),
        ("not (active eq true)", false),
        ("userName eq \"x\" and active eq true or active eq true", true),
        ("active eq true or active eq true and userName eq \"x\"", true),
        ("(active eq true or active eq true) and userName eq \"x\"", false),
        ("emails[type eq \"work\"].value eq \"ANA@contoso.com\"", true),
        ("emails.value eq \"ana@contoso.com\"", true),
        ("emails eq \"ana@contoso.com\"", true),
        ("emails[value eq \"ana@contoso.com\"]", true),
        ("emails[type eq \"work\" and value eq \"ana@contoso.com\"]", true),
        ("emails[type eq \"home\" and value eq \"ana@contoso.com\"]", false),
        ("emails[type eq \"home\"]", false),
        ("emails[type eq \"WORK\"]", true),
        ("emails[not (type eq \"work\")]", false),
        ("emails[primary eq true].value co \"ana\"", true),
        ("emails[primary eq \"True\"].value co \"ana\"", true),
        ("emails[primary eq false]", false),
        ("emails[type eq \"work\" and (value sw \"x\" or value ew \"com\")]", true),
        ("emails pr", true),
        ("emails.type eq \"work\"", true),
        ("emails.type eq \"home\"", false),
        ("emails.value ne \"ana@contoso.com\"", false),
        ("emails.value ne \"x\"", true),
        ("phoneNumbers[type eq \"work\"].value ne \"x\"", true),
        ("phoneNumbers.value eq \"+57 1\"", true),
        ("name pr", false),
        ("meta.resourceType eq \"User\"", true),
        ("meta.resourceType eq \"Group\"", false),
        ("meta.lastModified gt \"2020-01-01T00:00:00Z\"", false),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"ana@contoso.com\"", true),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Age ge 40", true),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Age gt 40", false),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Age eq \"40\"", true),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Rate eq 1.5", true),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Rate gt -2.75", true),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Rate lt 15e-1", false),
        ("urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Rate lt 10", true),
        (
            "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Hired eq \"2020-01-01T01:00:00+01:00\"",
            true,
        ),
        ("externalId eq Ext", true),
        ("PLACEHOLDER eq \"8646d011-1693-4cd3-9ee6-0d7482ca2219\"", false),
        ("not (PLACEHOLDER eq x)", true),
        ("userName eq \"' or 1 eq 1\"", false),
    ] {
        assert_eq!(means(text), expected, "{text}");
    }
}

#[test]
fn null_is_that_nothing_is_there_at_all() {
    // Ana has a work e-mail and none for home.
    for (text, expected) in [
        ("emails eq null", false),
        ("emails.value eq null", false),
        ("emails ne null", true),
        ("emails.type eq null", false),
        ("emails[type eq \"home\"].value eq null", true),
        ("emails[value eq null]", false),
        ("addresses eq null", true),
        ("addresses ne null", false),
        ("addresses.country ne null", false),
        ("name eq null", true),
        ("name ne null", false),
    ] {
        assert_eq!(means(text), expected, "{text}");
    }
}

#[test]
fn different_is_asked_of_the_elements_that_are_meant() {
    for (text, expected) in [
        ("emails[value sw \"x\"].value ne \"ana@contoso.com\"", true),
        ("emails[value sw \"a\"].value ne \"ana@contoso.com\"", false),
        ("emails[value sw \"a\"].value ne \"x\"", true),
        ("addresses[country eq \"CO\"].locality ne \"x\"", true),
    ] {
        assert_eq!(means(text), expected, "{text}");
    }
}

/// Addresses of which only one kind has a locality, and roles kept whole.
#[test]
fn what_an_element_never_has_is_absent_in_it() {
    let mut builder = Resource::builder(&RESOURCE_TYPES[0]);
    for request in [
        SlotRequest::at("addresses[type eq \"work\"].locality"),
        SlotRequest::at("addresses[type eq \"work\"].country"),
        SlotRequest::at("addresses[type eq \"home\"].country"),
        SlotRequest { list: true, ..SlotRequest::at("roles") },
    ] {
        builder.slot(request).unwrap();
    }
    let resource = builder.build();
    let body = json!({ "schemas": [], "addresses": [{ "type": "home", "country": "CO" }] });
    let body = body.to_string();
    let home = Document::from_json(&resource, body.as_bytes(), &Profile::ENTRA).unwrap().document;
    for (text, expected) in [
        ("addresses[locality eq null]", true),
        ("addresses[locality ne null]", false),
        ("addresses[locality ne \"x\"]", true),
        ("addresses[type eq \"home\"].locality eq null", true),
        ("roles[value ne \"x\"]", false),
        ("roles[value ne null]", false),
        ("roles[value eq null]", false),
        ("roles.value ne \"x\"", true),
        ("roles eq null", true),
    ] {
        let filter = Filter::parse(&resource, text, &Profile::STRICT).unwrap();
        assert_eq!(filter.matches(&resource, &home, "7"), expected, "{text}");
    }
    let error =
        Filter::parse(&resource, "addresses[type eq \"home\"].locality eq 5", &Profile::STRICT);
    assert_eq!(error.unwrap_err().kind, ScimType::InvalidFilter);
}

#[test]
fn names_are_resolved_when_a_filter_is_read() {
    assert_eq!(shown("USERNAME EQ \"a\\\"\\\\\\u00e9\""), "userName eq \"a\\\"\\\\é\"");
    assert_eq!(
        shown("emails[type eq \"work\"].value ne \"x\""),
        "emails[type eq \"work\"].value ne \"x\""
    );
    assert_eq!(
        shown("emails[type eq \"work\" and primary eq true].value eq \"x\""),
        "emails[type eq \"work\"].value pr and emails[type eq \"work\"].value eq \"x\""
    );
    assert_eq!(shown("manager eq 7f"), format!("{ENTERPRISE}:manager.value eq \"7f\""));
    assert_eq!(shown("externalId eq 12345"), "externalId eq \"12345\"");
    let resource = user();
    let filter =
        Filter::parse(&resource, "id eq \"7\" and emails.value eq \"x\"", &Profile::STRICT)
            .unwrap();
    assert_eq!(filter.slots(), resource.attribute_slots("emails"));
}

#[test]
fn what_cannot_be_searched_is_refused() {
    for text in [
        "",
        " ",
        "userName",
        "userName eq",
        "userName eq ",
        "userName is \"x\"",
        "(userName eq \"x\"",
        "userName eq \"x\")",
        "userName eq \"x\" trailing",
        "userName eq \"x\" and",
        "not userName eq \"x\"",
        "userName eq \"x",
        "userName eq \"\\q\"",
        "userName eq \"x\"and active eq true",
        "active gt true",
        "active co \"t\"",
        "active eq \"maybe\"",
        "nothing eq \"x\"",
        "locale eq \"x\"",
        "name eq \"x\"",
        "PLACEHOLDER ne \"x\"",
        "placeholder eq \"x\"",
        "emails[foo eq \"x\"]",
        "emails[emails[type eq \"a\"]]",
        "emails[type eq \"other\"].value eq \"x\"",
        "title[type eq \"x\"]",
        "password eq \"x\"",
        "groups.value eq \"x\"",
        "schemas eq \"x\"",
        "meta.location eq \"x\"",
        "id.foo eq \"x\"",
        "userName co null",
        "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Age eq \"x\"",
        "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Age co 4",
        "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Hired gt \"yesterday\"",
        "urn:example:x:y eq \"x\"",
    ] {
        refused(text, &Profile::ENTRA);
    }
    for text in [
        "externalId eq jyoung",
        "PLACEHOLDER eq \"x\"",
        "active eq \"True\"",
        "externalId eq 12345",
    ] {
        refused(text, &Profile::STRICT);
    }
    refused("PLACEHOLDER eq \"x\"", &Profile::TOLERANT);
    let error = parse("nothing eq \"secret\"", &Profile::STRICT).unwrap_err();
    assert!(error.detail.contains("`nothing`") && !error.detail.contains("secret"));
}

#[test]
fn filters_are_bounded() {
    let nested = |depth: usize| format!("{}id pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(32), &Profile::STRICT).is_ok());
    refused(&nested(33), &Profile::STRICT);
    refused(&format!("{}id pr{}", "not (".repeat(33), ")".repeat(33)), &Profile::STRICT);
    refused(&format!("title eq \"{}\"", "x".repeat(MAX_LENGTH)), &Profile::STRICT);
}

fn filter() -> impl Strategy<Value = Filter<'static>> {
    let resource = user();
    let leaf = (
        0..resource.slots().len(),
        any::<String>(),
        any::<i64>(),
        any::<bool>(),
        0..10_usize,
        0..4_u8,
    )
        .prop_map(move |(at, text, number, truth, operator, kind)| {
            let slot = resource.indices().nth(at).unwrap();
            let target = if kind == 0 { Target::Id } else { Target::Slot(slot) };
            if kind == 1 {
                return Filter::present(Target::Slot(slot));
            }
            let kind = if target == Target::Id {
                crate::value::Type::String
            } else {
                resource.slot(slot).kind
            };
            let (value, comparisons) = match kind {
                crate::value::Type::String => (Value::Text(text.into()), 9),
                crate::value::Type::Boolean => (Value::Boolean(truth), 2),
                crate::value::Type::Integer => (Value::Integer(number), 2),
                crate::value::Type::Decimal => (Value::Decimal(format!("{number}.5").into()), 2),
                crate::value::Type::DateTime => (Value::DateTime("2026-01-01T00:00:00Z".into()), 2),
            };
            Filter::compare(target, Comparison::ALL[operator % comparisons], value)
        });
    let inner = leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Filter::all),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Filter::any),
            inner.prop_map(Filter::negation),
        ]
    });
    prop_oneof![1 => Just(Filter::TRUE), 1 => Just(Filter::FALSE), 20 => inner]
}

proptest! {
    #[test]
    fn a_printed_filter_reads_back(filter in filter()) {
        let resource = user();
        let text = filter.display(&resource).to_string();
        // The few that are too long for the reader say nothing here.
        if text.len() <= MAX_LENGTH {
            prop_assert_eq!(Filter::parse(&resource, &text, &Profile::STRICT), Ok(filter));
        }
    }

    #[test]
    fn no_text_breaks_the_reader(text in "(userName|emails|id| |eq|and|or|not|pr|\\(|\\)|\\[|\\]|\"|\\\\|true|null|7|\\.|x|é|value|type){0,30}") {
        for (_, profile) in Profile::NAMES {
            drop(parse(&text, profile));
        }
    }

    #[test]
    fn a_filter_and_its_opposite_disagree(filter in filter()) {
        let resource = user();
        let document = Document::empty(&resource);
        let negation = filter.clone().negation();
        prop_assert_ne!(filter.matches(&resource, &document, "7"), negation.matches(&resource, &document, "7"));
    }
}
