//! What a write changes.

use super::FieldIndex;
use crate::value::{Value, same};

/// What a write sets: fields and their new values, [`Value::Absent`] to clear one.
///
/// Of a field of several values it holds the whole new list, and what the row holds before: some
/// upstreams take a list, others only what is to be added to it and taken from it: the manual says
/// why, in its chapter on lists.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delta<'a> {
    changes: Vec<(FieldIndex, Value<'a>)>,
    /// The [marks](mark) of all changed fields: nothing is searched for a field without its own.
    marks: u64,
    /// The lists of the row, for those of the changed fields that hold several values.
    before: Vec<(FieldIndex, Value<'a>)>,
}

/// A field's bit; fields that are 64 places apart share theirs.
const fn mark(field: FieldIndex) -> u64 {
    1 << (field.position() % 64)
}

/// What makes one list of another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Difference<'d, 'a> {
    /// What the new list holds and the old one does not.
    pub added: Vec<&'d Value<'a>>,
    /// What the old list holds and the new one does not.
    pub removed: Vec<&'d Value<'a>>,
}

impl<'a> Delta<'a> {
    /// An empty change with room for `capacity` fields.
    #[must_use]
    pub fn with_capacity(capacity: usize) -> Self {
        Self { changes: Vec::with_capacity(capacity), ..Self::default() }
    }

    /// Sets a field; what an earlier call set for it is replaced.
    #[inline]
    pub fn set(&mut self, field: FieldIndex, value: Value<'a>) {
        if self.marks & mark(field) != 0
            && let Some((_, old)) = self.changes.iter_mut().find(|(known, _)| *known == field)
        {
            *old = value;
            return;
        }
        self.marks |= mark(field);
        self.changes.push((field, value));
    }

    /// Sets a field of several values, which holds `before`.
    pub fn set_list(&mut self, field: FieldIndex, before: Value<'a>, value: Value<'a>) {
        self.set(field, value);
        self.before.retain(|(known, _)| *known != field);
        if !before.is_absent() {
            self.before.push((field, before));
        }
    }

    /// Sets a field as another change sets it.
    pub fn copy(&mut self, field: FieldIndex, other: &Self) {
        if let Some(value) = other.value(field) {
            let before = other.before(field);
            self.set_list(field, before.clone(), value.clone());
        }
    }

    /// The new value of a field, if the change sets it.
    #[must_use]
    pub fn value(&self, field: FieldIndex) -> Option<&Value<'a>> {
        if self.marks & mark(field) == 0 {
            return None;
        }
        self.changes.iter().find(|(known, _)| *known == field).map(|(_, value)| value)
    }

    /// What a field of several values holds before the change; absent for other fields, and for a
    /// new row.
    #[must_use]
    pub fn before(&self, field: FieldIndex) -> &Value<'a> {
        const ABSENT: &Value<'static> = &Value::Absent;
        self.before.iter().find(|(known, _)| *known == field).map_or(ABSENT, |(_, list)| list)
    }

    /// What is added to a field of several values, and what is taken from it.
    #[must_use]
    pub fn difference(&self, field: FieldIndex) -> Difference<'_, 'a> {
        let Some(after) = self.value(field) else { return Difference::default() };
        let before = self.before(field);
        Difference { added: missing(after, before), removed: missing(before, after) }
    }

    /// Forgets what the change would set for a field.
    pub fn forget(&mut self, field: FieldIndex) {
        self.changes.retain(|(known, _)| *known != field);
        self.marks = self.changes.iter().fold(0, |marks, (known, _)| marks | mark(*known));
        self.before.retain(|(known, _)| *known != field);
    }

    /// Whether nothing would change.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// The fields and their new values, in the order in which they were first set.
    pub fn iter(&self) -> impl Iterator<Item = (FieldIndex, &Value<'a>)> {
        self.changes.iter().map(|(field, value)| (*field, value))
    }

    /// The same change, owning its characters.
    #[must_use]
    pub fn into_owned(self) -> Delta<'static> {
        let owned = |list: Vec<(FieldIndex, Value<'a>)>| {
            list.into_iter().map(|(field, value)| (field, value.into_owned())).collect()
        };
        Delta { changes: owned(self.changes), marks: self.marks, before: owned(self.before) }
    }
}

/// The values of one list that another does not hold.
fn missing<'d, 'a>(from: &'d Value<'a>, other: &Value<'a>) -> Vec<&'d Value<'a>> {
    let is_missing = |one: &&Value<'a>| !other.each().iter().any(|known| same(known, one));
    from.each().iter().filter(is_missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Case, Field, Fields};
    use crate::value::Type;

    #[test]
    fn a_change_of_a_list_tells_what_comes_and_what_goes() {
        let mut fields = Fields::default();
        let roles = Field { many: true, ..Field::new("Roles", Type::String, Case::default()) };
        let roles = fields.push(roles).unwrap();
        let list =
            |texts: &[&'static str]| Value::list(texts.iter().copied().map(Value::text).collect());
        let mut delta = Delta::default();
        delta.set_list(roles, list(&["1", "2"]), list(&["2", "3"]));
        let difference = delta.difference(roles);
        assert_eq!(difference.added, [&Value::text("3")]);
        assert_eq!(difference.removed, [&Value::text("1")]);
        let mut copy = Delta::default();
        copy.copy(roles, &delta);
        assert_eq!(copy, delta);
        assert_eq!(copy.clone().into_owned(), delta);
        copy.set_list(roles, list(&["1"]), Value::Absent);
        assert_eq!(copy.difference(roles).removed, [&Value::text("1")]);
        copy.forget(roles);
        assert_eq!(copy, Delta::default());
        copy.set_list(roles, Value::Absent, list(&["9"]));
        assert_eq!(copy.difference(roles).added, [&Value::text("9")]);
    }
}
