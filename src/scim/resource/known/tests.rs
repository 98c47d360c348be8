use proptest::prelude::*;

use super::super::super::path::{AttrPath, is_path_byte};
use super::super::super::schema::RESOURCE_TYPES;
use super::super::tests::{BIZAGI, ENTERPRISE, user};
use super::super::{Resource, SlotRequest};
use super::*;
use crate::value::Type;

/// Whether the grammar's reader of paths would stop there and say that slot.
fn is_read_so(resource: &Resource, text: &str, slot: SlotIndex, length: usize) -> bool {
    let behind = text.as_bytes().get(length);
    let path = AttrPath::parse(&text[..length], resource.urns()).unwrap();
    let is_explicit = path.filter.is_none() || path.sub_attribute.is_some();
    // Brackets behind brackets are no part of a path.
    let goes_on = |byte: &u8| is_path_byte(*byte) || (*byte == b'[' && path.filter.is_none());
    let ends = !behind.is_some_and(goes_on);
    ends && is_explicit && resource.slot_of(&text[..length]) == Some(slot)
}

/// Every other letter in upper case.
fn mixed(text: &str) -> String {
    let raised = |(at, letter): (usize, char)| {
        if at % 2 == 0 { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    text.chars().enumerate().map(raised).collect()
}

#[test]
fn every_single_value_is_known_by_its_path_in_any_letter_case() {
    let user = user();
    for (index, slot) in user.indices().zip(user.slots()) {
        let bare = slot.extension.as_ref().map(|urn| &slot.path[urn.len() + 1..]);
        for path in [Some(&*slot.path), bare].into_iter().flatten() {
            let spelled = [path.to_owned(), path.to_uppercase(), path.to_lowercase(), mixed(path)];
            for path in spelled {
                for behind in ["", " eq \"x\"", " pr", " pr) or userName pr", "\u{a0}"] {
                    let text = format!("{path}{behind}");
                    let expected = (!behind.starts_with('\u{a0}')).then_some((index, path.len()));
                    assert_eq!(user.leading_slot(text.as_bytes()), expected, "{text}");
                }
                assert!(is_read_so(&user, &path, index, path.len()), "{path}");
            }
        }
    }
}

#[test]
fn what_only_begins_like_a_known_path_is_left_to_the_grammar() {
    let user = user();
    let work = "emails[type eq \"work\"]";
    for text in [
        "",
        " userName",
        "userNameX",
        "userName$",
        "userName.x",
        "userName[",
        "userName[type eq \"work\"].value",
        "userName:x",
        "userName)",
        "name",
        "name.",
        "name.familyName.x",
        "name.familyName[",
        // As a whole an object or a list, which is more than one value.
        "manager",
        "emails",
        "emails.value",
        work,
        &format!("{work} pr"),
        &format!("{work}."),
        &format!("{work}.valueX"),
        &format!("{work}.value.x"),
        &format!("{work}.value$"),
        &format!("{work}:value"),
        "emails[",
        "emails[type eq \"",
        "emails[type eq \"work",
        "emails[type eq \"work\"",
        "emails[type ne \"work\"].value",
        "emails[type eq  \"work\"].value",
        "emails[type eq \"work\" ].value",
        "emails[type eq \"other\"].value",
        "emails[type eq \"work\" and value pr].value",
        ENTERPRISE,
        &format!("{ENTERPRISE}:"),
        &format!("{ENTERPRISE}:manager"),
        &format!("{ENTERPRISE}.department"),
        &format!("{ENTERPRISE}:userName"),
        &format!("{BIZAGI}:department"),
        "urn:department",
        ":department",
    ] {
        assert_eq!(user.leading_slot(text.as_bytes()), None, "{text}");
        assert_eq!(user.leading_slot(mixed(text).as_bytes()), None, "{text}");
    }
}

#[test]
fn paths_that_have_no_usual_spelling_are_not_known() {
    let mut builder = Resource::builder(&RESOURCE_TYPES[0]).extension(BIZAGI, "Properties", "");
    let (hidden, odd) = (format!("{BIZAGI}:title"), format!("{BIZAGI}:$odd._sub"));
    let text = |path| SlotRequest { kind: Some(Type::String), ..SlotRequest::at(path) };
    let list = SlotRequest { list: true, ..SlotRequest::at("roles") };
    for request in [
        text("title"),
        text(&hidden),
        text(&odd),
        text("ims[type eq \"two words\"].value"),
        text("ims[type eq \"]\"].value"),
        text("ims[type eq \"a[\"].value"),
        text("ims[type eq \"\\u0001n\"].value"),
        text("ims[type eq \"büro\"].value"),
        list,
    ] {
        builder.slot(request).unwrap();
    }
    let resource = builder.build();
    let known = |path: &str| {
        let leading = resource.leading_slot(path.as_bytes());
        leading.inspect(|(slot, length)| assert!(is_read_so(&resource, path, *slot, *length)));
        leading.is_some()
    };
    // The base schema's has the bare name.
    assert!(known("title") && known(&hidden));
    assert_ne!(resource.leading_slot(b"title"), resource.leading_slot(hidden.as_bytes()));
    assert!(known(&odd) && known("$ODD._sub"));
    assert!(known("ims[type eq \"büro\"].value") && !known("ims[type eq \"BÜRO\"].value"));
    assert!(known("ims[type eq \"]\"].value") && known("ims[type eq \"a[\"].value"));
    for path in ["ims[type eq \"two words\"].value", "ims[type eq \"\\u0001n\"].value"] {
        assert!(!known(path) && resource.slot_of(path).is_some(), "{path}");
    }
    assert!(!known("roles") && !known("roles.value"));
}

proptest! {
    #[test]
    fn what_is_known_is_what_the_grammar_reads(
        start in 0_usize..80,
        pieces in prop::collection::vec("[a-c$é]|[.:\\[\\]\" ()]|userName|name|\\.familyName|emails|\\[type eq \"work\"\\]|\\.value|meta\\.created|department|\\[type eq \"|\"\\]| pr", 0..6),
        raised in any::<u64>(),
    ) {
        let user = user();
        let start = user.slots().get(start).map(|slot| slot.path.to_string()).unwrap_or_default();
        let text: String = std::iter::once(start).chain(pieces).collect();
        let raise = |(at, letter): (usize, char)| {
            if raised >> (at & 63) & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
        };
        let text: String = text.chars().enumerate().map(raise).collect();
        if let Some((slot, length)) = user.leading_slot(text.as_bytes()) {
            prop_assert!(is_read_so(&user, &text, slot, length), "{}", text);
        }
    }
}
