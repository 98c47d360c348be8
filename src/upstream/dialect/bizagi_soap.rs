//! Bizagi's SOAP layer, `EntityManagerSOA`, as installations on premises have it: SOAP 1.1, one
//! endpoint, the operation in an envelope, and as filter a raw SQL condition.
//!
//! Every row is read and found by `getEntities` and written by `saveEntity`. A new row comes from
//! `saveEntity` as well (one call for all of it), or from `createUser`, which takes only the basic
//! nodes, so that an update must follow. Each method has two twins: one takes and gives XML, the
//! other characters that hold XML.

mod answer;
mod collection;
mod condition;
mod envelope;
mod xml;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use serde_json::Value as Json;

use super::{Action, Call, Dialect, DialectError, Outcome, Unreadable, sample};
use crate::record::{
    Case, Class, Description, Elsewhere, Entity, Etag, Facts, FieldIndex, Nulls, Operators,
    OptionDefinition, OptionKind, Options, Paging, Sample,
};
use crate::upstream::error::Kind;
use crate::upstream::origin::{self, Origin};
use answer::Message;

/// The dialect `bizagi-soap`.
#[derive(Clone, Copy, Debug)]
pub struct BizagiSoap;

/// What a mapping file may say, by these places.
const OPTIONS: &[OptionDefinition] = &[
    OptionDefinition::usual(
        "endpoint",
        "where the service is, relative to the upstream's base URL",
        OptionKind::Text,
        "WebServices/EntityManagerSOA.asmx",
    ),
    OptionDefinition::usual(
        "twin",
        "which twin of each method is called: `xml`, or `string` for those named `…AsString`",
        OptionKind::Choice(&["xml", "string"]),
        "xml",
    ),
    OptionDefinition::usual(
        "literal",
        "the pattern of the texts that may stand in a condition; nothing else ever does",
        OptionKind::Pattern,
        "[A-Za-z0-9!$*+.=_~#@-]{1,100}",
    ),
    OptionDefinition::usual(
        "create",
        "what makes a new row: `saveEntity` in one call, or `createUser` and an update",
        OptionKind::Choice(&["saveEntity", "createUser"]),
        "saveEntity",
    ),
    OptionDefinition::optional(
        "insert",
        "what `saveEntity` puts into every new row beside its fields",
        OptionKind::Structure,
    ),
    OptionDefinition::optional(
        "organization",
        "the organization of every new person, for `createUser`",
        OptionKind::Text,
    ),
    OptionDefinition::usual(
        "create_parameter",
        "the name of the parameter of `createUser`",
        OptionKind::Text,
        "entityInfo",
    ),
    OptionDefinition::optional(
        "collections",
        "how a collection of a row looks: the element of a member, and what names its key when it \
         is removed",
        OptionKind::Tables(&["element", "key"]),
    ),
];
const ENDPOINT: usize = 0;
const TWIN: usize = 1;
const LITERAL: usize = 2;
const CREATE: usize = 3;
const INSERT: usize = 4;
const ORGANIZATION: usize = 5;
const CREATE_PARAMETER: usize = 6;
const COLLECTIONS: usize = 7;

/// What gives people rights in Bizagi: the collections of WFUSER, whose work somebody may do for
/// another, and the organization of `createUser`.
const GRANTS: &[&str] = &[
    "Roles",
    "Organizations",
    "Positions",
    "Skills",
    "StakeHolders",
    "idDelegate",
    "DelegateEnabled",
    "organization",
];

/// The nodes that `createUser` takes, by the columns that they fill; `Organization` beside them
/// fills none.
const BASIC: [(&str, &str); 4] = [
    ("fullName", "FullName"),
    ("userName", "UserName"),
    ("domain", "Domain"),
    ("contactEmail", "ContactEmail"),
];

const XML: HeaderValue = HeaderValue::from_static("text/xml");
const XML_UTF8: HeaderValue = HeaderValue::from_static("text/xml; charset=utf-8");
const SOAP_ACTION: HeaderName = HeaderName::from_static("soapaction");

