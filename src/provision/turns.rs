//! One at a time: writes that concern one person.
//!
//! Where the upstream takes no version it does not notice that a row changed between our read and
//! our write, and every write waits until it is alone. Where it takes one, a write starts beside
//! others and is told when somebody was faster; it then reads again, but alone, so that however
//! many writers meet here, none is beaten a second time by another of them.
//!
//! It holds for one process. Two replicas, or somebody at the upstream itself, still meet. A wait
//! ends with the request at the latest, as everything does that a request waits for.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::Provisioner;
use crate::record::{Delta, Etag};

/// How many turns there are; writers of people who share one may have to wait for each other.
const TURNS: usize = 256;

/// Whose turn it is.
#[derive(Debug)]
pub struct Turns(Vec<RwLock<()>>);

impl Default for Turns {
    fn default() -> Self {
        Self(std::iter::repeat_with(RwLock::default).take(TURNS).collect())
    }
}

/// A turn, until it is dropped; nobody holds more than one. Who waits to be alone waits for those
/// who came before, and those who come later wait for it.
#[derive(Debug)]
#[expect(dead_code, reason = "held, not read")]
pub(super) enum Turn<'t> {
    /// Others may write as well: the upstream tells who was beaten.
    Beside(RwLockReadGuard<'t, ()>),
    /// Nobody else here writes.
    Alone(RwLockWriteGuard<'t, ()>),
}

impl Provisioner {
    /// Waits for a turn to change the person with that id; `is_beaten` says that somebody else was
    /// faster before.
    pub(super) async fn turn(&self, id: &str, is_beaten: bool) -> Option<Turn<'_>> {
        let turn = self.turn_of(|hasher| id.hash(hasher))?;
        if is_beaten || self.mapping.entity.facts.etag == Etag::None {
            Some(Turn::Alone(turn.write().await))
        } else {
            Some(Turn::Beside(turn.read().await))
        }
    }

    /// Waits until nobody else creates a person with that name, whatever its letter case. Nothing
    /// where the upstream takes versions: what a create finds there is written under one.
    pub(super) async fn turn_to_create(&self, delta: &Delta<'_>) -> Option<Turn<'_>> {
        if self.mapping.entity.facts.etag != Etag::None {
            return None;
        }
        let turn = self.turn_of(|hasher| {
            for field in &self.mapping.unique {
                let name = delta.value(*field).and_then(|value| value.as_str());
                name.map(str::to_lowercase).hash(hasher);
            }
        })?;
        Some(Turn::Alone(turn.write().await))
    }

    fn turn_of(&self, whose: impl FnOnce(&mut DefaultHasher)) -> Option<&RwLock<()>> {
        let mut hasher = DefaultHasher::new();
        whose(&mut hasher);
        let place = usize::try_from(hasher.finish() % TURNS as u64).unwrap_or_default();
        self.turns.0.get(place)
    }
}
