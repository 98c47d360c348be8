//! Which characters a JSON string holds as they are: both sides read and write such strings.

const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// Whether a JSON string holds this text as it is, with nothing to escape.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    // What is left of whole blocks is looked at with the end of the block before it.
    let Some(end) = bytes.last_chunk::<16>() else { return unescaped(bytes) == bytes.len() };
    let (blocks, _) = bytes.as_chunks::<16>();
    !blocks.iter().any(holds_special) && !holds_special(end)
}

/// Whether one of sixteen bytes must be escaped. Without an early end the compiler looks at all of
/// them at once.
fn holds_special(block: &[u8; 16]) -> bool {
    block.iter().fold(false, |is, byte| is | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\'))
}

/// How many bytes stand before the first one that a JSON string must escape: a quote, a backslash,
/// a control character (RFC 8259 §7). All of them where there is none.
#[must_use]
pub fn unescaped(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    for (place, word) in words.iter().enumerate() {
        let special = special(*word);
        if special < 8 {
            return place * 8 + special;
        }
    }
    // The last eight bytes once more, of which the first ones are known to be plain.
    if let (false, Some(word)) = (rest.is_empty(), bytes.last_chunk::<8>()) {
        return bytes.len() - 8 + special(*word);
    }
    let is_special = |byte: &u8| *byte < 0x20 || matches!(byte, b'"' | b'\\');
    let within = rest.iter().position(is_special).unwrap_or(rest.len());
    bytes.len() - rest.len() + within
}

/// The place of the first of eight bytes that must be escaped, else 8; all eight are looked at at
/// once.
fn special(word: [u8; 8]) -> usize {
    let word = u64::from_le_bytes(word);
    // The highest bit of each byte that is less than `limit`. A byte above such a one can be marked
    // by mistake, because the difference borrows; the lowest mark is always right.
    let below = |word: u64, limit: u64| word.wrapping_sub(LOW * limit) & !word & HIGH;
    let same = |byte: u8| below(word ^ (LOW * u64::from(byte)), 1);
    let found = below(word, 0x20) | same(b'"') | same(b'\\');
    found.trailing_zeros() as usize / 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_byte_to_escape_is_found(bytes in proptest::collection::vec(
            prop_oneof![1 => any::<u8>(), 1 => Just(b'"'), 1 => Just(b'\\'), 60 => Just(b'a')],
            0..40,
        )) {
            let is_special = |byte: &u8| *byte < 0x20 || *byte == b'"' || *byte == b'\\';
            let expected = bytes.iter().position(is_special).unwrap_or(bytes.len());
            prop_assert_eq!(unescaped(&bytes), expected);
            if let Ok(text) = std::str::from_utf8(&bytes) {
                prop_assert_eq!(is_plain(text), expected == bytes.len());
            }
        }
    }
}
