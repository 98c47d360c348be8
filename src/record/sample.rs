//! What some rows show of a collection, where nothing else describes it.

use super::{Field, FieldIndex, Fields};

/// What rows show of one field; of several rows the last in this order counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    /// It is not there.
    #[default]
    Unseen,
    /// It is there, or may be, and holds nothing.
    Empty,
    /// It holds what its type says.
    Fitting,
    /// It can be read, and holds something that is written otherwise: what, in words.
    Unlike(&'static str),
    /// It holds something that is not of its type: what, in words.
    Foreign(&'static str),
}

/// What some rows show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// How many rows were looked at.
    pub rows: usize,
    /// What they show of each field, in the order of the fields.
    shown: Vec<Shown>,
    /// What else they have, by the names that a mapping would give it.
    pub others: Vec<Box<str>>,
}

impl Sample {
    /// So many rows, of which nothing is noted yet.
    #[must_use]
    pub fn of(rows: usize, fields: &Fields) -> Self {
        Self { rows, shown: vec![Shown::default(); fields.len()], others: Vec::new() }
    }

    /// Notes what one row shows of a field.
    pub fn note(&mut self, field: FieldIndex, shown: Shown) {
        if let Some(known) = self.shown.get_mut(field.position()) {
            *known = shown.max(*known);
        }
    }

    /// What the rows show of each field.
    pub fn iter<'s>(
        &'s self,
        fields: &'s Fields,
    ) -> impl Iterator<Item = (FieldIndex, &'s Field, Shown)> {
        fields.iter().zip(&self.shown).map(|((index, field), shown)| (index, field, *shown))
    }

    /// What they show of a field.
    #[must_use]
    pub fn shown(&self, field: FieldIndex) -> Shown {
        self.shown.get(field.position()).copied().unwrap_or_default()
    }
}
