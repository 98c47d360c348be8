//! The population as it was read once, and who stands where the upstream would be: it answers from
//! memory what memory knows for certain, asks the living upstream what it does not, and notes what
//! would have been written.
//!
//! What a database finds equal beyond letter case (accents, width, blanks) nobody here can know. So
//! a row is not only in a search or out of it: one that a database might take for equal is a
//! *perhaps*, and a search with such a row is asked for real. Of thousands few are.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::logic::View;
use crate::mapping::Mapping;
use crate::record::{
    Case, Class, FieldIndex, Nulls, Operator, Paging, Predicate, Query, Record, Term, UpstreamKey,
};
use crate::seam::Pending;
use crate::upstream::{Action, Answer, Call, Dialect, Error, Kind, Origin, Page, ReadOnly, Sender};
use crate::value::{Value, same_folded};

/// Whether a row meets a condition upstream. The order is that of certainty, so that `and` is the
/// least and `or` the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Truth {
    No,
    Perhaps,
    Yes,
}

impl From<bool> for Truth {
    fn from(truth: bool) -> Self {
        if truth { Self::Yes } else { Self::No }
    }
}

impl Truth {
    const fn inverted(self) -> Self {
        match self {
            Self::No => Self::Yes,
            Self::Perhaps => Self::Perhaps,
            Self::Yes => Self::No,
        }
    }
}

/// Rows by what a field of them holds, as coarsely as any database compares.
type Index = HashMap<Box<str>, Vec<usize>>;

/// Every row of the collection.
#[derive(Debug)]
pub(super) struct Population {
    collection: Box<str>,
    rows: Vec<Record<'static>>,
    keys: HashMap<UpstreamKey, usize>,
    /// By field, made when a search first asks for it.
    indexes: Vec<OnceLock<Index>>,
    nulls: Nulls,
}

impl Population {
    pub(super) fn new(mapping: &Mapping, mut rows: Vec<Record<'static>>) -> Self {
        let key = mapping.entity.key;
        rows.sort_by(|left, right| match (left.value(key), right.value(key)) {
            (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
            (left, right) => left.as_str().cmp(&right.as_str()),
        });
        let keyed = rows.iter().enumerate();
        let keys = keyed.filter_map(|(at, row)| Some((mapping.key_of(row)?, at))).collect();
        let indexes = mapping.entity.fields.iter().map(|_| OnceLock::new()).collect();
        let collection = mapping.entity.collection.clone();
        Self { collection, rows, keys, indexes, nulls: mapping.entity.facts.nulls }
    }

    pub(super) fn rows(&self) -> &[Record<'static>] {
        &self.rows
    }

    pub(super) fn row(&self, key: &UpstreamKey) -> Option<&Record<'static>> {
        self.rows.get(*self.keys.get(key)?)
    }

    /// The rows that meet a condition, by key; `None` where only the upstream itself can say.
    fn find(&self, predicate: &Predicate<'_>) -> Option<Vec<usize>> {
        let every;
        let candidates = match self.candidates(predicate.view()) {
            Some(candidates) => candidates,
            None => {
                every = (0..self.rows.len()).collect();
                every
            }
        };
        let mut found = Vec::new();
        for at in candidates {
            match self.rows.get(at).map(|row| self.truth(predicate.view(), row)) {
                Some(Truth::Yes) => found.push(at),
                Some(Truth::Perhaps) => return None,
                Some(Truth::No) | None => {}
            }
        }
        Some(found)
    }

    /// The rows that may meet a condition, in order; `None` for all of them.
    fn candidates(&self, predicate: View<'_, Term<'_>>) -> Option<Vec<usize>> {
        match predicate {
            View::Constant(false) => Some(Vec::new()),
            View::Atom(Term::Shared(shared)) => self.candidates(shared.predicate().view()),
            View::Atom(Term::Compare { field, operator: Operator::Eq, value, .. }) => {
                Some(self.index(*field)?.get(&*coarse(value)?).cloned().unwrap_or_default())
            }
            View::All(parts) => parts.filter_map(|part| self.candidates(part)).min_by_key(Vec::len),
            View::Any(parts) => {
                let each: Option<Vec<_>> = parts.map(|part| self.candidates(part)).collect();
                let mut union: Vec<usize> = each?.into_iter().flatten().collect();
                union.sort_unstable();
                union.dedup();
                Some(union)
            }
            _ => None,
        }
    }

    fn index(&self, field: FieldIndex) -> Option<&Index> {
        let index = self.indexes.get(field.position())?;
        Some(index.get_or_init(|| {
            let mut index = Index::new();
            for (at, row) in self.rows.iter().enumerate() {
                let values: BTreeSet<_> =
                    row.value(field).each().iter().filter_map(coarse).collect();
                for value in values {
                    index.entry(value).or_default().push(at);
                }
            }
            index
        }))
    }

