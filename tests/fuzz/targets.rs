//! What a stranger's bytes may do to each reader: nothing but be read or refused, and what was read
//! is printed and reads back the same.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use scim_sidecar::config::{Config, MAPPINGS, dialects, profiles};
use scim_sidecar::diagnostic::Source;
use scim_sidecar::mapping::Mapping;
use scim_sidecar::mapping::reference::Keys;
use scim_sidecar::scim::{AttrPath, Document, Filter, Head, Patch, Profile, Projection};

/// Gives bytes to a reader, and panics where something does not hold.
pub(crate) type Target = fn(&[u8]);

/// A reader and its name; the name is also the folder of its corpus.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("body", body),
    ("config", config),
    ("filter", filter),
    ("mapping", mapping),
    ("patch", patch),
    ("path", path),
];

static SHIPPED: LazyLock<Mapping> = LazyLock::new(|| {
    let (name, text) = MAPPINGS[0];
    let source = Source { name: name.to_owned(), text: text.to_owned() };
    Mapping::read(Arc::new(source), &dialects()).0.expect("the shipped mapping")
});

fn same<T: PartialEq + Debug>(read: &T, again: &T) {
    assert_eq!(read, again, "what is printed reads back the same");
}

fn profiles_and_rest(data: &[u8]) -> Option<(&'static Profile, &[u8])> {
    let (first, rest) = data.split_first()?;
    let (_, profile) = &Profile::NAMES[usize::from(*first) % Profile::NAMES.len()];
    Some((profile, rest))
}

/// A filter: the first byte chooses the profile.
fn filter(data: &[u8]) {
    let Some((profile, rest)) = profiles_and_rest(data) else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let resource = &SHIPPED.resource;
    let Ok(filter) = Filter::parse(resource, text, profile) else { return };
    let printed = filter.display(resource).to_string();
    if let Ok(again) = Filter::parse(resource, &printed, &Profile::STRICT) {
        same(&filter, &again);
    } else {
        // Only its length can have become too much: qualified names are longer than short ones.
        assert!(printed.len() > 4096, "{printed}");
    }
    drop(SHIPPED.search(&SHIPPED.canonical(filter.clone()), &Keys::default()));
    drop(SHIPPED.search(&filter.negation(), &Keys::default()));
}

/// An attribute path.
fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let urns = SHIPPED.resource.urns();
    let Ok(path) = AttrPath::parse(text, urns) else { return };
    let printed = path.to_string();
    let again = AttrPath::parse(&printed, urns).expect(&printed);
    assert_eq!(printed, again.to_string());
    let _ = SHIPPED.resource.find(&path);
}

/// A resource: the first byte chooses the profile.
fn body(data: &[u8]) {
    let Some((profile, rest)) = profiles_and_rest(data) else { return };
    let resource = &SHIPPED.resource;
    let Ok(parsed) = Document::from_json(resource, rest, profile) else { return };
    let head =
        Head { id: "7", location: "https://x/Users/7", endpoint: "https://x/Users", version: None };
    let mut printed = Vec::new();
    parsed.document.print(resource, &head, &Projection::all(), &mut printed);
    let again = Document::from_json(resource, &printed, &Profile::STRICT).expect("printed");
    same(&parsed.document, &again.document);
}

/// A PATCH message: the first byte chooses the profile.
fn patch(data: &[u8]) {
    let Some((profile, rest)) = profiles_and_rest(data) else { return };
    let resource = &SHIPPED.resource;
    let Ok(patch) = Patch::parse(resource, rest, profile) else { return };
    let now = Document::from_json(
        resource,
        br#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"a@b","active":true,
            "emails":[{"type":"work","value":"a@b"}],"phoneNumbers":[{"type":"mobile","value":"1"}]}"#,
        &Profile::STRICT,
    );
    let now = now.expect("a person").document;
    drop(patch.apply(resource, &now, profile));
}

/// A mapping file.
fn mapping(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let source = Source { name: "mapping.toml".to_owned(), text: text.to_owned() };
    let (mapping, report) = Mapping::read(Arc::new(source), &dialects());
    // Drawing the findings cuts the text at their places.
    let drawn = report.to_string();
    assert!(mapping.is_some() || !drawn.is_empty(), "a refusal says why");
}

/// A server file.
fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let source = Source { name: "sidecar.toml".to_owned(), text: text.to_owned() };
    let (config, report) = Config::read(&Arc::new(source), &profiles());
    let drawn = report.to_string();
    assert!(config.is_some() || !drawn.is_empty(), "a refusal says why");
}
