//! A look at a living upstream, for `check --live`: can it be reached, does it take our credential,
//! can the people be searched, does it know every field, and is what it says of itself what the
//! mapping says. Nothing is written.

mod blame;
mod declared;

use std::error::Error as _;
use std::ops::Range;
use std::time::Duration;

pub use declared::{Difference, Weight};

use super::{Provisioner, query};
use crate::mapping::predicate;
use crate::mapping::reference::Reference;
use crate::record::{Class, Entity, FieldName, Predicate};
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
    /// The upstream's description of itself cannot be had: why, in words.
    Undescribed(String),
}

impl Provisioner {
    /// Asks for one person, then for each field by itself; likewise for what references lead to.
    pub async fn probe(&self, clock: &dyn Clock) -> Vec<Seen> {
        let mut seen = Vec::new();
        let people = &self.mapping.entity;
        let facts = &people.facts;
        let population = predicate::wider(self.mapping.population(), facts);
        match self.try_search(people, population, self.deadline(clock)).await {
            Ok(()) => seen.push(Seen::Searchable),
            Err(error) if is_closed(&error) => return vec![Seen::Closed(words(&error))],
            Err(error) => seen.push(Seen::Refused(words(&error))),
        }
        self.describe(clock, &mut seen).await;
        for (index, field) in self.mapping.entity.fields.iter() {
            // What the description has not is not asked for again.
            let is_told = |seen: &Seen| matches!(seen, Seen::Differs(told) if !told.known.is_empty() && *told.name == *field.name.as_str());
            if seen.iter().any(is_told) {
                continue;
            }
            let absent = Predicate::Absent(index, true);
            if predicate::unsupported(&absent, facts).is_some() {
                continue;
            }
            match self.try_search(people, absent, self.deadline(clock)).await {
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
            Seen::Differs(told) => !told.known.is_empty(),
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
        let deadline = || self.deadline(clock);
        let refused = match self.try_search(entity, Predicate::Everything, deadline()).await {
            Err(error) if is_cut_off(&error) => return Err(error),
            searched => searched.err(),
        };
        if let Some(error) = refused {
            let name = entity.collection.to_string();
            seen.push(Seen::Elsewhere(name, reference.place.clone(), words(&error)));
            return Ok(());
        }
        for (field, place) in &reference.field_places {
            let absent = Predicate::Absent(*field, true);
            match self.try_search(entity, absent, deadline()).await {
                Err(error) if is_cut_off(&error) => return Err(error),
                Err(error) => {
                    let name = entity.fields.field(*field).map(|field| field.name.to_string());
                    let name = name.unwrap_or_default();
                    seen.push(Seen::Elsewhere(name, place.clone(), words(&error)));
                }
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Compares the mapping with what the upstream says of itself, where its dialect has such a
    /// thing.
    async fn describe(&self, clock: &dyn Clock, seen: &mut Vec<Seen>) {
        let call = self.call(Action::Describe);
        let answer = self.upstream.send(self.dialect, &call, self.deadline(clock)).await;
        let told = answer.and_then(|answer| match answer.outcome(self.dialect, &call)? {
            Outcome::Declared(declaration) => Ok(declared::compared(&self.mapping, &declaration)),
            _ => Err(upstream::Error::new(Kind::Garbled)),
        });
        match told {
            Ok(differences) => seen.extend(differences),
            Err(error) if error.kind == Kind::Unsendable => {}
            Err(error) => seen.push(Seen::Undescribed(words(&error))),
        }
    }

    async fn try_search(
        &self,
        entity: &Entity,
        predicate: Predicate<'_>,
        deadline: Duration,
    ) -> Result<(), upstream::Error> {
        let query = query(predicate, 1);
        let call = Call { entity, action: Action::Search(&query) };
        let answer = self.upstream.send(self.dialect, &call, deadline).await?;
        answer.outcome(self.dialect, &call).map(drop)
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
