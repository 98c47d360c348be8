//! Numbers of slots, and sets of them.

use std::fmt;

/// The number of a slot of a [`Resource`](super::Resource); made by its builder alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SlotIndex(pub(super) u16);

impl SlotIndex {
    /// Where the slot stands in the resource's table, counted from 0.
    #[must_use]
    pub const fn position(self) -> usize {
        self.0 as usize
    }
}

/// How many slots a resource can have.
pub const MAX_SLOTS: usize = 256;

/// A set of slots: 256 bits, without any allocation.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct SlotSet([u64; 4]);

impl SlotSet {
    /// No slot.
    pub const EMPTY: Self = Self([0; 4]);
    /// Every slot there can be.
    pub const FULL: Self = Self([u64::MAX; 4]);

    /// The set of one slot.
    #[must_use]
    pub fn of(slot: SlotIndex) -> Self {
        let mut set = Self::EMPTY;
        set.insert(slot);
        set
    }

    /// The set of those slots for which a question that is asked of every slot, in their order, was
    /// answered with yes.
    pub(super) fn where_true(answers: impl IntoIterator<Item = bool>) -> Self {
        let mut answers = answers.into_iter();
        Self(std::array::from_fn(|_| {
            let word = answers.by_ref().take(64).enumerate();
            word.fold(0, |bits, (bit, answer)| bits | u64::from(answer) << bit)
        }))
    }

    /// Adds a slot.
    pub fn insert(&mut self, slot: SlotIndex) {
        if let Some(word) = self.0.get_mut(slot.position() >> 6) {
            *word |= 1 << (slot.0 & 63);
        }
    }

    /// Takes a slot out.
    pub fn remove(&mut self, slot: SlotIndex) {
        if let Some(word) = self.0.get_mut(slot.position() >> 6) {
            *word &= !(1 << (slot.0 & 63));
        }
    }

    /// Whether the slot is in the set.
    #[must_use]
    pub fn contains(&self, slot: SlotIndex) -> bool {
        self.0.get(slot.position() >> 6).is_some_and(|word| word >> (slot.0 & 63) & 1 == 1)
    }

    /// The slots of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] | other.0[at]))
    }

    /// The slots of both sets.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & other.0[at]))
    }

    /// The slots of this set that are not in the other.
    #[must_use]
    pub fn difference(self, other: Self) -> Self {
        Self(std::array::from_fn(|at| self.0[at] & !other.0[at]))
    }

    /// Whether no slot is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0 == [0; 4]
    }

    /// How many slots are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// The slots, in order.
    pub fn iter(&self) -> impl Iterator<Item = SlotIndex> + use<> {
        let words = self.0;
        (0_u16..).zip(words).flat_map(|(at, mut word)| {
            std::iter::from_fn(move || {
                if word == 0 {
                    return None;
                }
                // At most 63, so the cast keeps it.
                #[expect(clippy::cast_possible_truncation, reason = "fewer than 64 zeros")]
                let bit = word.trailing_zeros() as u16;
                word &= word - 1;
                Some(SlotIndex(at * 64 + bit))
            })
        })
    }
}

impl FromIterator<SlotIndex> for SlotSet {
    fn from_iter<I: IntoIterator<Item = SlotIndex>>(slots: I) -> Self {
        let mut set = Self::EMPTY;
        slots.into_iter().for_each(|slot| set.insert(slot));
        set
    }
}

impl fmt::Debug for SlotSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(SlotIndex::position)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in() {
        let slots = [0, 1, 63, 64, 130, 255].map(SlotIndex);
        let mut set: SlotSet = slots.into_iter().collect();
        assert!(set.iter().eq(slots));
        assert_eq!(set.len(), 6);
        set.remove(SlotIndex(64));
        assert!(!set.contains(SlotIndex(64)) && set.contains(SlotIndex(63)));
        assert!(set.difference(set).is_empty());
        assert_eq!(set.union(SlotSet::of(SlotIndex(64))).len(), 6);
        assert_eq!(set.intersection(SlotSet::FULL), set);
    }
}
