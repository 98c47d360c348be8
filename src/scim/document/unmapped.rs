//! What a request holds and the mapping does not.

use std::fmt::{self, Write as _};

use super::MAX_UNMAPPED;

/// Room for the paths of nearly every request without growing.
const USUAL: usize = 384;

/// The longest path that is kept whole, in bytes; the most characters that are kept of others.
const LONGEST: usize = 200;

/// Paths that nothing is mapped to, each once and without control characters; at most
/// [`MAX_UNMAPPED`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnmappedPaths {
    /// One behind the other.
    text: String,
    /// Where each ends.
    ends: [u16; MAX_UNMAPPED],
    length: usize,
}

impl UnmappedPaths {
    /// Notes a path, which comes in pieces, if it is new and there is room.
    pub(in crate::scim) fn note(&mut self, path: &[&str]) {
        if self.length == MAX_UNMAPPED {
            return;
        }
        if self.text.capacity() == 0 {
            self.text.reserve(USUAL);
        }
        let start = self.text.len();
        path.iter().for_each(|piece| self.text.push_str(piece));
        let written = self.text.get(start..).unwrap_or_default();
        if written.len() > LONGEST || !is_printable(written) && written.contains(char::is_control) {
            let kept: String = written.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            self.text.truncate(start);
            self.text.push_str(&kept);
        }
        let new = self.text.get(start..).unwrap_or_default();
        // All of them together are far shorter.
        let end = u16::try_from(self.text.len()).unwrap_or(u16::MAX);
        if self.iter().any(|known| known == new) {
            self.text.truncate(start);
        } else if let Some(place) = self.ends.get_mut(self.length) {
            *place = end;
            self.length += 1;
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The paths, in the order in which they were sent.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().take(self.length).map(move |end| {
            let end = usize::from(*end);
            self.text.get(std::mem::replace(&mut start, end)..end).unwrap_or_default()
        })
    }
}

/// Whether nothing but ASCII's printable characters is in it: nearly always, and without an early
/// end the compiler looks at many bytes at once.
fn is_printable(text: &str) -> bool {
    text.bytes().fold(true, |is, byte| is & (b' '..=b'~').contains(&byte))
}

/// The paths with a blank between them.
impl fmt::Display for UnmappedPaths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, path) in self.iter().enumerate() {
            if at > 0 {
                f.write_char(' ')?;
            }
            f.write_str(path)?;
        }
        Ok(())
    }
}
