use super::super::schema::RESOURCE_TYPES;
use super::*;

pub(crate) const BIZAGI: &str = "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties";
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A mapping with something of every kind.
pub(crate) fn user() -> Resource {
    let mut builder = builder();
    let work = SlotRequest {
        required: Some(true),
        default_element: true,
        ..SlotRequest::at("emails[type eq \"work\"].value")
    };
    let custom =
        |path: &'static str, kind| SlotRequest { kind: Some(kind), ..SlotRequest::at(path) };
    let read_only =
        SlotRequest { mutability: Some(Mutability::ReadOnly), ..SlotRequest::at("userType") };
    for request in [
        SlotRequest::at("userName"),
        SlotRequest::at("externalId"),
        SlotRequest::at("active"),
        SlotRequest::at("displayName"),
        SlotRequest::at("nickName"),
        SlotRequest::at("title"),
        read_only,
        SlotRequest::at("name.formatted"),
        SlotRequest::at("name.givenName"),
        SlotRequest::at("name.familyName"),
        work,
        SlotRequest::at("emails[type eq \"home\"].value"),
        SlotRequest::at("phoneNumbers[type eq \"work\"].value"),
        SlotRequest::at("phoneNumbers[type eq \"mobile\"].value"),
        SlotRequest::at("addresses[type eq \"work\"].streetAddress"),
        SlotRequest::at("addresses[type eq \"work\"].locality"),
        SlotRequest::at("addresses[type eq \"work\"].region"),
        SlotRequest::at("addresses[type eq \"work\"].postalCode"),
        SlotRequest::at("addresses[type eq \"work\"].country"),
        SlotRequest::at("manager"),
        SlotRequest::at("urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department"),
        SlotRequest::at(
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber",
        ),
        custom(
            "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:IdentificationNumber",
            Type::String,
        ),
        custom(
            "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Age",
            Type::Integer,
        ),
        custom(
            "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Rate",
            Type::Decimal,
        ),
        custom(
            "urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:Hired",
            Type::DateTime,
        ),
        SlotRequest::at("meta.created"),
        SlotRequest::at("meta.lastModified"),
    ] {
        builder.slot(request).unwrap();
    }
    builder.build()
}

fn builder() -> ResourceBuilder {
    Resource::builder(&RESOURCE_TYPES[0]).extension(BIZAGI, "UserProperties", "Custom properties")
}

fn mistake(path: &str) -> SlotError {
    builder().slot(SlotRequest::at(path)).unwrap_err()
}

#[test]
fn slots_have_canonical_paths_and_the_rfcs_facts() {
    let user = user();
    let path = |text: &str| user.slot_of(text).map(|slot| user.slot(slot).path.to_string());
    assert_eq!(path("USERNAME").as_deref(), Some("userName"));
    assert_eq!(path("manager"), Some(format!("{ENTERPRISE}:manager.value")));
    assert_eq!(path(&format!("{ENTERPRISE}:manager")), path("manager"));
    assert_eq!(
        path("urn:ietf:params:scim:schemas:core:2.0:user:Emails[Type Eq \"WORK\"]").as_deref(),
        Some("emails[type eq \"work\"].value")
    );
    assert_eq!(path(&format!("{BIZAGI}:age")), Some(format!("{BIZAGI}:Age")));
    assert_eq!(path("emails"), None);
    assert_eq!(path("nothing"), None);
    let slot = |text: &str| user.slot(user.slot_of(text).unwrap());
    assert!(slot("userName").required && slot("userName").uniqueness == Uniqueness::Server);
    assert!(slot("externalId").case_exact && !slot("userName").case_exact);
    assert!(!slot("meta.created").writable());
    assert!(user.slots().iter().all(|slot| {
        user.slot_of(&slot.path).is_some_and(|index| user.slot(index).path == slot.path)
    }));
}

#[test]
fn projections_find_everything_below_a_name() {
    let user = user();
    assert_eq!(user.attribute_slots("name").len(), 3);
    assert_eq!(user.attribute_slots("emails").len(), 2);
    assert_eq!(user.attribute_slots("emails.value").len(), 2);
    assert_eq!(user.attribute_slots("emails.type").len(), 2);
    assert_eq!(user.attribute_slots(BIZAGI).len(), 4);
    assert_eq!(user.attribute_slots("meta").len(), 2);
    assert!(user.attribute_slots("password").is_empty());
    assert!(user.attribute_slots("nonsense").is_empty());
}

#[test]
fn what_cannot_be_a_slot_is_refused_with_a_reason() {
    assert!(
        matches!(mistake("usrName"), SlotError::UnknownAttribute { near: Some(near), .. } if near == "userName")
    );
    assert!(
        matches!(mistake("name.givnName"), SlotError::UnknownAttribute { near: Some(near), .. } if near == "name.givenName")
    );
    assert!(matches!(
        mistake("urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department"),
        SlotError::UnknownSchema { near: Some(near), .. } if near == ENTERPRISE
    ));
    assert!(matches!(mistake("emails.value"), SlotError::NotSingle { .. }));
    assert!(matches!(mistake("emails"), SlotError::NotSingle { .. }));
    assert!(matches!(mistake("emails[primary eq true].value"), SlotError::NotAType { .. }));
    assert!(matches!(mistake("title[type eq \"x\"]"), SlotError::NotAList { .. }));
    assert!(matches!(mistake("name"), SlotError::Complex { .. }));
    assert!(matches!(mistake("addresses[type eq \"work\"]"), SlotError::Complex { .. }));
    assert!(matches!(mistake("foo["), SlotError::Malformed { .. }));
    for path in ["id", "schemas", "meta", "meta.location", "groups", "password"] {
        assert!(matches!(mistake(path), SlotError::ReadOnlyByRfc { .. }), "{path}");
    }
    assert!(matches!(mistake(&format!("{BIZAGI}:Age")), SlotError::NeedsType { .. }));
    let request = SlotRequest { kind: Some(Type::Integer), ..SlotRequest::at("active") };
    assert!(matches!(builder().slot(request), Err(SlotError::TypeDiffers { .. })));
    let mut twice = builder();
    for (path, ok) in
        [("title", true), ("Title", false), ("manager", true), ("manager.value", false)]
    {
        assert_eq!(twice.slot(SlotRequest::at(path)).is_ok(), ok, "{path}");
    }
    let default = |path| SlotRequest { default_element: true, ..SlotRequest::at(path) };
    twice.slot(default("emails[type eq \"work\"].value")).unwrap();
    assert!(matches!(
        twice.slot(default("emails[type eq \"home\"].value")),
        Err(SlotError::DefaultTwice { .. })
    ));
    assert!(matches!(
        twice.slot(SlotRequest::at("emails[type eq \"WORK\"].value")),
        Err(SlotError::Twice { .. })
    ));
}

#[test]
fn there_is_an_end_to_slots() {
    let mut builder = builder();
    for number in 0..256 {
        let path = format!("{BIZAGI}:p{number}");
        let request = SlotRequest { kind: Some(Type::String), ..SlotRequest::at(&path) };
        builder.slot(request).unwrap();
    }
    assert_eq!(builder.slot(SlotRequest::at("title")), Err(SlotError::TooMany));
}
