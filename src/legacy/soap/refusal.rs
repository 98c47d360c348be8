//! What the SOAP layer refuses: the document `BizAgiWSError` in an answer of status 200.
//!
//! Only its shape is known. **The codes and texts are invented**; a client must not rely on them.

use super::condition::ConditionError;
use super::xml::{Element, XmlError};
use crate::legacy::store::StoreError;

/// A kind of refusal, with its invented code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The document is not what is expected, or not XML.
    Document = 1001,
    /// The entity is not known or cannot be written here.
    Entity = 1002,
    /// The entity has no such column or node.
    Column = 1003,
    /// A node that must have a value has none.
    Missing = 1004,
    /// The value does not fit the column's type.
    Value = 1005,
    /// The text is longer than its column.
    TooLong = 1006,
    /// The name breaks the rules for user names.
    UserName = 1007,
    /// Another user has the same domain and user name.
    Duplicate = 1008,
    /// No row has the key, or the business key holds for none or several.
    Key = 1009,
    /// What is referred to or linked does not exist.
    Reference = 1010,
    /// As many users are enabled as there are licences.
    Licence = 1011,
    /// The condition is not SQL that is read here.
    Condition = 1012,
    /// The server failed.
    Failed = 1013,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: Code,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A node that is not known where it stands.
    pub(super) fn node(name: &str) -> Self {
        let name: String = name.chars().take(100).collect();
        Self::new(Code::Document, format!("node not expected: {name}"))
    }

    /// The refusal as the root of an answer.
    pub(super) fn document(&self) -> Element {
        Element::new("BizAgiWSError").holding([
            Element::new("ErrorCode").text((self.code as u16).to_string()),
            Element::new("ErrorMessage").text(&*self.message),
        ])
    }
}

impl From<XmlError> for Refusal {
    fn from(error: XmlError) -> Self {
        Self::new(Code::Document, error.to_string())
    }
}

impl From<ConditionError> for Refusal {
    fn from(error: ConditionError) -> Self {
        let code = match &error {
            ConditionError::UnknownColumn { .. } => Code::Column,
            _ => Code::Condition,
        };
        Self::new(code, error.to_string())
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::UnknownColumn { .. } | StoreError::ReadOnly { .. } => Code::Column,
            StoreError::WrongType { .. } => Code::Value,
            StoreError::TooLong { .. } => Code::TooLong,
            StoreError::Missing { .. } => Code::Missing,
            StoreError::UserName { .. } => Code::UserName,
            StoreError::Duplicate => Code::Duplicate,
            StoreError::Reference { .. } | StoreError::Link { .. } => Code::Reference,
            StoreError::Licence { .. } => Code::Licence,
            StoreError::Absent | StoreError::NotOne { .. } => Code::Key,
            StoreError::Changed | StoreError::NotAnObject => Code::Failed,
            StoreError::Database(cause) => {
                tracing::error!(%cause, "the legacy database failed");
                Code::Failed
            }
        };
        Self::new(code, error.to_string())
    }
}
