//! What is measured: the shipped Bizagi mapping, and what Entra ID sends.

use std::fmt;
use std::hint::black_box;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use scim_sidecar::config::dialects;
use scim_sidecar::diagnostic::Source;
use scim_sidecar::mapping::Mapping;
use scim_sidecar::mapping::policy::Standing;
use scim_sidecar::mapping::reference::Keys;
use scim_sidecar::mapping::write::Wish;
use scim_sidecar::record::{Record, UpstreamKey};
use scim_sidecar::scim::{Document, Filter, Head, Patch, Profile, Projection};
use scim_sidecar::upstream::{Action, Call, Dialect, OData, Outcome};

const MAPPING: &str = include_str!("../../../mappings/bizagi-odata.toml");
const ROW: &str = r#"{"@odata.context":"https://legacy/odata/$metadata#WFUser/$entity","@odata.etag":"W/\"17\"","idUser":17,"userName":"ana.diaz","domain":"contoso.com","fullName":"Ana Diaz","contactEmail":"ana.diaz@contoso.com","contactCell":"+57 3001234567","enabled":true,"ScimExternalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","FirstName":"Ana","LastName":"Diaz","idBossUser":7,"baCreatedTime":639028224000000000,"ScimDeleted":false}"#;
const USER: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],"externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"ana.diaz@contoso.com","active":true,"displayName":"Ana Diaz","emails":[{"primary":true,"type":"work","value":"ana.diaz@contoso.com"}],"meta":{"resourceType":"User"},"name":{"formatted":"Ana Diaz","familyName":"Diaz","givenName":"Ana"},"phoneNumbers":[{"type":"mobile","value":"+57 3001234567"}],"roles":[],"title":"Analyst","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Sales","employeeNumber":"701984","manager":{"value":"7"}}}"#;
const REPLACEMENT: &str = r#"{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"id":"17","externalId":"0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef","userName":"ana.diaz@contoso.com","active":false,"emails":[{"primary":true,"type":"work","value":"ana.ruiz@contoso.com"}],"name":{"familyName":"Ruiz","givenName":"Ana"},"phoneNumbers":[{"type":"mobile","value":"+57 3001234567"}],"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":{"value":"7"}}}"#;
const PATCH: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"},{"op":"Replace","path":"emails[type eq \"work\"].value","value":"ana.ruiz@contoso.com"},{"op":"Replace","path":"name.familyName","value":"Ruiz"},{"op":"Add","path":"phoneNumbers[type eq \"mobile\"].value","value":"+57 3007654321"},{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:IdentificationNumber","value":"701984"},{"op":"Replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","value":"701984"}]}"#;
const FLAGGED: &str = r#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"emails[type eq \"work\"].value","value":"ana.ruiz@contoso.com"},{"op":"replace","value":{"active":false,"name.familyName":"Ruiz","urn:ietf:params:scim:schemas:extension:bizagi:2.0:UserProperties:IdentificationNumber":"701984","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"701984"}}]}"#;
const SIMPLE: &str = r#"userName eq "ana@contoso.com""#;
const COMPLEX: &str = r#"(active eq true and emails[type eq "work"].value co "contoso" and not (name.familyName sw "D")) or (externalId pr and meta.created gt "2026-01-01T00:00:00Z")"#;

/// What one operation costs.
pub(crate) struct Cost {
    pub(crate) instructions: u32,
    pub(crate) allocations: usize,
}

const fn cost(instructions: u32, allocations: usize) -> Cost {
    Cost { instructions, allocations }
}

/// One operation.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What it cost when that was last counted (x86-64, the release profile).
    pub(crate) last: Cost,
    /// What it should cost at the most.
    pub(crate) budget: Cost,
    pub(crate) run: fn(&Bench),
}

/// Every operation.
pub(crate) const CASES: &[Case] = &[
    Case { name: "row", last: cost(14_007, 1), budget: cost(16_000, 2), run: row },
    Case { name: "create", last: cost(20_802, 3), budget: cost(22_000, 3), run: create },
    Case {
        name: "patch",
        last: cost(33_336, 15),
        budget: cost(60_000, 20),
        run: |b| patch(b, PATCH),
    },
    Case {
        name: "patch-flagged",
        last: cost(27_071, 13),
        budget: cost(60_000, 20),
        run: |b| patch(b, FLAGGED),
    },
    Case { name: "put", last: cost(19_854, 5), budget: cost(60_000, 20), run: replace },
    Case {
        name: "filter",
        last: cost(2_411, 3),
        budget: cost(2_000, 4),
        run: |b| filter(b, SIMPLE),
    },
    Case {
        name: "filter-complex",
        last: cost(9_089, 3),
        budget: cost(8_000, 20),
        run: |b| filter(b, COMPLEX),
    },
];

