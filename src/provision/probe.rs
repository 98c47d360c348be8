//! A look at a living upstream, for `check --live`: can it be reached, does it take our credential,
//! can the people be searched, does it know every field, and is what it says of itself, or what its
//! rows show, what the mapping says. Nothing is written.

mod blame;
mod declared;
mod sampled;

use std::error::Error as _;
use std::ops::Range;

pub use declared::{Difference, Weight};

use super::Provisioner;
use crate::mapping::predicate;
use crate::mapping::reference::Reference;
use crate::record::{
    Class, Declaration, Entity, FieldName, Paging, Predicate, Query, Sample, Shown,
};
use crate::seam::Clock;
use crate::upstream::{self, Action, Call, Kind, Outcome};

/// What was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// The people can be searched.
    Searchable,
    /// Nothing can be said about the mapping, because the upstream cannot be asked: why, in words.
    Closed(String),
    /// The upstream does not search the people as the mapping says: why, in words.
    Refused(String),
    /// The upstream does not know a field, or not with this type: which one, and why.
    Unknown(FieldName, String),
    /// The upstream does not search what a reference leads to: the name, where it stands in the
    /// mapping file, and why.
    Elsewhere(String, Range<usize>, String),
    /// The upstream says of itself what the mapping does not say.
    Differs(Difference),
    /// It does so of what a reference leads to, which stands there in the mapping file.
    DiffersElsewhere(Range<usize>, Difference),
    /// There is nothing that types could be compared with: why, in words.
    Undescribed(String),
}

/// How many rows are looked at, unless the upstream gives more at once.
const ROWS: u32 = 20;

/// A search that was tried.
struct Tried {
    searched: Result<(), upstream::Error>,
    /// What its rows show, also where the mapping cannot read them.
    sample: Option<Sample>,
}

impl Provisioner {
    /// Asks for one person, then for each field by itself; likewise for what references lead to.
    pub async fn probe(&self, clock: &dyn Clock) -> Vec<Seen> {
        let mut seen = Vec::new();
        let people = &self.mapping.entity;
        let facts = &people.facts;
        let population = predicate::wider(&self.mapping.population(), facts);
        let Tried { searched, sample } = self.sample(people, population, clock).await;
        match searched {
            Ok(()) => seen.push(Seen::Searchable),
            Err(error) if is_closed(&error) => return vec![Seen::Closed(words(&error))],
            // What could not be read is told field by field.
            Err(_) if sample.as_ref().is_some_and(|sample| sampled::misfits(people, sample)) => {}
            Err(error) => seen.push(Seen::Refused(words(&error))),
        }
        if let Some(why) = self.describe(clock, &mut seen).await {
            match sample.filter(|sample| sample.rows > 0) {
                Some(sample) => seen.extend(sampled::compared(&self.mapping, &sample)),
                None => seen.push(Seen::Undescribed(why)),
            }
        }
        for (index, field) in self.mapping.entity.fields.iter() {
            // What the description has not is not asked for again.
            let is_told = |seen: &Seen| matches!(seen, Seen::Differs(told) if told.is_unknown && *told.name == *field.name.as_str());
            if seen.iter().any(is_told) {
                continue;
            }
            let absent = Predicate::absent(index, true);
            if predicate::unsupported(&absent, facts).is_some() {
                continue;
            }
            match self.try_search(people, absent, clock).await {
                Ok(()) => {}
                Err(error) if is_closed(&error) => {
                    seen.push(Seen::Closed(words(&error)));
                    return seen;
                }
                Err(error) => seen.push(Seen::Unknown(field.name.clone(), words(&error))),
            }
        }
        // One unknown field is why the whole search was refused: it is told once.
        let is_why = |seen: &Seen| match seen {
            Seen::Unknown(..) => true,
            Seen::Differs(told) => told.is_unknown && told.weight == Weight::Mistake,
            _ => false,
        };
        if seen.iter().any(is_why) {
            seen.retain(|seen| !matches!(seen, Seen::Refused(_)));
        }
        blame::of_the_search(&self.mapping, &mut seen);
        for (_, _, reference) in self.mapping.references() {
            if let Err(error) = self.probe_reference(reference, clock, &mut seen).await {
                seen.push(Seen::Closed(words(&error)));
                return seen;
            }
        }
        seen
    }

