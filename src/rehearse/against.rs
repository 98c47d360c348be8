//! What an edit of a mapping does: the same people and rows under the old file and under the new
//! one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Stage;
use super::client::{id_of, shown};
use super::outcome::Judged;
use crate::mapping::Mapping;
use crate::mapping::policy::Standing;
use crate::record::{Record, UpstreamKey};

/// What is compared beside attributes and fields; no path and no field has blanks.
const STANDING: &str = "standing of the row";
const VERDICT: &str = "what would be done";
const BOUND: &str = "rows concerned";

/// Something that is otherwise under the new mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where the person stands in the export; `None` for a row.
    pub place: Option<u64>,
    /// The person's `userName`, or the row's SCIM id.
    pub who: String,
    /// A row's attribute as it is printed, a person's field as it would be stored, or one of the
    /// few other things that are compared.
    pub what: String,
    /// Under the old mapping; `None` for nothing.
    pub old: Option<String>,
    /// Under the new one; `None` for nothing.
    pub new: Option<String>,
}

/// Everything that is otherwise: rows first, by key, then people.
#[must_use]
pub fn differences(old: &Stage, new: &Stage) -> Vec<Difference> {
    let mut told = Vec::new();
    let rows = |stage: &Stage| -> BTreeMap<Order, BTreeMap<String, Option<String>>> {
        let mapping = stage.mapping();
        let rows = stage.population.rows().iter();
        rows.filter_map(|row| Some((Order::of(mapping, row)?, printed(mapping, row)))).collect()
    };
    let (before, after) = (rows(old), rows(new));
    let nothing = BTreeMap::new();
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (before.get(key).unwrap_or(&nothing), after.get(key).unwrap_or(&nothing));
        compare(was, is, &mut told, |what| (None, key.1.clone(), what));
    }
    let (was, is) = (Kept::of(old), Kept::of(new));
    for (before, after) in old.rehearsal.people.iter().zip(&new.rehearsal.people) {
        let fields = |one: &Judged| one.writes.iter().map(|write| write.field.clone()).collect();
        let concerned: BTreeSet<String> =
            [fields(before), fields(after)].into_iter().flat_map(|f: Vec<String>| f).collect();
        let (was, is) = (was.stored(before, &concerned), is.stored(after, &concerned));
        let who = after.user_name.clone();
        compare(&was, &is, &mut told, |what| (Some(after.place), who.clone(), what));
    }
    told
}

/// Keys in their order, whole numbers as numbers; with the text of it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Order(Option<i64>, String);

impl Order {
    fn of(mapping: &Mapping, row: &Record<'_>) -> Option<Self> {
        let key = mapping.key_of(row)?;
        let number = match &key {
            UpstreamKey::Integer(number) => Some(*number),
            UpstreamKey::Text(_) => None,
        };
        Some(Self(number, key.to_string()))
    }
}

fn compare(
    was: &BTreeMap<String, Option<String>>,
    is: &BTreeMap<String, Option<String>>,
    told: &mut Vec<Difference>,
    of: impl Fn(String) -> (Option<u64>, String, String),
) {
    for what in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
        let (old, new) = (was.get(what).cloned().flatten(), is.get(what).cloned().flatten());
        if old != new {
            let (place, who, what) = of(what.clone());
            told.push(Difference { place, who, what, old, new });
        }
    }
}

/// What clients see of a row.
fn printed(mapping: &Mapping, row: &Record<'_>) -> BTreeMap<String, Option<String>> {
    let standing = match mapping.standing(row) {
        Standing::Living => "living",
        Standing::Hidden => "hidden",
        Standing::Deleted => "deleted",
    };
    let protected = if mapping.is_protected(row) { ", protected" } else { "" };
    let document = mapping.outward(row);
    let mut printed: BTreeMap<_, _> = mapping
        .rules
        .iter()
        .map(|rule| (rule.path.to_string(), shown(document.value(rule.slot))))
        .collect();
    printed.insert("id".to_owned(), mapping.id_of(row));
    printed.insert(STANDING.to_owned(), Some(format!("{standing}{protected}")));
    printed
}

/// What one mapping keeps of people.
struct Kept<'s> {
    mapping: &'s Mapping,
    rows: HashMap<String, &'s Record<'static>>,
}

impl<'s> Kept<'s> {
    fn of(stage: &'s Stage) -> Self {
        let mapping = stage.mapping();
        let rows = stage.population.rows().iter();
        let rows = rows.filter_map(|row| Some((id_of(mapping, row)?, row))).collect();
        Self { mapping, rows }
    }

    /// What would be stored of a person in these fields, and what is done with them.
    fn stored(&self, one: &Judged, fields: &BTreeSet<String>) -> BTreeMap<String, Option<String>> {
        let row = one.rows.first().and_then(|id| self.rows.get(id));
        let mut stored = BTreeMap::new();
        for name in fields {
            let written = one.writes.iter().find(|write| write.field == *name);
            let value = match written {
                Some(write) => write.new.clone(),
                None => {
                    let index = self.mapping.entity.fields.index_of(name);
                    index.and_then(|index| shown(row?.value(index)))
                }
            };
            stored.insert(name.clone(), value);
        }
        stored.insert(VERDICT.to_owned(), Some(one.verdict.name().to_owned()));
        let rows = (!one.rows.is_empty()).then(|| one.rows.join(" "));
        stored.insert(BOUND.to_owned(), rows);
        stored
    }
}
