//! What became of each person and of each row.

use std::collections::BTreeMap;

/// What provisioning would do with a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// Bound to a row that says the same already.
    Unchanged,
    /// Bound to a row of which fields would change.
    Change,
    /// A row would be made.
    Create,
    /// The create would bind a row that is there (`on_conflict = "adopt"`).
    Adopt,
    /// The create would bring a deleted person's row back.
    Revive,
    /// Nobody has the name, and the directory has disabled the person: it creates no such people.
    NotCreated,
    /// Several rows have what only one should have.
    Ambiguous,
    /// A row that no client sees has the name or the anchor.
    Conflict,
    /// Somebody before in the export is the same person, by name or by row.
    Duplicate,
    /// Refused.
    Refused,
}

impl Verdict {
    /// Every verdict, in the report's order, with what the report calls it.
    pub const ALL: [(Self, &'static str); 10] = [
        (Self::Unchanged, "bound, nothing would change"),
        (Self::Change, "bound, fields would change"),
        (Self::Create, "would be created"),
        (Self::Adopt, "would be bound by the create (adopt)"),
        (Self::Revive, "would come back to a deleted person's row"),
        (Self::NotCreated, "disabled in the directory and not here: would not be created"),
        (Self::Ambiguous, "ambiguous: several rows"),
        (Self::Conflict, "conflict: a row that is not shown has the name or the anchor"),
        (Self::Duplicate, "the same as somebody before in the export"),
        (Self::Refused, "would be refused"),
    ];

    /// Its name in a table or a JSON document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Change => "change",
            Self::Create => "create",
            Self::Adopt => "adopt",
            Self::Revive => "revive",
            Self::NotCreated => "not-created",
            Self::Ambiguous => "ambiguous",
            Self::Conflict => "conflict",
            Self::Duplicate => "duplicate",
            Self::Refused => "refused",
        }
    }
}

/// A value that would be written, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The field upstream.
    pub field: String,
    /// What it holds; `None` for nothing.
    pub old: Option<String>,
    /// What it would hold; `None` for nothing.
    pub new: Option<String>,
}

/// What a client would be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Why {
    /// The HTTP status.
    pub status: u16,
    /// RFC 7644 §3.12, table 9.
    pub scim_type: Option<String>,
    /// The detail, which names the SCIM path and the limit.
    pub detail: String,
}

/// What became of a person.
#[derive(Clone, Debug)]
pub struct Judged {
    /// Where they stand in the export.
    pub place: u64,
    /// Their `userName`, as it would be sent.
    pub user_name: String,
    /// What would be done.
    pub verdict: Verdict,
    /// The SCIM ids of the rows concerned; the keys of those that have none.
    pub rows: Vec<String>,
    /// The attribute that found the row.
    pub rule: Option<String>,
    /// What would be written.
    pub writes: Vec<Written>,
    /// What would be left out of the write, and what was expected.
    pub left_out: Vec<String>,
    /// Why it would be refused.
    pub why: Option<Why>,
    /// What else an operator should know.
    pub remarks: Vec<String>,
}

/// What a row is to clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shown {
    /// Clients see it.
    Living,
    /// Outside the mapping's scope, or without a name that can be printed.
    Hidden,
    /// Deleted over SCIM.
    Deleted,
}

impl Shown {
    /// Its name in a table or a JSON document.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Living => "living",
            Self::Hidden => "hidden",
            Self::Deleted => "deleted",
        }
    }
}

/// A row that nobody of the export is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOver {
    /// Its SCIM id, or its key where it has none.
    pub id: String,
    /// Its `userName`, where it can be printed.
    pub user_name: Option<String>,
    /// What it is to clients.
    pub shown: Shown,
    /// Whether the mapping forbids to write it.
    pub is_protected: bool,
    /// Whether the person is active.
    pub is_active: bool,
}

/// Everything that a rehearsal found.
#[derive(Clone, Debug, Default)]
pub struct Rehearsal {
    /// Every person, in the export's order.
    pub people: Vec<Judged>,
    /// The rows that nobody is, by key.
    pub left_over: Vec<LeftOver>,
    /// How many rows there are.
    pub rows: usize,
    /// How many searches only the living upstream could answer.
    pub asked: usize,
    /// The attributes of the export that the mapping does not store, with how many people have one.
    pub unmapped: BTreeMap<String, usize>,
}

impl Rehearsal {
    /// How many people have a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.people.iter().filter(|person| person.verdict == verdict).count()
    }

    /// The fields that would change in rows that are there, and in how many.
    #[must_use]
    pub fn changes(&self) -> BTreeMap<&str, usize> {
        let mut fields = BTreeMap::new();
        for person in self.people.iter().filter(|person| person.verdict == Verdict::Change) {
            for written in &person.writes {
                *fields.entry(written.field.as_str()).or_default() += 1;
            }
        }
        fields
    }

    /// Why people would be refused or are in conflict, and how many: status, `scimType`, detail.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<(u16, Option<&str>, &str), usize> {
        let mut refusals = BTreeMap::new();
        for why in self.people.iter().filter_map(|person| person.why.as_ref()) {
            let key = (why.status, why.scim_type.as_deref(), limit(&why.detail));
            *refusals.entry(key).or_default() += 1;
        }
        refusals
    }

    /// What would be left out of writes, and how often.
    #[must_use]
    pub fn left_out(&self) -> BTreeMap<&str, usize> {
        let mut left_out = BTreeMap::new();
        for text in self.people.iter().flat_map(|person| &person.left_out) {
            *left_out.entry(limit(text)).or_default() += 1;
        }
        left_out
    }

    /// How many left-over rows are of a kind, and how many of them are protected, and inactive.
    #[must_use]
    pub fn left(&self, shown: Shown) -> (usize, usize, usize) {
        let of_kind = || self.left_over.iter().filter(move |row| row.shown == shown);
        let protected = of_kind().filter(|row| row.is_protected).count();
        let inactive = of_kind().filter(|row| !row.is_active).count();
        (of_kind().count(), protected, inactive)
    }
}

/// `path: expected …, found …` without what was found: the same limit is one line of counts.
fn limit(text: &str) -> &str {
    text.split(", found ").next().unwrap_or(text)
}
