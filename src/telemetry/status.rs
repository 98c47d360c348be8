//! The statuses of answers, as labels.

use super::Label;

/// A status that the sidecar answers with, or what there is instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(usize);

/// Every status that `api/respond.rs` knows, and its word.
const CODES: [(u16, &str); 18] = [
    (200, "200"),
    (201, "201"),
    (204, "204"),
    (304, "304"),
    (400, "400"),
    (401, "401"),
    (403, "403"),
    (404, "404"),
    (405, "405"),
    (409, "409"),
    (412, "412"),
    (413, "413"),
    (415, "415"),
    (429, "429"),
    (500, "500"),
    (501, "501"),
    (502, "502"),
    (503, "503"),
];

impl Status {
    /// A status that is not in the list, so that a new one is counted before it has a word.
    pub const OTHER: Self = Self(CODES.len());
    /// The client went away before there was an answer.
    pub const ABANDONED: Self = Self(CODES.len() + 1);

    /// The label of a status; without one, of a request that was abandoned.
    #[must_use]
    pub fn of(status: Option<u16>) -> Self {
        let Some(status) = status else { return Self::ABANDONED };
        CODES.iter().position(|(code, _)| *code == status).map_or(Self::OTHER, Self)
    }
}

impl Label for Status {
    const ALL: &'static [Self] = &{
        let mut all = [Self(0); CODES.len() + 2];
        let mut place = 0;
        while place < all.len() {
            all[place] = Self(place);
            place += 1;
        }
        all
    };

    fn name(self) -> &'static str {
        match CODES.get(self.0) {
            Some((_, word)) => word,
            None if self == Self::ABANDONED => "abandoned",
            None => "other",
        }
    }

    fn place(self) -> usize {
        self.0
    }
}
