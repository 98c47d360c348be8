//! What happens here, in the words by which it is counted.

use http::StatusCode;

use crate::audit::Alert;
use crate::record::Class;
use crate::telemetry::{AlertKind, Call, Outcome};
use crate::upstream::{self, Action, Answer, Kind};

/// What is asked of the upstream.
pub(super) fn call(action: Action<'_>) -> Call {
    match action {
        Action::Read { .. } => Call::Read,
        Action::Search(_) => Call::Search,
        Action::Follow { .. } => Call::Follow,
        Action::Describe => Call::Describe,
        Action::Create(_) => Call::Create,
        Action::Update { .. } => Call::Update,
        Action::Delete { .. } => Call::Delete,
    }
}

/// What came of a call, and the status of the answer where there was one.
pub(super) fn outcome(sent: &Result<Answer, upstream::Error>) -> (Outcome, Option<StatusCode>) {
    let error = match sent {
        Ok(answer) => return (Outcome::Done, Some(answer.status)),
        Err(error) => error,
    };
    let outcome = match error.kind {
        Kind::Unreachable => Outcome::Unreachable,
        Kind::TimedOut { .. } => Outcome::TimedOut,
        Kind::Lost { .. } => Outcome::Lost,
        Kind::Refused(class) => match class {
            Class::Duplicate => Outcome::Duplicate,
            Class::Invalid => Outcome::Invalid,
            Class::Forbidden => Outcome::Forbidden,
            Class::Missing => Outcome::Missing,
            Class::Capacity => Outcome::Capacity,
            Class::Stale => Outcome::Stale,
            Class::Unavailable => Outcome::Unavailable,
            Class::Credential => Outcome::Credential,
        },
        Kind::Garbled => Outcome::Garbled,
        Kind::TooLarge => Outcome::TooLarge,
        Kind::Strayed => Outcome::Strayed,
        Kind::Unsupported => Outcome::Unsupported,
        Kind::Inexpressible | Kind::Unsendable => Outcome::Unsendable,
    };
    (outcome, error.status)
}

/// What an alert is about.
pub(super) fn alert(alert: &Alert) -> AlertKind {
    match alert {
        Alert::Credential { .. } => AlertKind::Credential,
        Alert::AnchorConflict => AlertKind::AnchorConflict,
        Alert::Protected => AlertKind::Protected,
    }
}
