//! What a layer before the API refuses a request with.

use crate::gate::Denied;

/// What a layer can refuse a request with; the outermost layers make an answer of
/// it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The gate says no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// There are too many requests at once.
    #[error("there are too many requests at once")]
    Overloaded,
    /// The request took too long to arrive or to answer.
    #[error("the request took too long")]
    TimedOut,
}
