//! Dialects: how a call is written for a kind of server, and how its answer is read.
//!
//! A dialect is pure: it takes a [`Call`] and gives a request, takes an answer and gives an
//! [`Outcome`]. It knows no sockets, no credential, no SCIM. A new one is one file and one line
//! in [`DIALECTS`].

mod bizagi_soap;
mod odata;
mod rest_json;
mod sample;
mod scalar;

use std::fmt::Debug;

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};

pub use bizagi_soap::BizagiSoap;
pub use odata::OData;
pub use rest_json::RestJson;

use super::error::Kind;
use super::origin::{Origin, Strayed};
use crate::record::{
    Declaration, Delta, Description, Entity, FieldIndex, FieldName, Query, Record, Sample,
    UpstreamKey,
};
use crate::value::Text;

/// Something to ask of a collection.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The collection, as the mapping states it.
    pub entity: &'a Entity,
    /// What to do with it.
    pub action: Action<'a>,
}

/// What to do.
#[derive(Clone, Copy, Debug)]
pub enum Action<'a> {
    /// Read one row.
    Read {
        /// Which one.
        key: &'a UpstreamKey,
    },
    /// Read the rows that meet a condition.
    Search(&'a Query<'a>),
    /// Read the next page of a search.
    Follow {
        /// The [`Page::next`] of the page before.
        next: &'a str,
    },
    /// Read what the upstream says of the collection by itself.
    Describe,
    /// Add a row.
    Create(&'a Delta<'a>),
    /// Change fields of an existing row; never makes one.
    Update {
        /// Which one.
        key: &'a UpstreamKey,
        /// What to change.
        delta: &'a Delta<'a>,
        /// The row before it, as it was read: its [`Record::source`].
        source: Option<&'a str>,
        /// The ETag that it must still have, as the upstream wrote it.
        version: Option<&'a str>,
    },
    /// Remove a row.
    Delete {
        /// Which one.
        key: &'a UpstreamKey,
        /// The ETag that it must still have, as the upstream wrote it.
        version: Option<&'a str>,
    },
}

impl Action<'_> {
    /// Whether it changes something: such a call is never sent twice.
    #[must_use]
    pub const fn is_write(&self) -> bool {
        matches!(self, Self::Create(_) | Self::Update { .. } | Self::Delete { .. })
    }

    /// Whether it addresses one row by its key.
    #[must_use]
    pub const fn is_keyed(&self) -> bool {
        matches!(self, Self::Read { .. } | Self::Update { .. } | Self::Delete { .. })
    }

    /// A word for the log.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::Search(_) => "search",
            Self::Follow { .. } => "follow",
            Self::Describe => "describe",
            Self::Create(_) => "create",
            Self::Update { .. } => "update",
            Self::Delete { .. } => "delete",
        }
    }
}

/// What a successful answer says.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome<'b> {
    /// The row that was asked for.
    Row(Record<'b>),
    /// The rows that were found.
    Rows(Page<'b>),
    /// What the upstream says of the collection.
    Declared(Declaration),
    /// A row was added or changed.
    Written {
        /// Its key, where the answer tells it.
        key: Option<UpstreamKey>,
        /// Its new ETag, where the answer tells it.
        version: Option<Text<'b>>,
        /// The row as it was stored, where the answer carries it.
        row: Option<Record<'b>>,
    },
    /// The row was removed.
    Gone,
}

/// Some of the rows of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page<'b> {
    /// The rows.
    pub records: Vec<Record<'b>>,
    /// How many rows the whole search has, where the upstream tells it.
    pub total: Option<u64>,
    /// Where the next page is. From [`Answer::outcome`](super::Answer::outcome) it is proven to
    /// stay under the base URL and to be another page than this one.
    pub next: Option<Text<'b>>,
}

/// Why a call cannot be written; nothing was sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DialectError {
    /// A search that can find nothing needs no call.
    #[error("the search can find nothing")]
    Nothing,
    /// This dialect cannot express what is asked, or it would be too long.
    #[error("the dialect cannot express this search")]
    Inexpressible,
    /// A value cannot be put into the condition of a search without a doubt about where it ends.
    #[error("a value for the field `{0}` cannot stand safely in a condition")]
    Unsafe(FieldName),
    /// The dialect has no such call: its facts say so, and the mapping was compiled with them.
    #[error("the dialect has no such call")]
    NoSuchCall,
    /// A value does not fit the type of its field.
    #[error("a value does not fit the field `{0}`")]
    Misfit(FieldName),
    /// A field that the entity has not.
    #[error("the entity has no such field")]
    Unknown,
    /// The key addresses nothing, or its URL would leave the collection.
    #[error("the key cannot address a row")]
    Key,
    /// The mapping's collection or a next link leads elsewhere.
    #[error(transparent)]
    Strayed(#[from] Strayed),
    /// The version holds characters that no header may hold.
    #[error("the version cannot be sent")]
    Version,
}

