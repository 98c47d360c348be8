//! OData V4, as strict services and Bizagi-style ones speak it (OData 4.01 Part 1 and 2, JSON
//! Format 4.01).

mod changes;
mod filter;
mod metadata;
mod refusal;
mod row;
mod url;

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE, ETAG, HeaderName, IF_MATCH, LOCATION};
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode};
use percent_encoding::percent_decode_str;

pub(super) use row::{characters, list, value};

use super::{Action, Call, Dialect, DialectError, Outcome, Unreadable, sample};
use crate::record::{
    Case, Delta, Description, Elsewhere, Entity, Etag, Facts, Notation, Nulls, Operators,
    OptionDefinition, OptionKind, Paging, Predicate, Record, Sample, UpstreamKey,
};
use crate::upstream::error::Kind;
use crate::upstream::literal;
use crate::upstream::origin::Origin;
use crate::value::{Text, Type};

/// The dialect `odata`.
#[derive(Clone, Copy, Debug)]
pub struct OData;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const XML: HeaderValue = HeaderValue::from_static("application/xml");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const MINIMAL: HeaderValue = HeaderValue::from_static("return=minimal");
const REPRESENTATION: HeaderValue = HeaderValue::from_static("return=representation");
const ENTITY_ID: HeaderName = HeaderName::from_static("odata-entityid");

/// What a mapping file may say to this dialect alone.
const OPTIONS: &[OptionDefinition] = &[
    OptionDefinition::usual(
        "ieee754",
        "whether decimals are sent and asked for as texts, so that no digit of a long one is lost",
        OptionKind::Flag,
        "false",
    ),
    OptionDefinition::usual(
        "select",
        "whether rows are asked for with the mapping's own fields alone (`$select`)",
        OptionKind::Flag,
        "false",
    ),
];
/// The place of `ieee754` in [`OPTIONS`].
const IEEE754: usize = 0;
/// The place of `select` in [`OPTIONS`].
const SELECT: usize = 1;

/// JSON in which what a binary fraction cannot hold is a text (JSON Format 4.01 §3.2).
const EXACT_JSON: HeaderValue = HeaderValue::from_static("application/json;IEEE754Compatible=true");

/// The longest URL that is sent, in bytes. Servers draw the line much earlier.
const LONGEST_URL: usize = 32 * 1024;

/// Room for nearly every `$filter`, with what every search asks for.
const USUAL_FILTER: usize = 512;

impl Dialect for OData {
    fn description(&self) -> Description {
        Description {
            name: "odata",
            facts: Facts {
                operators: Operators::ALL,
                absence: true,
                searchable: None,
                filled: Vec::new(),
                scan: None,
                nulls: Nulls::OData,
                sort: true,
                case: Case::ToLower,
                paging: Paging::Upstream,
                page: 100,
                total: true,
                etag: Etag::Optional,
                representation: true,
                enforces_unique: false,
                deletes: true,
            },
            options: OPTIONS,
            adapt: |_, _| {},
            fits: |_| Ok(()),
            places: url::places,
            names: |_| true,
            // A property of the type `Collection(…)`.
            lists: |_, _| Ok(()),
            expands: true,
            grants: &[],
            writable: None,
            elsewhere: Elsewhere::ALIKE,
        }
    }

    fn write(&self, call: &Call<'_>, base: &Origin) -> Result<Request<Bytes>, DialectError> {
        let entity = call.entity;
        let (method, uri, body) = match call.action {
            Action::Read { key } => (Method::GET, url::row(entity, key, base, true)?, None),
            Action::Search(query) => (Method::GET, url::search(entity, query, base)?, None),
            Action::Follow { next } => (Method::GET, base.contains(next)?, None),
            Action::Describe => {
                (Method::GET, base.join(&metadata::place(&entity.collection).0)?, None)
            }
            Action::Create(delta) => {
                (Method::POST, base.join(&entity.collection)?, Some(Self::changes(entity, delta)?))
            }
            Action::Update { key, delta, .. } => (
                Method::PATCH,
                url::row(entity, key, base, false)?,
                Some(Self::changes(entity, delta)?),
            ),
            Action::Delete { key, .. } => {
                (Method::DELETE, url::row(entity, key, base, false)?, None)
            }
        };
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        let headers = request.headers_mut();
        let json = if entity.options.is_set(IEEE754) { EXACT_JSON } else { JSON };
        let wanted = if matches!(call.action, Action::Describe) { XML } else { json.clone() };
        headers.insert(ACCEPT, wanted);
        if let Action::Update { version, .. } | Action::Delete { version, .. } = call.action {
            // `*` where none is known: an update must never make a row (Part 1, §11.4.4).
            let version = version.unwrap_or("*");
            let version = HeaderValue::from_str(version).map_err(|_| DialectError::Version)?;
            headers.insert(IF_MATCH, version);
        }
        if let Some(body) = body {
            headers.insert(CONTENT_TYPE, json);
            // An answer without the rows that come with a row is no whole row: it is read again.
            let is_partial =
                matches!(call.action, Action::Update { .. }) && !entity.expansions.is_empty();
            headers.insert(PREFER, if is_partial { MINIMAL } else { REPRESENTATION });
            *request.body_mut() = body;
        }
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
        // Some servers put a byte order mark in front, which JSON does not know (RFC 8259 §8.1).
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let empty = body.iter().all(u8::is_ascii_whitespace);
        let (media, expected) = match call.action {
            Action::Describe => ("xml", "`application/xml`"),
            _ => ("json", "`application/json`"),
        };
        if !empty && !is_media(headers, media) {
            return Err(Unreadable::MediaType(expected));
        }
        let entity = call.entity;
        match call.action {
            Action::Read { .. } | Action::Describe if empty => Err(Unreadable::Empty),
            Action::Search(_) | Action::Follow { .. } if empty => Err(Unreadable::Empty),
            Action::Read { .. } => {
                let mut record = Record::empty(&entity.fields);
                row::read(entity, body, &mut record)?;
                add_version(&mut record, headers);
                Ok(Outcome::Row(record))
            }
            Action::Search(_) | Action::Follow { .. } => row::page(entity, body).map(Outcome::Rows),
            Action::Create(_) | Action::Update { .. } => {
                let row = match empty {
                    true => None,
                    false => {
                        let mut record = Record::empty(&entity.fields);
                        row::read(entity, body, &mut record)?;
                        add_version(&mut record, headers);
                        Some(record)
                    }
                };
                let key =
                    row.as_ref().and_then(|row| UpstreamKey::from_value(row.value(entity.key)));
                let version = match &row {
                    Some(row) => row.version.clone(),
                    None => etag(headers).map(|etag| etag.to_owned().into()),
                };
                let row = row.filter(|_| entity.expansions.is_empty());
                Ok(Outcome::Written { key: key.or_else(|| named(entity, headers)), version, row })
            }
            Action::Describe => metadata::declaration(entity, body).map(Outcome::Declared),
            Action::Delete { .. } => Ok(Outcome::Gone),
        }
    }

