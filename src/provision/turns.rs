//! One at a time: writes that concern one person, where the upstream takes no version and so does
//! not notice that a row changed between our read and our write.
//!
//! It holds for one process. Two replicas, or somebody at the upstream itself, still meet.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{Mutex, MutexGuard};

use super::Provisioner;
use crate::record::{Delta, Etag};

/// How many writes may be under way at once; people who share one wait for each other.
const TURNS: usize = 256;

/// Whose turn it is.
#[derive(Debug)]
pub struct Turns(Vec<Mutex<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self(std::iter::repeat_with(Mutex::default).take(TURNS).collect())
    }
}

/// A turn, until it is dropped; nobody holds more than one. Nothing where none is needed.
pub(super) type Turn<'t> = Option<MutexGuard<'t, ()>>;

impl Provisioner {
    /// Waits until nobody else changes the person with that id.
    pub(super) async fn turn(&self, id: &str) -> Turn<'_> {
        self.turn_of(|hasher| id.hash(hasher)).await
    }

    /// Waits until nobody else creates a person with that name, whatever its letter case.
    pub(super) async fn turn_to_create(&self, delta: &Delta<'_>) -> Turn<'_> {
        self.turn_of(|hasher| {
            for field in &self.mapping.unique {
                let name = delta.value(*field).and_then(|value| value.as_str());
                name.map(str::to_lowercase).hash(hasher);
            }
        })
        .await
    }

    async fn turn_of(&self, whose: impl FnOnce(&mut DefaultHasher)) -> Turn<'_> {
        if self.mapping.entity.facts.etag != Etag::None {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        whose(&mut hasher);
        let place = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        match self.turns.0.get(place) {
            Some(turn) => Some(turn.lock().await),
            None => None,
        }
    }
}
