//! What a stranger's bytes may do to each reader: nothing but be read or refused, and what was read
//! is printed and reads back the same.

mod answer;

use std::fmt::Debug;
use std::sync::{Arc, LazyLock};

use http::{HeaderValue, Method};
use scim_sidecar::api::query::{Parameters, SearchRequest, is_match};
use scim_sidecar::api::route::{route, unfold};
use scim_sidecar::config::{Config, MAPPINGS, dialects, profiles};
use scim_sidecar::csdl::Service;
use scim_sidecar::diagnostic::Source;
use scim_sidecar::gate::Callers;
use scim_sidecar::mapping::Mapping;
use scim_sidecar::mapping::reference::Keys;
use scim_sidecar::propose::people::Metadata;
use scim_sidecar::propose::{self, Proposal, draft};
use scim_sidecar::rehearse::people::People;
use scim_sidecar::scim::{AttrPath, Document, Filter, Head, Patch, Profile, Projection};

/// Gives bytes to a reader, and panics where something does not hold.
pub(crate) type Target = fn(&[u8]);

/// A reader and its name; the name is also the folder of its corpus.
pub(crate) const TARGETS: &[(&str, Target)] = &[
    ("body", body),
    ("config", config),
    ("filter", filter),
    ("mapping", mapping),
    ("metadata", metadata),
    ("odata", odata),
    ("patch", patch),
    ("path", path),
    ("people", people),
    ("request", request),
    ("rest_json", rest_json),
    ("schemas", schemas),
    ("soap", soap),
];

static SHIPPED: LazyLock<Mapping> = LazyLock::new(|| shipped("bizagi-odata"));
static SOAP: LazyLock<Mapping> = LazyLock::new(|| shipped("bizagi-soap"));
static REST: LazyLock<Mapping> = LazyLock::new(|| shipped("rest-json"));

fn shipped(name: &str) -> Mapping {
    let file = format!("mappings/{name}.toml");
    let (_, text) = MAPPINGS.iter().find(|(known, _)| *known == file).expect("a shipped mapping");
    let source = Source { name: file, text: (*text).to_owned() };
    Mapping::read(Arc::new(source), &dialects()).0.expect("a mapping")
}

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
    // In any spelling the same is found.
    let canonical = SHIPPED.canonical(&filter);
    let found = |filter| SHIPPED.search(filter, &Keys::default()).ok();
    assert_eq!(found(&canonical), found(&filter), "{printed}");
    drop(SHIPPED.search(&filter.negation(), &Keys::default()));
}

/// An attribute path.
fn path(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let urns = SHIPPED.resource.urns();
    let Ok(path) = AttrPath::parse(text, urns) else { return };
    let printed = path.to_string();
    match AttrPath::parse(&printed, urns) {
        Ok(again) => assert_eq!(printed, again.to_string()),
        // Only its length can have become too much: a sign may be escaped.
        Err(_) => assert!(printed.len() > 1024, "{printed}"),
    }
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

/// An answer of an OData server.
fn odata(data: &[u8]) {
    answer::read(&SHIPPED, data);
}

/// An answer of Bizagi's SOAP layer.
fn soap(data: &[u8]) {
    answer::read(&SOAP, data);
}

/// An answer of a REST server.
fn rest_json(data: &[u8]) {
    answer::read(&REST, data);
}

/// An OData `$metadata` document: what a mapping is proposed from.
fn metadata(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(service) = Service::read(text) {
        for set in service.entity_sets() {
            let _ = service.rows_of(set);
        }
    }
    let people = Metadata::read(text).and_then(|metadata| metadata.people(None));
    proposed(people.and_then(|people| draft::propose(&people, "metadata.xml", &dialects())));
}

/// A SCIM `/Schemas` document: what a mapping is proposed from.
fn schemas(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    proposed(propose::schemas::propose(text, "schemas.json", &dialects()));
}

/// A proposal is a mapping, and a document without one says why.
fn proposed(proposal: Result<Proposal, propose::Error>) {
    match proposal {
        Ok(_) => {}
        Err(propose::Error::Refused { report }) => panic!("no mapping was proposed:\n{report}"),
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal says why"),
    }
}

/// The people of an export.
fn people(data: &[u8]) {
    let sources = ["externalId=mailNickname".parse().expect("a source")];
    match People::read(data, &sources, 100) {
        Ok(read) => assert!(read.people.len() <= 100, "no more than were asked for"),
        Err(error) => assert!(!error.to_string().is_empty(), "a refusal says why"),
    }
}

/// A request's path, query, `Authorization` and SearchRequest, one on each line.
fn request(data: &[u8]) {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (path, query, authorization, body) = (line(), line(), line(), line());
    let resource = &SHIPPED.resource;
    let (Ok(path), Ok(query)) = (std::str::from_utf8(path), std::str::from_utf8(query)) else {
        return;
    };
    let (path, query) = unfold(path, query);
    for method in [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let _ = route(&method, path);
    }
    if let Ok(header) = HeaderValue::from_bytes(authorization) {
        let nobody = Callers::new(Vec::new(), true);
        assert!(nobody.authenticate(Some(&header)).is_err(), "nobody is let in");
    }
    let parameters = Parameters::parse(query);
    let asked = [SearchRequest::from_parameters(&parameters), SearchRequest::from_json(body)];
    for asked in asked.into_iter().flatten() {
        let (wanted, unwanted) = (&asked.attributes, &asked.excluded_attributes);
        drop(Projection::parse(resource, wanted.as_deref(), unwanted.as_deref()));
        let text = asked.filter.as_deref().unwrap_or("userName pr");
        let Ok(filter) = Filter::parse(resource, text, &Profile::ENTRA) else { continue };
        let _ = is_match(&filter);
        let search = asked.search(resource, filter);
        assert!(search.start >= 1, "the first person is the lowest");
    }
}
