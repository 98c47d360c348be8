//! Values by number: the table that a row and a document are.

use std::mem::{self, ManuallyDrop};

use super::Value;

/// How many values a table holds without an allocation: those of nearly every mapping.
const INLINE: usize = 24;

/// A table of as many values as it was made for.
#[derive(Clone, Debug)]
pub struct Table<'a>(Held<'a>);

#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "the large one is the usual one")]
enum Held<'a> {
    /// Few of the values own anything: the table itself sees to those.
    Inline {
        values: ManuallyDrop<[Value<'a>; INLINE]>,
        length: usize,
        /// Whether one of them may own something, so that it has to be given back.
        owns: bool,
    },
    Heap(Vec<Value<'a>>),
}

impl<'a> Table<'a> {
    /// A table of that many values, nothing in any of them.
    #[must_use]
    pub fn empty(length: usize) -> Self {
        Self(if length <= INLINE {
            // Each written by itself: as a constant they would be copied whole.
            let values = ManuallyDrop::new(std::array::from_fn(|_| Value::Absent));
            Held::Inline { values, length, owns: false }
        } else {
            Held::Heap(vec![Value::Absent; length])
        })
    }

    /// The value of that number; absent beyond the end.
    #[must_use]
    pub fn value(&self, position: usize) -> &Value<'a> {
        const ABSENT: &Value<'static> = &Value::Absent;
        self.values().get(position).unwrap_or(ABSENT)
    }

    /// Puts a value in the place of that number; beyond the end it is dropped.
    #[inline]
    pub fn put(&mut self, position: usize, value: Value<'a>) {
        match &mut self.0 {
            Held::Inline { values, length, owns } if position < *length => {
                let Some(place) = values.get_mut(position) else { return };
                let owned = *owns;
                *owns |= value.owns();
                let before = mem::replace(place, value);
                if !owned {
                    // There is nothing to give back, and asking costs a call.
                    mem::forget(before);
                }
            }
            Held::Inline { .. } => {}
            Held::Heap(values) => {
                if let Some(place) = values.get_mut(position) {
                    *place = value;
                }
            }
        }
    }

    /// Takes the value of that number out; beyond the end there is none.
    pub fn take(&mut self, position: usize) -> Value<'a> {
        let place = match &mut self.0 {
            Held::Inline { values, .. } => values.get_mut(position),
            Held::Heap(values) => values.get_mut(position),
        };
        place.map(mem::take).unwrap_or_default()
    }

    /// Every value.
    #[must_use]
    pub fn values(&self) -> &[Value<'a>] {
        match &self.0 {
            Held::Inline { values, length, .. } => values.get(..*length).unwrap_or_default(),
            Held::Heap(values) => values,
        }
    }

    /// A view of the same values that borrows from these.
    #[must_use]
    pub fn borrowed(&self) -> Table<'_> {
        let mut table = Table::empty(self.values().len());
        for (position, value) in self.values().iter().enumerate() {
            table.put(position, value.borrowed());
        }
        table
    }

    /// The same values, owning their characters.
    #[must_use]
    pub fn into_owned(mut self) -> Table<'static> {
        Table(match &mut self.0 {
            Held::Inline { values, length, .. } => {
                let owned = values.each_mut().map(|value| mem::take(value).into_owned());
                Held::Inline { values: ManuallyDrop::new(owned), length: *length, owns: true }
            }
            Held::Heap(values) => {
                Held::Heap(mem::take(values).into_iter().map(Value::into_owned).collect())
            }
        })
    }
}

impl Drop for Table<'_> {
    fn drop(&mut self) {
        if let Held::Inline { values, owns: true, .. } = &mut self.0 {
            values.iter_mut().for_each(|value| *value = Value::Absent);
        }
    }
}

impl PartialEq for Table<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.values() == other.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_the_same_inline_and_not() {
        for length in [0, 1, INLINE, INLINE + 1] {
            let mut table = Table::empty(length);
            assert_eq!(table.values().len(), length);
            for position in 0..=length {
                table.put(position, Value::Integer(7));
                table.put(position, Value::Text("owned".to_owned().into()));
                table.put(position, Value::Integer(7));
            }
            assert!(table.values().iter().all(|value| *value == Value::Integer(7)));
            assert_eq!(table.clone().take(length), Value::Absent);
            assert_eq!(table.value(length), &Value::Absent);
            assert_eq!(table.borrowed(), table);
            assert_eq!(table.clone().into_owned(), table);
            assert_ne!(table, Table::empty(length + 1));
            for position in 0..length {
                assert_eq!(table.take(position), Value::Integer(7));
            }
            assert_eq!(table, Table::empty(length));
        }
    }
}