/// Why an answer's body cannot be read. Names fields, never values.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Not the media type that was asked for.
    #[error("expected the media type {0}")]
    MediaType(&'static str),
    /// Not XML, or not of the right shape.
    #[error("expected XML of another shape at byte {offset}")]
    Xml {
        /// How many bytes of the document were read before.
        offset: u64,
    },
    /// XML that is nested too deeply, or that brings a document type of its own.
    #[error("expected XML without a document type, and not nested deeply")]
    Elaborate,
    /// Not JSON, or not of the right shape.
    #[error("expected JSON of another shape at line {line}, column {column}")]
    Json {
        /// The line, from 1.
        line: usize,
        /// The column, from 1.
        column: usize,
    },
    /// XML, and no description of a service in OData's version 4.
    #[error("expected OData metadata of version 4")]
    NoMetadata,
    /// A list without its array.
    #[error("expected an array `{0}`")]
    NoRows(&'static str),
    /// An object that has none of the entity's fields.
    #[error("expected a row, found none of its fields")]
    NotARow,
    /// A field that holds something else than its type.
    #[error("the field `{0}` does not hold its type")]
    Misfit(FieldName),
    /// A promise instead of an outcome (202).
    #[error("the answer only promises an outcome")]
    Promise,
    /// No body where one is needed.
    #[error("expected a body")]
    Empty,
}

/// How to talk to one kind of server.
pub trait Dialect: Send + Sync + Debug {
    /// What it says of itself: its name, its facts, its options.
    fn description(&self) -> Description;

    /// The request of a call, without credential.
    ///
    /// # Errors
    /// When the call cannot be expressed; then nothing is sent.
    fn write(&self, call: &Call<'_>, base: &Origin) -> Result<Request<Bytes>, DialectError>;

    /// What an answer with a success status (2xx) says.
    ///
    /// # Errors
    /// When it cannot be read as the answer to this call.
    fn read<'b>(
        &self,
        call: &Call<'_>,
        status: StatusCode,
        headers: &HeaderMap,
        body: &'b [u8],
    ) -> Result<Outcome<'b>, Unreadable>;

    /// What the rows of a successful answer to a search show, also those that cannot be read as
    /// the mapping says; `None` where there are none to look at.
    fn sample(&self, call: &Call<'_>, headers: &HeaderMap, body: &[u8]) -> Option<Sample>;

    /// The headers of an answer in this dialect's media type, for stand-ins.
    fn media(&self) -> HeaderMap;

    /// The body of an answer to a search that found nothing, for stand-ins.
    fn nothing_found(&self, entity: &Entity) -> Bytes;

    /// The body of an answer to a search that found one row, of which `row` is the answer to a
    /// read, for stand-ins: the same, where a row is read by a search for its key.
    fn found(&self, entity: &Entity, row: &Bytes) -> Bytes {
        let _ = entity;
        row.clone()
    }

    /// Whether an answer refuses the call. It costs little for a success: of a long list only
    /// the beginning is looked at.
    fn refuses(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> bool {
        let _ = (call, body);
        !status.is_success()
    }

    /// The body as a tree in which the mapping's rules name places; null for what is none.
    fn tree(&self, body: &[u8]) -> serde_json::Value;

    /// What a refusal is, where the body tells more than the status. Asked after the mapping's
    /// own rules.
    fn recognise(&self, call: &Call<'_>, status: StatusCode, body: &[u8]) -> Option<Kind>;

    /// Whether a create leaves this field to an update that must follow it.
    fn leaves(&self, entity: &Entity, field: FieldIndex) -> bool {
        let _ = (entity, field);
        false
    }
}

/// Every dialect.
pub const DIALECTS: &[&dyn Dialect] = &[&OData, &BizagiSoap, &RestJson];

/// The dialect of that name.
#[must_use]
pub fn dialect(name: &str) -> Option<&'static dyn Dialect> {
    DIALECTS.iter().find(|dialect| dialect.description().name == name).copied()
}