    fn truth(&self, predicate: View<'_, Term<'_>>, row: &Record<'_>) -> Truth {
        match predicate {
            View::Constant(truth) => truth.into(),
            View::Atom(Term::Shared(shared)) => self.truth(shared.predicate().view(), row),
            View::Atom(Term::Absent(field, absent)) => {
                (row.value(*field).is_absent() == *absent).into()
            }
            View::Not(inner) => self.truth(inner.view(), row).inverted(),
            View::All(parts) => parts.map(|part| self.truth(part, row)).min().unwrap_or(Truth::Yes),
            View::Any(parts) => parts.map(|part| self.truth(part, row)).max().unwrap_or(Truth::No),
            View::Atom(Term::Compare { field, operator, value, case }) => {
                let held = row.value(*field);
                match operator {
                    Operator::Eq => equal(held, value, *case),
                    Operator::Ne if held.is_absent() => (self.nulls == Nulls::OData).into(),
                    Operator::Ne => equal(held, value, *case).inverted(),
                    // Orders and parts of texts are the database's own; no look-up asks for them.
                    _ => Truth::Perhaps,
                }
            }
        }
    }
}

fn equal(held: &Value<'_>, value: &Value<'_>, case: Case) -> Truth {
    if matches!(held, Value::List(_)) {
        // Whether one of several is enough is the dialect's to say.
        let may_be = held.each().iter().any(|one| equal(one, value, case) != Truth::No);
        return if may_be { Truth::Perhaps } else { Truth::No };
    }
    let (Value::Text(held), Value::Text(value)) = (held, value) else {
        return (!held.is_absent() && Mapping::same(held, value)).into();
    };
    if held == value || (case != Case::Exact && same_folded(held, value)) {
        Truth::Yes
    } else if coarsest(held) == coarsest(value) {
        Truth::Perhaps
    } else {
        Truth::No
    }
}

/// A value's place in an index; `None` for nothing.
fn coarse(value: &Value<'_>) -> Option<Box<str>> {
    Some(match value {
        // Of several values each has its own place.
        Value::Absent | Value::List(_) => return None,
        Value::Integer(number) => number.to_string().into(),
        Value::Boolean(truth) => truth.to_string().into(),
        Value::Text(text) => coarsest(text).into(),
        // Several spellings are one decimal or dateTime; there are few rows in one place then.
        Value::Decimal(_) | Value::DateTime(_) => "".into(),
    })
}

/// A text as the coarsest database compares it: without case, accents, width, blanks around it and
/// signs that are not seen.
pub(super) fn coarsest(text: &str) -> String {
    let mut coarse = String::with_capacity(text.len());
    let seen = |c: &char| {
        !is_combining_mark(*c)
            && !c.is_control()
            && !matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
    };
    for sign in text.nfkd().filter(seen).flat_map(char::to_lowercase) {
        match sign {
            'ß' => coarse.push_str("ss"),
            'æ' => coarse.push_str("ae"),
            'œ' => coarse.push_str("oe"),
            'þ' => coarse.push_str("th"),
            'ø' => coarse.push('o'),
            'ł' => coarse.push('l'),
            'đ' | 'ð' => coarse.push('d'),
            'ħ' => coarse.push('h'),
            'ı' => coarse.push('i'),
            // A dotted capital leaves its dot behind.
            sign if is_combining_mark(sign) => {}
            sign => coarse.push(sign),
        }
    }
    coarse.trim().to_owned()
}

/// A write that was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Withheld {
    /// A new row.
    Create,
    /// A change of that row.
    Update(UpstreamKey),
    /// The row's end.
    Delete,
}

/// What a stand-in noted since it was asked the last time.
#[derive(Clone, Debug, Default)]
pub(super) struct Noted {
    /// The first write that was not done.
    pub(super) withheld: Option<Withheld>,
    /// The rows that searches found: who has a name and who has an anchor may be two of them.
    pub(super) found: Vec<UpstreamKey>,
    /// Why the living upstream did not answer.
    pub(super) failure: Option<Kind>,
}

/// The stand-in.
#[derive(Debug)]
pub(super) struct StandIn {
    population: Arc<Population>,
    live: ReadOnly,
    asked: AtomicUsize,
    noted: Mutex<Noted>,
}

impl StandIn {
    pub(super) fn new(population: Arc<Population>, live: ReadOnly) -> Self {
        Self { population, live, asked: AtomicUsize::new(0), noted: Mutex::default() }
    }

