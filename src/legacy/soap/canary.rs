//! What the conditions looked like that clients sent: those that only an injection brings, and
//! the shapes of all. A client that builds its statements well has few shapes, whatever the
//! values are, so one shape more than expected is a value that was taken for SQL.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// How many suspicions and shapes are kept.
const KEPT: usize = 1000;

/// The suspicions and the shapes, since the start.
#[derive(Debug, Default)]
pub(crate) struct Canary {
    suspicions: Mutex<Vec<String>>,
    shapes: Mutex<BTreeSet<String>>,
}

impl Canary {
    /// Reports a statement.
    pub(super) fn report(&self, reason: impl std::fmt::Display, statement: &str) {
        tracing::warn!(%reason, "a legacy statement looks like an injection");
        let mut suspicions = self.suspicions.lock().unwrap_or_else(PoisonError::into_inner);
        if suspicions.len() < KEPT {
            suspicions.push(format!("{reason}: {statement}"));
        }
    }

    /// Notes the shape of a condition.
    pub(super) fn note(&self, shape: String) {
        let mut shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        if shapes.len() < KEPT {
            shapes.insert(shape);
        }
    }

    /// The reports, oldest first.
    pub(crate) fn suspicions(&self) -> Vec<String> {
        self.suspicions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The shapes, in order.
    pub(crate) fn shapes(&self) -> Vec<String> {
        let shapes = self.shapes.lock().unwrap_or_else(PoisonError::into_inner);
        shapes.iter().cloned().collect()
    }
}
