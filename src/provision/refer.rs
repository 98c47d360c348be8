//! References to other collections: keys in rows get their meanings, values in wishes and filters
//! their keys. What is remembered costs no call, the rest one for each reference.

mod rows;

use std::collections::HashMap;
use std::sync::Arc;

use super::{Asker, Failure, Provisioner};
use crate::lookup::{Miss, Referred};
use crate::mapping::reference::{Keys, Reference, Wanted};
use crate::mapping::rule::Rule;
use crate::record::{FieldIndex, Record, UpstreamKey};
use crate::scim::{Filter, ScimError, ScimType, SlotSet};
use crate::value::Value;

/// The most rows of one value that are heeded: those of a filter are all asked for.
const NAMESAKES: u32 = 20;

/// What keys stand for.
type Meanings = HashMap<UpstreamKey, Value<'static>>;

impl Provisioner {
    /// Says what the keys in these rows stand for, of the attributes that are wanted. A key that
    /// no row has says nothing: it is told and counted.
    pub(super) async fn look_up_meanings(
        &self,
        asker: Asker<'_>,
        rows: &mut [Record<'_>],
        wanted: SlotSet,
    ) -> Result<(), Failure> {
        for (rule, field, reference) in self.mapping.references() {
            if wanted.contains(rule.slot) {
                // In a box: most mappings have no reference, and every request of theirs would
                // keep room for it.
                Box::pin(self.look_up_meaning(asker, rows, rule, field, reference)).await?;
            }
        }
        Ok(())
    }

    /// The same of one attribute.
    async fn look_up_meaning(
        &self,
        asker: Asker<'_>,
        rows: &mut [Record<'_>],
        rule: &Rule,
        field: FieldIndex,
        reference: &Reference,
    ) -> Result<(), Failure> {
        let number = rule.slot.position();
        let (mut meanings, mut missing) = (Meanings::new(), Vec::new());
        for row in rows.iter() {
            let Some(key) = UpstreamKey::from_value(row.value(field)) else { continue };
            let expanded = reference.expanded.map(|expanded| row.value(expanded));
            if let Some(value) = expanded.filter(|value| !value.is_absent()) {
                // What the row itself carries is newer than what anybody remembers.
                let value = value.clone().into_owned();
                self.lookup.remember_value(number, key.clone(), value.clone()).await;
                meanings.insert(key, value);
                continue;
            }
            if meanings.contains_key(&key) || missing.contains(&key) {
                continue;
            }
            match self.lookup.known_value(number, &key).await {
                Some(value) => drop(meanings.insert(key, value)),
                None => missing.push(key),
            }
        }
        self.search_values(asker, number, reference, missing, &mut meanings).await?;
        let mut dangling = 0_u32;
        for row in rows.iter_mut() {
            let Some(key) = UpstreamKey::from_value(row.value(field)) else { continue };
            match meanings.get(&key) {
                Some(value) => row.mean(field, value.clone()),
                None => dangling += 1,
            }
        }
        if dangling > 0 {
            self.tally.dangle(dangling);
            tracing::warn!(
                project = &*self.project,
                caller = asker.caller,
                request_id = asker.trail.id(),
                attribute = &*rule.path,
                dangling,
                "a key leads to no row, and its attribute is not shown"
            );
        }
        Ok(())
    }

    /// Searches the meanings that nobody remembers, all at once; whoever asks for the same at the
    /// same time waits for the answer.
    async fn search_values(
        &self,
        asker: Asker<'_>,
        number: usize,
        reference: &Reference,
        mut missing: Vec<UpstreamKey>,
        meanings: &mut Meanings,
    ) -> Result<(), Failure> {
        while let Some(first) = missing.first().cloned() {
            let mut answered = None;
            let search = Box::pin(async {
                let found = self.values(asker, reference, &missing).await?;
                let value = found.get(&first).cloned();
                answered = Some(found);
                Ok(value)
            });
            let found = self.lookup.find_value(number, first.clone(), search).await;
            if let Some(found) = answered {
                for (key, value) in &found {
                    self.lookup.remember_value(number, key.clone(), value.clone()).await;
                }
                meanings.extend(found);
                return Ok(());
            }
            match found {
                Ok(value) => drop(meanings.insert(first.clone(), value)),
                Err(Miss::Absent) => {}
                Err(Miss::Failed(failure)) => return Err(Failure::Shared(failure)),
            }
            // Somebody else has just asked, perhaps for the others as well.
            let mut left = Vec::new();
            for key in missing.into_iter().filter(|key| *key != first) {
                match self.lookup.known_value(number, &key).await {
                    Some(value) => drop(meanings.insert(key, value)),
                    None => left.push(key),
                }
            }
            missing = left;
        }
        Ok(())
    }

    async fn values(
        &self,
        asker: Asker<'_>,
        reference: &Reference,
        keys: &[UpstreamKey],
    ) -> Result<Meanings, Failure> {
        let rows = self.rows_by_keys(asker, reference, keys).await;
        let rows = rows.map_err(|error| Failure::LookUp(Box::new(error)))?;
        Ok(rows.iter().filter_map(|row| reference.pair(row)).collect())
    }

    /// The keys of the values that a filter asks for.
    pub(super) async fn keys_of_filter(
        &self,
        asker: Asker<'_>,
        filter: &Filter<'_>,
    ) -> Result<Keys, Failure> {
        let wanted = self.mapping.wanted_by(filter);
        for wanted in &wanted {
            if Box::pin(self.keys_of(asker, wanted)).await?.len() > NAMESAKES as usize {
                let path = &self.mapping.resource.slot(wanted.slot).path;
                return Err(ScimError::new(
                    ScimType::InvalidFilter,
                    format!("`{path}`: too many rows have this value"),
                )
                .into());
            }
        }
        self.keys(asker, &wanted).await
    }

    /// The keys of values that a write needs.
    pub(super) async fn keys(
        &self,
        asker: Asker<'_>,
        wanted: &[Wanted<'_>],
    ) -> Result<Keys, Failure> {
        let mut keys = Keys::default();
        for wanted in wanted {
            let found = Box::pin(self.keys_of(asker, wanted)).await?;
            keys.put(wanted.slot, wanted.value.clone(), found.to_vec());
        }
        Ok(keys)
    }

    async fn keys_of(
        &self,
        asker: Asker<'_>,
        wanted: &Wanted<'_>,
    ) -> Result<Arc<[UpstreamKey]>, Failure> {
        let Wanted { reference, stored, exact, .. } = wanted;
        let number = wanted.slot.position();
        let search = Box::pin(async {
            let mut keys: Vec<UpstreamKey> = Vec::new();
            let rows = self.rows_with(asker, reference, stored, *exact).await;
            for row in rows.map_err(|error| Failure::LookUp(Box::new(error)))? {
                if let Some((key, value)) = reference.pair(&row)
                    && Reference::is_same(&value, stored, *exact)
                    && !keys.contains(&key)
                {
                    self.lookup.remember_value(number, key.clone(), value).await;
                    keys.push(key);
                }
            }
            Ok((!keys.is_empty()).then(|| keys.into()))
        });
        let referred = Referred::new(number, stored, *exact);
        match self.lookup.find_keys(referred, search).await {
            Ok(keys) => Ok(keys),
            Err(Miss::Absent) => Ok(Arc::new([])),
            Err(Miss::Failed(failure)) => Err(Failure::Shared(failure)),
        }
    }

    /// Forgets the keys of values, after the upstream did not take one of them.
    pub(super) async fn distrust(&self, wanted: &[Wanted<'_>], keys: &Keys) {
        for wanted in wanted {
            let number = wanted.slot.position();
            let referred = Referred::new(number, &wanted.stored, wanted.exact);
            self.lookup.forget_keys(&referred).await;
            for key in keys.of(wanted.slot, &wanted.value).unwrap_or_default() {
                self.lookup.forget_value(number, key).await;
            }
        }
    }
}
