//! The paths of slots as nearly everybody spells them, each in one piece.

use super::super::slots::SlotIndex;
use super::places::{Places, hash};
use super::{Resource, Slot};

/// Texts of paths and the slots they name: what taking them apart and finding every part says, said
/// once.
#[derive(Clone, Debug, Default)]
pub(super) struct KnownPaths {
    paths: Vec<KnownPath>,
    places: Places,
}

#[derive(Clone, Debug)]
struct KnownPath {
    text: Box<str>,
    slot: SlotIndex,
}

impl KnownPaths {
    /// The paths of a resource's single values: of each slot the canonical one, and of an
    /// extension's the one without the URN, which some clients leave away.
    pub(super) fn of(resource: &Resource) -> Self {
        let mut known = Self::default();
        let mut hashes = Vec::new();
        for index in resource.indices() {
            for text in spellings(resource.slot(index)) {
                // Letters that an escape is made of have no other case.
                let is_plain = !text.contains('\\');
                let Some((hash, _)) =
                    begin(text.as_bytes()).filter(|(_, length)| is_plain && *length == text.len())
                else {
                    continue;
                };
                if resource.slot_of(text) == Some(index) {
                    known.paths.push(KnownPath { text: text.into(), slot: index });
                    hashes.push(hash);
                }
            }
        }
        known.places = Places::of(&hashes);
        known
    }

    /// The slot of the path that a text begins with, and how many bytes the path is long.
    #[inline]
    pub(super) fn leading_slot(&self, text: &[u8]) -> Option<(SlotIndex, usize)> {
        let (hash, length) = begin(text)?;
        let path = text.get(..length)?;
        let known = self.places.find(&self.paths, hash, path, |known| &known.text)?;
        Some((known.slot, length))
    }
}

/// How a slot's path is spelled.
fn spellings(slot: &Slot) -> impl Iterator<Item = &str> {
    let bare =
        slot.extension.as_deref().and_then(|urn| slot.path.strip_prefix(urn)?.strip_prefix(':'));
    [&*slot.path].into_iter().chain(bare)
}

/// The hash and the length of the path that a text begins with, if it begins with a known one.
#[inline]
fn begin(text: &[u8]) -> Option<(u64, usize)> {
    let (word, rest) = text.split_at_checked(word_length(text))?;
    if rest.first() == Some(&b'[') { typed(word, rest) } else { Some((hash(word), word.len())) }
}

/// The same of an attribute, behind which `[type eq "…"]`, `.` and a sub-attribute stand. That they
/// do is seen when the whole is compared with a known path.
#[inline(never)]
fn typed(attribute: &[u8], rest: &[u8]) -> Option<(u64, usize)> {
    const BEFORE: usize = "[type eq \"".len();
    const BEHIND: usize = "\"].".len();
    let rest = rest.get(BEFORE..)?;
    let kind = word_length(rest);
    let length = kind + BEHIND + word_length(rest.get(kind + BEHIND..)?);
    let hash = hash(attribute).wrapping_add(hash(rest.get(..length)?).rotate_left(16));
    Some((hash, attribute.len() + BEFORE + length))
}

/// How many bytes stand before the first one that ends a word: a blank, a quote, or an opening
/// bracket. What else may not stand in a path is in no known one.
#[inline]
fn word_length(text: &[u8]) -> usize {
    let (blocks, rest) = text.as_chunks::<8>();
    let mut before = 0;
    for block in blocks {
        let ends = ends(*block);
        if ends != 0 {
            return before + ends.trailing_zeros() as usize / 8;
        }
        before += 8;
    }
    before + rest.iter().position(|byte| *byte < b'$' || *byte == b'[').unwrap_or(rest.len())
}

/// The highest bit of each of eight bytes that ends a word; all eight are looked at at once.
///
/// A byte above such a one can be marked by mistake, because a difference borrows from it; the
/// lowest mark is always right.
#[inline]
fn ends(block: [u8; 8]) -> u64 {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let block = u64::from_le_bytes(block);
    // What is below zero has its highest bit set; so has what is no ASCII, which is left out.
    let low = block.wrapping_sub(LOW * u64::from(b'$'));
    let bracket = (block ^ (LOW * u64::from(b'['))).wrapping_sub(LOW);
    (low | bracket) & !block & HIGH
}

#[cfg(test)]
mod tests;
