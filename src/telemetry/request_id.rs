//! What the log, the audit and the answer call a request by.

use std::ops::Range;

/// The longest id: eight digits, a hyphen, and sixteen more.
const LONGEST: usize = 25;

/// A request's id, as the log and the answer's `x-request-id` have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId {
    bytes: [u8; LONGEST],
    length: usize,
}

impl RequestId {
    /// The id of the request of that number, in hexadecimal digits; `prefix` tells this process's
    /// ids from those of its other runs and replicas.
    #[must_use]
    pub fn numbered(prefix: u32, number: u64) -> Self {
        let digits = number.checked_ilog2().map_or(1, |highest| highest as usize / 4 + 1);
        let length = 8 + 1 + digits;
        let mut bytes = [b'-'; LONGEST];
        let mut write = |number: u64, place: Range<usize>| {
            let room = bytes.get_mut(place).unwrap_or_default();
            for (byte, behind) in room.iter_mut().rev().zip(0..) {
                *byte = digit(number >> (4 * behind));
            }
        };
        write(prefix.into(), 0..8);
        write(number, 9..length);
        Self { bytes, length }
    }

    /// A word instead of a number, for what nobody sent; at most 25 bytes of it.
    #[must_use]
    pub fn named(word: &str) -> Self {
        let length = word.floor_char_boundary(LONGEST);
        let mut bytes = [b'-'; LONGEST];
        for (byte, from) in bytes.iter_mut().zip(word.bytes().take(length)) {
            *byte = from;
        }
        Self { bytes, length }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        // Both ways of making one write whole characters only.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The last hexadecimal digit of a number.
fn digit(number: u64) -> u8 {
    match (number & 15) as u8 {
        digit @ 0..10 => b'0' + digit,
        digit => b'a' + digit - 10,
    }
}