/// What is made once, when a process starts.
pub(crate) struct Bench {
    mapping: Mapping,
    profile: Profile,
    projection: Projection,
    headers: HeaderMap,
    row: Record<'static>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let source = Source { name: "bizagi-odata.toml".to_owned(), text: MAPPING.to_owned() };
        let (mapping, report) = Mapping::read(Arc::new(source), &dialects());
        let mapping = mapping.unwrap_or_else(|| panic!("{report}"));
        let mut headers = HeaderMap::new();
        headers.insert(
            CONTENT_TYPE,
            HeaderValue::from_static("application/json;odata.metadata=minimal"),
        );
        let row = read(&mapping, &headers).into_owned();
        Self { mapping, profile: Profile::ENTRA, projection: Projection::all(), headers, row }
    }
}

/// The row as the dialect reads it.
fn read<'m>(mapping: &'m Mapping, headers: &HeaderMap) -> Record<'m> {
    let call =
        Call { entity: &mapping.entity, action: Action::Read { key: &UpstreamKey::Integer(17) } };
    let body = black_box(ROW).as_bytes();
    match OData.read(&call, StatusCode::OK, headers, body) {
        Ok(Outcome::Row(row)) => row,
        other => panic!("{other:?}"),
    }
}

/// The upstream's row → what a GET answers.
fn row(bench: &Bench) {
    let mapping = &bench.mapping;
    let row = read(mapping, &bench.headers);
    assert_eq!(mapping.standing(&row), Standing::Living);
    let version = mapping.version(&row);
    let location = "https://sidecar.contoso.com/scim/v2/Users/17";
    let head = Head {
        id: "17",
        location,
        endpoint: "https://sidecar.example.com/scim/v2/Users",
        version: Some(&version),
    };
    let mut out = Vec::with_capacity(1024);
    mapping.outward(&row).print(&mapping.resource, &head, &bench.projection, &mut out);
    black_box(out);
}

/// What a POST brings → the upstream's fields.
fn create(bench: &Bench) {
    let mapping = &bench.mapping;
    let parsed =
        fine(Document::from_json(&mapping.resource, black_box(USER).as_bytes(), &bench.profile));
    let mut wished = parsed.document;
    mapping.complete_creation(&mut wished, parsed.mentioned);
    let wish = Wish { stated: parsed.mentioned, strict: false, keys: None };
    let written = fine(mapping.create(&wished, wish));
    black_box(fine(OData::changes(&mapping.entity, &written.delta)));
}

/// A PATCH and the row that it is about → the fields that differ.
fn patch(bench: &Bench, body: &str) {
    let mapping = &bench.mapping;
    let patch = fine(Patch::parse(&mapping.resource, black_box(body).as_bytes(), &bench.profile));
    let now = mapping.outward(&bench.row);
    let applied = fine(patch.apply(&mapping.resource, &now, &bench.profile));
    let wish = Wish { stated: applied.mentioned, strict: false, keys: None };
    let written = fine(mapping.change(&bench.row, &now, &applied.document, wish));
    assert!(!written.delta.is_empty());
    black_box(fine(OData::changes(&mapping.entity, &written.delta)));
}

/// A PUT and the row that it replaces → the fields that differ.
fn replace(bench: &Bench) {
    let mapping = &bench.mapping;
    let body = black_box(REPLACEMENT).as_bytes();
    let parsed = fine(Document::from_json(&mapping.resource, body, &bench.profile));
    let now = mapping.outward(&bench.row);
    let mut wished = parsed.document.borrowed();
    mapping.complete_replacement(&now, &mut wished, parsed.mentioned);
    let wish = Wish { stated: parsed.mentioned, strict: false, keys: None };
    let written = fine(mapping.change(&bench.row, &now, &wished, wish));
    assert!(!written.delta.is_empty());
    black_box(fine(OData::changes(&mapping.entity, &written.delta)));
}

/// A filter → `$filter`.
fn filter(bench: &Bench, text: &str) {
    let mapping = &bench.mapping;
    let filter = fine(Filter::parse(&mapping.resource, black_box(text), &bench.profile));
    let predicate = fine(mapping.search(&filter, &Keys::default()));
    black_box(fine(OData::filter(&mapping.entity, &predicate)));
}

fn fine<T, E: fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("an input of this program")
}
