//! The language outside: SCIM 2.0's schemas, documents, paths, filters and patches (RFC 7643, 7644).
//!
//! This room is pure. It knows no HTTP, no upstream and no mapping file: a [`Resource`] is compiled
//! from slot requests by whoever read the mapping, and everything else here works on its slots.
//! The only thing it shares with the upstream's side is the leaf [`value`](crate::value).
//!
//! | room | what is in it |
//! |---|---|
//! | [`schema`] | RFC 7643's own definitions, as data |
//! | [`resource`] | the compiled view of what a mapping maps: [`Resource`], its slots and shapes |
//! | [`document`] | a table of values, one per slot; reading and printing SCIM's JSON |
//! | [`path`] | attribute paths (RFC 7644 §3.10, §3.5.2) |
//! | [`filter`] | filters (RFC 7644 §3.4.2.2) |
//! | [`patch`] | PATCH in every dialect that clients speak (RFC 7644 §3.5.2) |
//! | [`profile`] | which of the clients' habits are tolerated |
//! | [`discovery`] | `/Schemas` and `/ResourceTypes`, made from the resource |
//! | [`error`] | what a client is told |

pub mod discovery;
pub mod document;
pub mod error;
pub mod expression;
pub mod filter;
pub mod instant;
mod json;
pub mod patch;
pub mod path;
pub mod profile;
pub mod resource;
pub mod schema;
pub mod slots;

pub use document::{Document, Head, Invalid, Parsed, Projection, UnmappedPaths, location};
pub use error::{ScimError, ScimType};
pub use filter::Filter;
pub use patch::Patch;
pub use path::AttrPath;
pub use profile::Profile;
pub use resource::Resource;
pub use slots::{SlotIndex, SlotSet};