    /// How many searches only the living upstream could answer.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self) -> Noted {
        std::mem::take(&mut *self.noted.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, change: impl FnOnce(&mut Noted)) {
        change(&mut self.noted.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn withhold(&self, write: Withheld) -> Error {
        self.note(|noted| {
            noted.withheld.get_or_insert(write);
        });
        Error::new(Kind::Unsendable)
    }

    async fn answer(
        &self,
        dialect: &dyn Dialect,
        call: &Call<'_>,
        deadline: Duration,
    ) -> Result<Answer, Error> {
        match call.action {
            Action::Create(_) => Err(self.withhold(Withheld::Create)),
            Action::Update { key, .. } => Err(self.withhold(Withheld::Update(key.clone()))),
            Action::Delete { .. } => Err(self.withhold(Withheld::Delete)),
            // What references lead to was not read: it is asked for, and remembered as in serving.
            action if !self.is_of_people(call) => {
                let answer = self.live.send(dialect, call, deadline).await;
                let is_dangling = |error: &&Error| {
                    let is_read = matches!(action, Action::Read { .. });
                    is_read && error.kind == Kind::Refused(Class::Missing)
                };
                self.note_failure(answer.as_ref().err().filter(|error| !is_dangling(error)));
                answer
            }
            Action::Read { key } => match self.population.row(key) {
                Some(row) => {
                    let page = Page { records: vec![row.clone()], total: Some(1), next: None };
                    Ok(Answer::of_rows(page, self.origin().clone()))
                }
                None => Err(Error::new(Kind::Refused(Class::Missing))),
            },
            Action::Search(query) => {
                // What cannot be asked in the upstream's language is refused as it would be there.
                let known = match dialect.write(call, self.origin()) {
                    Ok(_) => self.population.find(&query.predicate),
                    Err(_) => None,
                };
                match known {
                    Some(found) => Ok(self.page(call, query, &found)),
                    None => self.ask(dialect, call, deadline).await,
                }
            }
            Action::Follow { .. } | Action::Describe => self.ask(dialect, call, deadline).await,
        }
    }

    fn page(&self, call: &Call<'_>, query: &Query<'_>, found: &[usize]) -> Answer {
        let top = match call.entity.facts.paging {
            Paging::Whole { .. } | Paging::Links => usize::MAX,
            Paging::Upstream | Paging::Pages { .. } => {
                usize::try_from(query.top).unwrap_or(usize::MAX)
            }
        };
        let skip = usize::try_from(query.skip).unwrap_or(usize::MAX);
        let rows = found.iter().filter_map(|at| self.population.rows.get(*at));
        let records: Vec<_> = rows.skip(skip).take(top).cloned().collect();
        self.found(call, &records);
        let page = Page { records, total: Some(found.len() as u64), next: None };
        Answer::of_rows(page, self.origin().clone())
    }

    fn found(&self, call: &Call<'_>, records: &[Record<'_>]) {
        let key = |row: &Record<'_>| UpstreamKey::from_value(row.value(call.entity.key));
        self.note(|noted| {
            for key in records.iter().filter_map(key) {
                if !noted.found.contains(&key) {
                    noted.found.push(key);
                }
            }
        });
    }

    async fn ask(
        &self,
        dialect: &dyn Dialect,
        call: &Call<'_>,
        deadline: Duration,
    ) -> Result<Answer, Error> {
        let answer = self.live.send(dialect, call, deadline).await;
        match &answer {
            Ok(answer) => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                if let Ok(crate::upstream::Outcome::Rows(page)) = answer.outcome(dialect, call) {
                    self.found(call, &page.records);
                }
            }
            Err(error) => self.note_failure(Some(error)),
        }
        answer
    }

    fn is_of_people(&self, call: &Call<'_>) -> bool {
        call.entity.collection == self.population.collection
    }

    /// A value that cannot be asked for is the person's; all else is the upstream's.
    fn note_failure(&self, error: Option<&Error>) {
        let is_values =
            |error: &&Error| matches!(error.kind, Kind::Inexpressible | Kind::Unsendable);
        if let Some(error) = error.filter(|error| !is_values(error)) {
            self.note(|noted| noted.failure = Some(error.kind));
        }
    }
}

impl Sender for StandIn {
    fn send<'a>(
        &'a self,
        dialect: &'a dyn Dialect,
        call: &'a Call<'a>,
        deadline: Duration,
    ) -> Pending<'a, Result<Answer, Error>> {
        Box::pin(self.answer(dialect, call, deadline))
    }

    fn origin(&self) -> &Origin {
        self.live.origin()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarsest_comparison_folds_what_any_database_may() {
        for (left, right) in [
            ("José", "jose"),
            ("ＡＮＡ", "ana"),
            ("straße", "STRASSE"),
            ("ana ", "ana"),
            ("İpek", "ipek"),
            ("Łukasz", "lukasz"),
            ("a\u{200b}na", "ana"),
        ] {
            assert_eq!(coarsest(left), coarsest(right), "{left} {right}");
        }
        assert_ne!(coarsest("王芳"), coarsest("王方"));
        assert_ne!(coarsest("o'hara"), coarsest("ohara"));
    }

    #[test]
    fn only_a_row_that_a_database_may_find_equal_is_in_doubt() {
        let text = |text: &'static str| Value::text(text);
        let case = Case::Insensitive;
        assert_eq!(equal(&text("ANA"), &text("ana"), case), Truth::Yes);
        assert_eq!(equal(&text("ANA"), &text("ana"), Case::Exact), Truth::Perhaps);
        assert_eq!(equal(&text("aná"), &text("ana"), case), Truth::Perhaps);
        assert_eq!(equal(&text("eva"), &text("ana"), case), Truth::No);
        assert_eq!(equal(&Value::Absent, &text("ana"), case), Truth::No);
        assert_eq!(equal(&Value::Integer(7), &Value::Integer(7), case), Truth::Yes);
        assert_eq!(Truth::Perhaps.inverted(), Truth::Perhaps);
    }
}
