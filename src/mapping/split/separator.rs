//! What stands between two parts of a text, and where it stands there.

use std::fmt;
use std::ops::Deref;

/// At which separator a text is split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// The first one.
    First,
    /// The last one.
    Last,
}

/// A sign, or several, between two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Separator(Box<str>);

impl Separator {
    /// What stands before the first or the last separator, and what behind it.
    #[inline]
    #[must_use]
    pub fn divide<'t>(&self, text: &'t str, at: At) -> Option<(&'t str, &'t str)> {
        // One byte needs no search for a pattern; it is ASCII, so it stands between characters.
        let place = match (self.as_bytes(), at) {
            ([sign], At::First) => first(text.as_bytes(), *sign),
            ([sign], At::Last) => last(text.as_bytes(), *sign),
            _ => self.search(text, at),
        }?;
        Some((text.get(..place)?, text.get(place + self.len()..)?))
    }

    /// Whether a text holds it.
    #[inline]
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        match self.as_bytes() {
            [sign] => first(text.as_bytes(), *sign).is_some(),
            _ => self.search(text, At::First).is_some(),
        }
    }

    /// Where it stands, of however many bytes it is; nearly every one is a single byte.
    #[cold]
    fn search(&self, text: &str, at: At) -> Option<usize> {
        match at {
            At::First => text.find(&*self.0),
            At::Last => text.rfind(&*self.0),
        }
    }
}

/// Marks each of eight bytes that is the sign by its highest bit; the first byte is the lowest.
#[inline]
fn marked(bytes: [u8; 8], sign: u8) -> u64 {
    const LOW: u64 = u64::from_le_bytes([0x7f; 8]);
    // Nothing but the sign becomes zero, and nothing but zero reaches no highest bit; without that
    // bit itself, no sum is carried into the next byte.
    let others = u64::from_le_bytes(bytes) ^ u64::from_le_bytes([sign; 8]);
    !(((others & LOW) + LOW) | others | LOW)
}

/// Where a sign stands first.
#[inline]
fn first(bytes: &[u8], sign: u8) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    let within = |word: &[u8; 8]| match marked(*word, sign) {
        0 => None,
        marked => Some(marked.trailing_zeros() as usize / 8),
    };
    for (word, start) in words.iter().zip((0..).step_by(8)) {
        if let Some(place) = within(word) {
            return Some(start + place);
        }
    }
    // What stands before the rest is known to be something else.
    match bytes.last_chunk() {
        Some(word) => within(word).map(|place| bytes.len() - 8 + place),
        None => rest.iter().position(|byte| *byte == sign),
    }
}

/// Where a sign stands last.
#[inline]
fn last(bytes: &[u8], sign: u8) -> Option<usize> {
    let (rest, words) = bytes.as_rchunks();
    let within = |word: &[u8; 8]| match marked(*word, sign) {
        0 => None,
        marked => Some(7 - marked.leading_zeros() as usize / 8),
    };
    let mut start = bytes.len();
    for word in words.iter().rev() {
        start -= 8;
        if let Some(place) = within(word) {
            return Some(start + place);
        }
    }
    // What stands behind the rest is known to be something else.
    match bytes.first_chunk() {
        Some(word) => within(word),
        None => rest.iter().rposition(|byte| *byte == sign),
    }
}

impl<T: Into<Box<str>>> From<T> for Separator {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl Deref for Separator {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Separator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_stands_where_a_search_for_a_pattern_finds_it(
            text in r"[a@é]{0,40}|a{0,20}@?a{0,20}@?a{0,20}|\PC{0,20}",
            separator in r"(@|a|aa|@a|é|[ -~])?",
        ) {
            let by = Separator::from(&*separator);
            prop_assert_eq!(by.divide(&text, At::First), text.split_once(&*separator));
            prop_assert_eq!(by.divide(&text, At::Last), text.rsplit_once(&*separator));
            prop_assert_eq!(by.is_in(&text), text.contains(&*separator));
        }
    }
}