    /// Asks for a row that a reference may lead to, then for each of its fields.
    async fn probe_reference(
        &self,
        reference: &Reference,
        clock: &dyn Clock,
        seen: &mut Vec<Seen>,
    ) -> Result<(), upstream::Error> {
        let entity = &reference.entity;
        // What the upstream says of the people is told where they are looked at, also that it says
        // nothing.
        let declaration = self.declaration(entity, clock).await.ok();
        let differences = declaration
            .map(|declaration| declared::compared_with_reference(reference, &declaration))
            .unwrap_or_default();
        let differing: Vec<String> =
            differences.iter().map(|(_, told)| told.name.clone()).collect();
        seen.extend(differences.into_iter().map(|(at, told)| Seen::DiffersElsewhere(at, told)));
        if differing.iter().any(|name| **name == *entity.collection) {
            return Ok(());
        }
        let Tried { searched, sample } = self.sample(entity, Predicate::TRUE, clock).await;
        let shown = sample.filter(|sample| sample.rows > 0);
        match searched {
            Err(error) if is_cut_off(&error) => return Err(error),
            Err(_) if shown.as_ref().is_some_and(|shown| sampled::misfits(entity, shown)) => {}
            // The fields that are not there are why.
            Err(_) if !differing.is_empty() => return Ok(()),
            Err(error) => {
                let name = entity.collection.to_string();
                seen.push(Seen::Elsewhere(name, reference.place.clone(), words(&error)));
                return Ok(());
            }
            Ok(()) => {}
        }
        for (index, place) in &reference.field_places {
            let Some(field) = entity.fields.field(*index) else { continue };
            if differing.iter().any(|name| **name == *field.name.as_str()) {
                continue;
            }
            let absent = Predicate::absent(*index, true);
            let why = match shown.as_ref().map(|shown| shown.shown(*index)) {
                Some(Shown::Unseen) => Some("no row there has it".to_owned()),
                Some(Shown::Foreign(what)) => Some(sampled::foreign(field, what)),
                _ if predicate::unsupported(&absent, &entity.facts).is_some() => None,
                _ => match self.try_search(entity, absent, clock).await {
                    Err(error) if is_cut_off(&error) => return Err(error),
                    tried => tried.err().map(|error| words(&error)),
                },
            };
            if let Some(why) = why {
                seen.push(Seen::Elsewhere(field.name.to_string(), place.clone(), why));
            }
        }
        Ok(())
    }

    /// Compares the mapping with what the upstream says of itself; why it cannot, where its dialect
    /// has no such thing or it cannot be had.
    async fn describe(&self, clock: &dyn Clock, seen: &mut Vec<Seen>) -> Option<String> {
        let told = self.declaration(&self.mapping.entity, clock).await;
        match told.map(|declaration| declared::compared(&self.mapping, &declaration)) {
            Ok(differences) => {
                seen.extend(differences);
                None
            }
            Err(error) if error.kind == Kind::Unsendable => {
                Some("the upstream does not describe itself, and has no row to look at".to_owned())
            }
            Err(error) => {
                let why = words(&error);
                Some(format!("the upstream's description of itself cannot be had: {why}"))
            }
        }
    }

    /// What the upstream says of a collection.
    async fn declaration(
        &self,
        entity: &Entity,
        clock: &dyn Clock,
    ) -> Result<Declaration, upstream::Error> {
        let call = Call { entity, action: Action::Describe };
        let answer = self.upstream.send(self.dialect, &call, self.deadline(clock)).await?;
        match answer.outcome(self.dialect, &call)? {
            Outcome::Declared(declaration) => Ok(declaration),
            _ => Err(upstream::Error::new(Kind::Garbled)),
        }
    }

    async fn try_search(
        &self,
        entity: &Entity,
        predicate: Predicate<'_>,
        clock: &dyn Clock,
    ) -> Result<(), upstream::Error> {
        self.look(entity, predicate, 1, clock).await.searched
    }

    /// Searches a few rows.
    async fn sample(&self, entity: &Entity, predicate: Predicate<'_>, clock: &dyn Clock) -> Tried {
        let top = match entity.facts.paging {
            Paging::Pages { fixed: true } => entity.facts.page,
            _ => entity.facts.page.min(ROWS),
        };
        self.look(entity, predicate, top, clock).await
    }

    async fn look(
        &self,
        entity: &Entity,
        predicate: Predicate<'_>,
        top: u32,
        clock: &dyn Clock,
    ) -> Tried {
        let query = Query { predicate, order: Vec::new(), skip: 0, top, count: false };
        let call = Call { entity, action: Action::Search(&query) };
        match self.upstream.send(self.dialect, &call, self.deadline(clock)).await {
            Ok(answer) => Tried {
                searched: answer.outcome(self.dialect, &call).map(drop),
                sample: self.dialect.sample(&call, &answer.headers, &answer.body),
            },
            Err(error) => Tried { searched: Err(error), sample: None },
        }
    }
}

/// Whether an error says nothing about the mapping.
fn is_closed(error: &upstream::Error) -> bool {
    is_cut_off(error) || error.kind == Kind::Refused(Class::Unavailable)
}

/// Whether an error says nothing about a collection, of an upstream that has just answered a
/// search: some answer 500 for a name that they do not know.
fn is_cut_off(error: &upstream::Error) -> bool {
    matches!(
        error.kind,
        Kind::Unreachable
            | Kind::TimedOut { .. }
            | Kind::Lost { .. }
            | Kind::Refused(Class::Credential)
    )
}

/// The whole chain, for the operator in front of the terminal.
fn words(error: &upstream::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words.push_str(": ");
        words.push_str(&inner.to_string());
        cause = inner.source();
    }
    words
}
