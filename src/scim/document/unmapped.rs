//! What a request holds and the mapping does not.

use std::fmt::{self, Write as _};

use super::MAX_UNMAPPED;

/// Room for the paths of nearly every request without growing.
const USUAL: usize = 384;

/// The longest path that is kept whole, in bytes.
const LONGEST: usize = 200;

/// Paths that nothing is mapped to, each once and without control characters; at most
/// [`MAX_UNMAPPED`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnmappedPaths {
    /// One a line.
    lines: String,
    length: usize,
}

impl UnmappedPaths {
    /// Notes a path, which comes in pieces, if it is new and there is room.
    pub(in crate::scim) fn note(&mut self, path: &[&str]) {
        if self.length == MAX_UNMAPPED {
            return;
        }
        if self.lines.capacity() == 0 {
            self.lines.reserve(USUAL);
        }
        let start = self.lines.len();
        path.iter().for_each(|piece| self.lines.push_str(piece));
        let written = self.lines.get(start..).unwrap_or_default();
        if written.len() > LONGEST || !is_printable(written) && written.contains(char::is_control) {
            let kept: String = written.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            self.lines.truncate(start);
            self.lines.push_str(&kept);
        }
        let (known, new) = self.lines.split_at(start);
        let mut lines = known.strip_suffix('\n').into_iter().flat_map(|lines| {
            // A byte needs no search for a pattern.
            lines.as_bytes().split(|byte| *byte == b'\n')
        });
        if lines.any(|line| line == new.as_bytes()) {
            self.lines.truncate(start);
        } else {
            self.lines.push('\n');
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
        self.lines.lines()
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
