//! Finding one of a few known texts in any letter case: a table of places that is made once.

/// Where each of some texts is to be found: their positions by hash, each in the first free place.
#[derive(Clone, Debug, Default)]
pub(super) struct Places {
    /// A power of two of them, three quarters of which stay free.
    positions: Vec<u16>,
    /// What hashes are multiplied with for their places.
    factor: u64,
    /// How many of a product's bits are too low to tell places apart.
    shift: u32,
}

impl Places {
    /// Places for texts with these hashes, so that as few as possible share theirs.
    pub(super) fn of(hashes: &[u64]) -> Self {
        let size = (hashes.len().max(1) * 4).next_power_of_two();
        let mut places =
            Self { positions: vec![FREE; size], factor: 0, shift: u64::BITS - size.ilog2() };
        let mut best = usize::MAX;
        let mut factor = FACTOR;
        for _ in 0..TRIES {
            factor = factor.wrapping_mul(FACTOR);
            let before = std::mem::replace(&mut places.factor, factor);
            let shared = places.shared(hashes);
            if shared < best {
                best = shared;
            } else {
                places.factor = before;
            }
            if best == 0 {
                break;
            }
        }
        for (position, hash) in (0..FREE).zip(hashes) {
            let start = places.start(*hash);
            let free = (0..size)
                .map(|step| start.wrapping_add(step) & (size - 1))
                .find(|place| places.positions.get(*place) == Some(&FREE));
            if let Some(place) = free.and_then(|place| places.positions.get_mut(place)) {
                *place = position;
            }
        }
        places
    }

    /// Where the search for a hash begins: the upper bits mix all of it, and a place is smaller
    /// than a `usize`.
    fn start(&self, hash: u64) -> usize {
        (hash.wrapping_mul(self.factor) >> self.shift) as usize
    }

    /// How many hashes begin at another one's place.
    fn shared(&self, hashes: &[u64]) -> usize {
        let mut taken = vec![false; self.positions.len()];
        let begins_taken = |hash: &&u64| {
            let place = taken.get_mut(self.start(**hash));
            place.is_some_and(|taken| std::mem::replace(taken, true))
        };
        hashes.iter().filter(begins_taken).count()
    }

    /// The one of those items, in the order of the hashes, that has that text in any letter case.
    #[inline]
    pub(super) fn find<'t, T>(
        &self,
        items: &'t [T],
        hash: u64,
        text: &[u8],
        text_of: impl Fn(&T) -> &str,
    ) -> Option<&'t T> {
        let last = self.positions.len().wrapping_sub(1);
        let mut place = self.start(hash);
        loop {
            // Some place is always free.
            let item = items.get(usize::from(*self.positions.get(place & last)?))?;
            let known = text_of(item).as_bytes();
            // Where the search ends, most texts are spelled as the known one.
            if known == text || is_respelled(known, text) {
                return Some(item);
            }
            place += 1;
        }
    }
}

/// Whether a text is the known one, spelled in another letter case.
#[inline(never)]
fn is_respelled(known: &[u8], text: &[u8]) -> bool {
    known.eq_ignore_ascii_case(text)
}

/// No item: there are never so many.
const FREE: u16 = u16::MAX;

/// An odd number whose powers spread well.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// How many of its powers are tried.
const TRIES: usize = 256;

/// A number of a text, the same in any letter case: texts differ in how long they are, and in how
/// they begin or end.
#[inline]
pub(super) fn hash(text: &[u8]) -> u64 {
    // Lowers letters; what it makes of other signs does not matter.
    const LOWER: u64 = u64::from_ne_bytes([0x20; 8]);
    let both = match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
            (first | LOWER).wrapping_add((last | LOWER).rotate_left(32))
        }
        _ => short(text) | LOWER,
    };
    both.wrapping_add(text.len() as u64)
}

/// The letters of a text of fewer than eight.
#[inline]
fn short(text: &[u8]) -> u64 {
    match (text.first_chunk(), text.last_chunk()) {
        (Some(first), Some(last)) => {
            u64::from(u32::from_le_bytes(*first)) | u64::from(u32::from_le_bytes(*last)) << 32
        }
        _ => text.iter().fold(0, |letters, letter| letters << 8 | u64::from(*letter)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn find<'t>(places: &Places, names: &'t [String], name: &str) -> Option<&'t String> {
        places.find(names, hash(name.as_bytes()), name.as_bytes(), |known| known)
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        assert_eq!(find(&Places::default(), &[], "name"), None);
        assert_eq!(find(&Places::of(&[]), &[], "name"), None);
    }

    proptest! {
        #[test]
        fn every_text_is_found_in_any_letter_case_and_no_other(
            names in prop::collection::btree_set("[a-z$:.\\[\\]\"é]{0,20}", 0..40),
            other in "[a-c]{0,9}",
        ) {
            let names: Vec<String> = names.into_iter().collect();
            let hashes: Vec<u64> = names.iter().map(|name| hash(name.as_bytes())).collect();
            let places = Places::of(&hashes);
            for name in &names {
                prop_assert_eq!(find(&places, &names, name), Some(name));
                prop_assert_eq!(find(&places, &names, &name.to_ascii_uppercase()), Some(name));
            }
            let is_known = names.contains(&other);
            prop_assert_eq!(find(&places, &names, &other).is_some(), is_known);
        }
    }
}