/// The longest name of a field or element.
const LONGEST_NAME: usize = 128;

impl Dialect for BizagiSoap {
    fn description(&self) -> Description {
        Description {
            name: "bizagi-soap",
            facts: Facts {
                operators: Operators::ALL,
                absence: true,
                searchable: None,
                filled: Vec::new(),
                scan: None,
                nulls: Nulls::Sql,
                sort: false,
                case: Case::Insensitive,
                paging: Paging::Whole { most: 5000 },
                page: 100,
                total: true,
                etag: Etag::None,
                representation: false,
                enforces_unique: false,
                deletes: false,
            },
            options: OPTIONS,
            adapt: |_, _| {},
            fits,
            places: |name| match is_name(name) {
                true => Ok(()),
                false => Err("expected the name of an entity, such as `WFUSER`"),
            },
            names: is_name,
            lists: collection::known,
            expands: false,
            grants: GRANTS,
            writable: Some(xml::is_writable),
            elsewhere: Elsewhere::ALIKE,
        }
    }

    fn write(&self, call: &Call<'_>, base: &Origin) -> Result<Request<Bytes>, DialectError> {
        let entity = call.entity;
        let endpoint = entity.options.text(ENDPOINT).ok_or(DialectError::NoSuchCall)?;
        let (method, body) = match call.action {
            Action::Read { key } => envelope::read(entity, key)?,
            Action::Search(query) => envelope::search(entity, query)?,
            Action::Create(delta) => envelope::create(entity, delta)?,
            Action::Update { key, delta, .. } => envelope::update(entity, key, delta)?,
            // A search answers everything at once, Bizagi deletes nobody, and what it says of its
            // methods says nothing of its columns.
            Action::Follow { .. } | Action::Describe | Action::Delete { .. } => {
                return Err(DialectError::NoSuchCall);
            }
        };
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = base.join(endpoint)?;
        let headers = request.headers_mut();
        headers.insert(ACCEPT, XML);
        headers.insert(CONTENT_TYPE, XML_UTF8);
        let action = format!("\"{}{method}\"", envelope::NAMESPACE);
        let action = HeaderValue::from_str(&action).map_err(|_| DialectError::NoSuchCall)?;
        headers.insert(SOAP_ACTION, action);
        Ok(request)
    }

    fn read<'b>(
        &self,
        call: &Call<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        body: &'b [u8],
    ) -> Result<Outcome<'b>, Unreadable> {
        if status == StatusCode::ACCEPTED {
            return Err(Unreadable::Promise);
        }
        if body.iter().all(u8::is_ascii_whitespace) {
            return Err(Unreadable::Empty);
        }
        if !is_xml(headers) {
            return Err(Unreadable::MediaType("`text/xml`"));
        }
        let entity = call.entity;
        match call.action {
            Action::Read { .. } => answer::row(entity, body).map(Outcome::Row),
            Action::Search(_) | Action::Follow { .. } => {
                answer::rows(entity, body).map(Outcome::Rows)
            }
            Action::Create(_) => {
                Ok(Outcome::Written { key: answer::key(entity, body)?, version: None, row: None })
            }
            Action::Update { key, .. } => match answer::key(entity, body)? {
                // Another row than the one that was meant: nobody knows what was done.
                Some(other) if other != *key => Err(Unreadable::NotARow),
                key => Ok(Outcome::Written { key, version: None, row: None }),
            },
            Action::Describe | Action::Delete { .. } => Err(Unreadable::NotARow),
        }
    }

    fn refuses(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> bool {
        !status.is_success() || refusal(call, body).is_some()
    }

    fn tree(&self, body: &[u8]) -> Json {
        match answer::message(body) {
            Some(Message::Error(tree) | Message::Fault(tree)) => tree,
            _ => Json::Null,
        }
    }

    fn recognise(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> Option<Kind> {
        if let Some(kind) = refusal(call, body) {
            return Some(kind);
        }
        match status.as_u16() {
            // What these say, they say of the credential, or of now.
            401 | 403 | 407 | 408 | 423 | 425 | 429 => None,
            // The address, the method or the envelope is wrong: never that a row is missing.
            400..=499 => Some(Kind::Unsupported),
            _ => None,
        }
    }

    fn sample(&self, call: &Call<'_>, headers: &HeaderMap, body: &[u8]) -> Option<Sample> {
        sample::of_texts(self, call, headers, body)
    }

    fn media(&self) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, XML_UTF8)])
    }

    fn nothing_found(&self, _: &Entity) -> Bytes {
        Bytes::from_static(
            b"<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
            <getEntitiesResponse xmlns=\"http://tempuri.org/\"><getEntitiesResult>\
            <BizAgiWSResponse xmlns=\"\"><Entities/></BizAgiWSResponse>\
            </getEntitiesResult></getEntitiesResponse></soap:Body></soap:Envelope>",
        )
    }

    fn leaves(&self, entity: &Entity, field: FieldIndex) -> bool {
        entity.options.text(CREATE) == Some("createUser")
            && entity.fields.field(field).is_some_and(|field| basic(field.name.as_str()).is_none())
    }
}

