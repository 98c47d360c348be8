//! Which characters a JSON string holds as they are: both sides read and write such strings.

const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);

/// Whether a JSON string holds this text, in UTF-8, as it is, with nothing to escape.
#[must_use]
pub fn is_plain(text: &[u8]) -> bool {
    // What is left of whole blocks is looked at with the end of the block before it.
    if let Some(end) = text.last_chunk::<16>() {
        let (blocks, _) = text.as_chunks::<16>();
        return !blocks.iter().any(holds_special) && !holds_special(end);
    }
    if let (Some(start), Some(end)) = (text.first_chunk(), text.last_chunk()) {
        return special(*start) | special(*end) == 0;
    }
    !text.iter().any(is_special)
}

/// Whether one of sixteen bytes must be escaped. Without an early end the compiler looks at all of
/// them at once.
#[inline]
fn holds_special(block: &[u8; 16]) -> bool {
    block.iter().fold(false, |is, byte| is | (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\'))
}

/// How many bytes stand before the first one that a JSON string must escape: a quote, a backslash,
/// a control character (RFC 8259 §7). All of them where there is none.
#[inline]
#[must_use]
pub fn unescaped(bytes: &[u8]) -> usize {
    unescaped_in_blocks(bytes).unwrap_or_else(|| {
        let (_, rest) = bytes.as_chunks::<8>();
        match bytes.last_chunk() {
            _ if rest.is_empty() => bytes.len(),
            // The last eight bytes once more, of which the first ones are known to be plain.
            Some(word) => bytes.len() - 8 + special(*word).trailing_zeros() as usize / 8,
            None => rest.iter().position(is_special).unwrap_or(rest.len()),
        }
    })
}

/// The same where the byte is found eight bytes at a time; `None` where it is among the last seven
/// ones, or nowhere.
#[inline]
#[must_use]
pub fn unescaped_in_blocks(bytes: &[u8]) -> Option<usize> {
    let (words, _) = bytes.as_chunks::<8>();
    let mut before = 0;
    for word in words {
        let special = special(*word);
        if special != 0 {
            return Some(before + special.trailing_zeros() as usize / 8);
        }
        before += 8;
    }
    None
}

fn is_special(byte: &u8) -> bool {
    *byte < 0x20 || matches!(byte, b'"' | b'\\')
}

/// The highest bit of each of eight bytes that must be escaped; all eight are looked at at once.
///
/// A byte above such a one can be marked by mistake, because a difference borrows from it; the
/// lowest mark is always right.
#[inline]
fn special(word: [u8; 8]) -> u64 {
    let word = u64::from_le_bytes(word);
    // What is below zero has its highest bit set; so has what is no ASCII, which is left out. With
    // the second bit flipped a quote is what a blank was, and nothing else that needs no escape is
    // as low: one difference finds both quotes and control characters.
    let quote = (word ^ (LOW * 0x02)).wrapping_sub(LOW * 0x21);
    let backslash = (word ^ (LOW * u64::from(b'\\'))).wrapping_sub(LOW);
    (quote | backslash) & !word & HIGH
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
            let is_near_end = expected >= bytes.len() / 8 * 8;
            prop_assert_eq!(unescaped_in_blocks(&bytes), (!is_near_end).then_some(expected));
            prop_assert_eq!(is_plain(&bytes), expected == bytes.len());
        }
    }
}
