//! What was written, by whom, which attributes, with what outcome: one line per write, and one per
//! [load of the configuration](Load).
//!
//! The record has no place for a value, a name or a token, so none can end up in it. It is logged
//! with the target `audit`; what an operator must act on is logged with the target `alert`.

mod load;

pub use load::{Load, Loads, Reloads, Remark};

/// A write, as it is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The project.
    pub project: &'a str,
    /// The caller's name in the configuration.
    pub caller: &'a str,
    /// The id of the request, which its answer carries as well.
    pub request: &'a str,
    /// What was done.
    pub operation: Operation,
    /// The SCIM id of the person, where it is known.
    pub id: &'a str,
    /// The fields that were written, by name.
    pub fields: &'a str,
    /// Which of them give people rights upstream, by name; `None` when none of them does.
    pub grants: Option<&'a str>,
    /// What came of it.
    pub outcome: &'static str,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A new row.
    Create,
    /// A deleted person's row, given to a new one.
    Revive,
    /// An existing row, bound to the client.
    Adopt,
    /// The first anchor of a row that had none.
    Bind,
    /// Changed fields.
    Update,
    /// A deletion, real or as a mark.
    Delete,
    /// An anchor, emptied by an operator so that the row can change hands.
    Release,
}

impl Operation {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Revive => "revive",
            Self::Adopt => "adopt",
            Self::Bind => "bind",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Release => "release",
        }
    }
}

/// Records a write.
pub fn record(entry: Entry<'_>) {
    tracing::info!(
        target: "audit",
        project = entry.project,
        caller = entry.caller,
        request_id = entry.request,
        operation = entry.operation.name(),
        id = entry.id,
        fields = entry.fields,
        grants = entry.grants,
        outcome = entry.outcome,
        "a person was written"
    );
}

/// Records an attribute, by name, whose value was left out of a write.
pub fn left_out(project: &str, caller: &str, request: &str, attribute: &str) {
    tracing::info!(
        target: "audit",
        project,
        caller,
        request_id = request,
        attribute,
        "an attribute was left out of a write"
    );
}

/// Something that an operator must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alert {
    /// The upstream does not accept our credential. Every request meets it, so that most of these
    /// are held back.
    Credential {
        /// How many were held back since the last one.
        held_back: u64,
        /// Why, in words that quote no answer and no secret; empty where nothing more is known.
        cause: String,
    },
    /// A client wrote to a row that belongs to another object of its directory.
    AnchorConflict,
    /// A client wrote to a protected row.
    Protected,
}

/// Raises an alert; `id` is the person's, and nobody's where it is about the upstream.
pub fn alert(alert: Alert, project: &str, caller: &str, request: &str, id: &str) {
    // One macro for each sentence: a log's sentences are constants.
    macro_rules! raise {
        ($sentence:literal) => {
            tracing::error!(target: "alert", project, caller, request_id = request, id, $sentence)
        };
    }
    match alert {
        Alert::Credential { held_back, cause } => tracing::error!(
            target: "alert",
            project,
            caller,
            request_id = request,
            cause,
            held_back,
            "the upstream does not accept the sidecar's credential"
        ),
        Alert::AnchorConflict => {
            raise!("a client asked for a row that belongs to another directory object");
        }
        Alert::Protected => raise!("a client asked to write a protected row"),
    }
}