/// The refusal that a body holds, whatever the status.
fn refusal(call: &Call<'_>, body: &[u8]) -> Option<Kind> {
    let is_read = matches!(call.action, Action::Read { .. });
    if !is_read && !answer::may_refuse(body) {
        return None;
    }
    match answer::message(body)? {
        // Its codes are not public: without a rule of the mapping, a write was refused for its
        // data, and a search for a condition that the server does not take.
        Message::Error(_) if call.action.is_write() => Some(Kind::Refused(Class::Invalid)),
        Message::Error(_) => Some(Kind::Unsupported),
        Message::Fault(fault) => {
            let code = fault.get("faultcode").and_then(Json::as_str).unwrap_or_default();
            let is_ours = code.rsplit(':').next().is_some_and(|code| code.starts_with("Client"));
            // SOAP 1.1 §4.4.1: the message was wrong, or the server could not process it.
            Some(if is_ours { Kind::Unsupported } else { Kind::Refused(Class::Unavailable) })
        }
        Message::Nobody if is_read => Some(Kind::Refused(Class::Missing)),
        _ => None,
    }
}

/// Whether the options fit each other; what is expected where they do not.
fn fits(options: &Options) -> Result<(), &'static str> {
    let is_named = |place| options.text(place).is_some_and(is_name);
    if options.text(CREATE) == Some("createUser") && options.text(ORGANIZATION).is_none() {
        return Err("expected `organization`, without which `createUser` makes nobody");
    }
    if options.text(CREATE) == Some("createUser") && options.structure(INSERT).is_some() {
        return Err("expected no `insert`: it belongs to `create = \"saveEntity\"`");
    }
    if options.text(ENDPOINT).is_some_and(|path| origin::below(path).is_err()) {
        return Err(
            "expected an `endpoint` that goes on behind `base_url`, without a slash in front",
        );
    }
    if !is_named(CREATE_PARAMETER) {
        return Err("expected the name of an XML element for `create_parameter`");
    }
    Ok(())
}

/// The node of `createUser` for a column; Bizagi's names ignore letter case.
fn basic(column: &str) -> Option<&'static str> {
    BASIC.iter().find(|(name, _)| name.eq_ignore_ascii_case(column)).map(|(_, node)| *node)
}

/// Whether a name is plain enough to stand both in XML and in SQL without any sign around it.
fn is_name(name: &str) -> bool {
    name.len() <= LONGEST_NAME
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether the body is said to be XML.
fn is_xml(headers: &HeaderMap) -> bool {
    let Some(Ok(media)) = headers.get(CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let media = media.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = media.split_once('/') else { return false };
    let subtype = subtype.rsplit('+').next().unwrap_or_default();
    (kind.eq_ignore_ascii_case("application") || kind.eq_ignore_ascii_case("text"))
        && subtype.eq_ignore_ascii_case("xml")
}

#[cfg(test)]
mod tests;
