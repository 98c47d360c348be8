//! The one error body that is known of Bizagi's OData services: a flat object with `code`,
//! `type`, `status` (the .NET name) and `message`.
//!
//! Only the answer to an unknown entity has been seen. **Every other status and text here is
//! invented**, and a client must not rely on the texts.

use http::StatusCode;
use serde_json::{Value, json};

use super::filter::FilterError;
use super::store::StoreError;

/// A refusal of the data view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ODataError {
    /// The HTTP status; that it equals `code` is an assumption.
    pub(super) status: StatusCode,
    /// For people.
    pub(super) message: String,
}

impl ODataError {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }

    /// 400.
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The one answer that has been seen: an entity that the service does not manage.
    pub(super) fn unknown_entity() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Entity metadata not found. Entity ID: -1.")
    }

    /// The body.
    pub(super) fn body(&self) -> Value {
        // .NET's `HttpStatusCode` names are the reason phrases without blanks.
        let name: String = self
            .status
            .canonical_reason()
            .unwrap_or("Unknown")
            .chars()
            .filter(|c| c.is_ascii_alphabetic())
            .collect();
        json!({
            "code": self.status.as_str(),
            "type": "ODataException",
            "status": name,
            "message": self.message,
        })
    }
}

impl From<StoreError> for ODataError {
    fn from(error: StoreError) -> Self {
        let status = match &error {
            StoreError::UnknownColumn { .. }
            | StoreError::ReadOnly { .. }
            | StoreError::WrongType { .. }
            | StoreError::TooLong { .. }
            | StoreError::Missing { .. }
            | StoreError::UserName { .. }
            | StoreError::Reference { .. }
            | StoreError::Link { .. }
            | StoreError::NotAnObject => StatusCode::BAD_REQUEST,
            StoreError::Duplicate => StatusCode::CONFLICT,
            StoreError::Licence { .. } => StatusCode::FORBIDDEN,
            StoreError::Absent | StoreError::NotOne { .. } => StatusCode::NOT_FOUND,
            StoreError::Changed => StatusCode::PRECONDITION_FAILED,
            StoreError::Database(cause) => {
                tracing::error!(%cause, "the legacy database failed");
                StatusCode::INTERNAL_SERVER_ERROR
            }
        };
        Self::new(status, error.to_string())
    }
}

impl From<FilterError> for ODataError {
    fn from(error: FilterError) -> Self {
        Self::bad(error.to_string())
    }
}