    fn sample(&self, call: &Call<'_>, headers: &HeaderMap, body: &[u8]) -> Option<Sample> {
        sample::of_texts(self, call, headers, body)
    }

    fn media(&self) -> HeaderMap {
        HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))])
    }

    fn nothing_found(&self, _: &Entity) -> Bytes {
        Bytes::from_static(br#"{"value":[]}"#)
    }

    fn found(&self, _: &Entity, row: &Bytes) -> Bytes {
        [br#"{"value":["#, row.as_ref(), b"]}"].concat().into()
    }

    fn tree(&self, body: &[u8]) -> serde_json::Value {
        serde_json::from_slice(body).unwrap_or_default()
    }

    fn recognise(&self, _: &Call<'_>, status: StatusCode, body: &[u8]) -> Option<Kind> {
        // A success is only a refusal where the mapping says so.
        let class = if status.is_success() { None } else { refusal::recognise(body) };
        class.map(Kind::Refused)
    }
}

impl OData {
    /// The JSON object of the fields that a write sets, as it is sent.
    ///
    /// # Errors
    /// When a value is none of its field's type.
    pub fn changes(entity: &Entity, delta: &Delta<'_>) -> Result<Bytes, DialectError> {
        changes::write(entity, delta, entity.options.is_set(IEEE754)).map(Bytes::from)
    }

    /// The percent-encoded `$filter` of a condition; nothing at all when every row meets it.
    ///
    /// # Errors
    /// [`DialectError::Nothing`] when no row meets it; others when it cannot be expressed.
    pub fn filter(entity: &Entity, predicate: &Predicate<'_>) -> Result<String, DialectError> {
        let mut text = String::with_capacity(USUAL_FILTER);
        filter::write(&mut text, predicate, &entity.fields)?;
        Ok(text)
    }
}

/// Whether the body is said to be JSON or XML.
pub(super) fn is_media(headers: &HeaderMap, wanted: &str) -> bool {
    let Some(media) = headers.get(CONTENT_TYPE) else { return false };
    // The usual one, spelled out.
    let usual = media.as_bytes().strip_prefix(b"application/");
    let behind = usual.and_then(|subtype| subtype.strip_prefix(wanted.as_bytes()));
    if behind.is_some_and(|behind| matches!(behind.first(), None | Some(b';'))) {
        return true;
    }
    let Ok(media) = media.to_str() else { return false };
    let media = media.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = media.split_once('/') else {
        return false;
    };
    let subtype = subtype.rsplit('+').next().unwrap_or_default();
    (kind.eq_ignore_ascii_case("application") || kind.eq_ignore_ascii_case("text"))
        && subtype.eq_ignore_ascii_case(wanted)
}

fn etag(headers: &HeaderMap) -> Option<&str> {
    headers.get(ETAG)?.to_str().ok().filter(|etag| !etag.is_empty())
}

/// Gives a row the answer's ETag, where it has none of its own.
fn add_version(record: &mut Record<'_>, headers: &HeaderMap) {
    if record.version.is_none() {
        record.version = etag(headers).map(Text::owned);
    }
}

/// The key in the URL of a row that was written.
fn named(entity: &Entity, headers: &HeaderMap) -> Option<UpstreamKey> {
    let url = headers.get(LOCATION).or_else(|| headers.get(ENTITY_ID))?.to_str().ok()?;
    let path = url.split(['?', '#']).next()?;
    let segment = percent_decode_str(path.rsplit('/').next()?).decode_utf8().ok()?;
    let (_, key) = segment.split_once('(')?;
    let key = key.strip_suffix(')')?;
    // The key may be named: `WFUser(idUser=7)`.
    let name = entity.fields.field(entity.key)?.name.as_str();
    let key = key.strip_prefix(name).and_then(|key| key.strip_prefix('=')).unwrap_or(key);
    let field = entity.fields.field(entity.key)?;
    match field.kind {
        Type::Integer => key.parse().ok().map(UpstreamKey::Integer),
        Type::String if field.notation != Notation::Plain => {
            field.notation.fits(key).then(|| UpstreamKey::Text(key.into()))
        }
        Type::String => literal::unquoted(key)
            .filter(|key| !key.is_empty())
            .map(|key| UpstreamKey::Text(key.into())),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
