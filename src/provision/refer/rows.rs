//! Rows of other collections: those with a value, those with some keys, or all of them where the
//! upstream cannot be asked for less.

use super::NAMESAKES;
use crate::mapping::reference::Reference;
use crate::provision::{Asker, Provisioner};
use crate::record::{
    Class, Direction, Entity, Operator, Paging, Predicate, Query, Record, UpstreamKey,
};
use crate::upstream::{self, Action, Call, Kind, Outcome};
use crate::value::Value;

impl Provisioner {
    /// The rows that the upstream finds for a value. Where it cannot search the collection, or the
    /// dialect cannot safely write the value into a search, all rows are read, as far as the
    /// mapping allows it.
    pub(super) async fn rows_with(
        &self,
        asker: Asker<'_>,
        reference: &Reference,
        value: &Value<'_>,
        exact: bool,
    ) -> Result<Vec<Record<'static>>, upstream::Error> {
        let entity = &reference.entity;
        if !entity.facts.operators.contains(Operator::Eq) {
            return self.every_row(asker, entity).await;
        }
        let predicate = reference.having(value, exact);
        match self.some_rows(asker, entity, predicate, NAMESAKES + 1).await {
            Err(error) if error.kind == Kind::Inexpressible => match most(entity) {
                Some(_) => self.every_row(asker, entity).await,
                // What cannot be asked for is no row's value.
                None => Ok(Vec::new()),
            },
            found => found,
        }
    }

    /// The rows that have one of these keys; others may be among them.
    pub(super) async fn rows_by_keys(
        &self,
        asker: Asker<'_>,
        reference: &Reference,
        keys: &[UpstreamKey],
    ) -> Result<Vec<Record<'static>>, upstream::Error> {
        let entity = &reference.entity;
        let operators = entity.facts.operators;
        let is_searched = operators.contains(Operator::Eq);
        let mut rows = Vec::new();
        if is_searched && operators.contains(Operator::Or) && !reference.reads {
            for some in keys.chunks(reference.at_once()) {
                let most = u32::try_from(some.len()).unwrap_or(u32::MAX);
                let predicate = reference.with_keys(some);
                rows.extend(self.some_rows(asker, entity, predicate, most).await?);
            }
            return Ok(rows);
        }
        if !is_searched && !reference.reads {
            return self.every_row(asker, entity).await;
        }
        if keys.len() > 1 {
            // One page of a small collection often holds them all.
            let top = match entity.facts.paging {
                Paging::Whole { most } => most.saturating_add(1),
                _ => entity.facts.page,
            };
            rows = self.some_rows(asker, entity, Predicate::TRUE, top).await?;
            if u32::try_from(rows.len()).is_ok_and(|found| found < top) {
                return Ok(rows);
            }
        }
        let is_read = |row: &Record<'_>, key: &UpstreamKey| {
            UpstreamKey::from_value(row.value(entity.key)).as_ref() == Some(key)
        };
        let first = rows.len();
        for key in keys {
            if rows.iter().take(first).any(|row| is_read(row, key)) {
                continue;
            }
            rows.extend(if reference.reads {
                self.row_of(asker, entity, key).await?
            } else {
                let predicate = reference.with_keys(std::slice::from_ref(key));
                self.some_rows(asker, entity, predicate, 1).await?
            });
        }
        Ok(rows)
    }

    /// The row of a key, read by it.
    async fn row_of(
        &self,
        asker: Asker<'_>,
        entity: &Entity,
        key: &UpstreamKey,
    ) -> Result<Vec<Record<'static>>, upstream::Error> {
        let call = Call { entity, action: Action::Read { key } };
        let answer = match self.send_call(asker, &call).await {
            Err(error) if error.kind == Kind::Refused(Class::Missing) => return Ok(Vec::new()),
            answer => answer?,
        };
        match answer.outcome(self.dialect, &call)? {
            Outcome::Row(row) => Ok(vec![row.into_owned()]),
            _ => Err(upstream::Error::new(Kind::Garbled)),
        }
    }

    /// Every row, or an error: what is not among a part of them may be among the rest.
    async fn every_row(
        &self,
        asker: Asker<'_>,
        entity: &Entity,
    ) -> Result<Vec<Record<'static>>, upstream::Error> {
        let most = most(entity).ok_or(upstream::Error::new(Kind::Inexpressible))?;
        let top = most.saturating_add(1);
        let rows = self.some_rows(asker, entity, Predicate::TRUE, top).await?;
        if u32::try_from(rows.len()).is_ok_and(|found| found <= most) {
            return Ok(rows);
        }
        Err(upstream::Error::new(Kind::TooLarge))
    }

    /// The rows of any collection that meet a predicate, at most `top`.
    async fn some_rows(
        &self,
        asker: Asker<'_>,
        entity: &Entity,
        predicate: Predicate<'_>,
        top: u32,
    ) -> Result<Vec<Record<'static>>, upstream::Error> {
        let facts = &entity.facts;
        let size = match facts.paging {
            Paging::Whole { .. } => top,
            Paging::Pages { fixed: true } => facts.page,
            Paging::Pages { .. } | Paging::Upstream | Paging::Links => top.min(facts.page),
        };
        let order = match size < top && facts.sort {
            true => vec![(entity.key, Direction::Ascending)],
            false => Vec::new(),
        };
        let mut query = Query { predicate, order, skip: 0, top: size, count: false };
        let most = usize::try_from(top).unwrap_or(usize::MAX);
        let mut rows = Vec::new();
        let mut next: Option<String> = None;
        // A page without a row ends it.
        for _ in 0..most {
            let action = match &next {
                None => Action::Search(&query),
                Some(next) => Action::Follow { next },
            };
            let call = Call { entity, action };
            let answer = self.send_call(asker, &call).await?;
            let Outcome::Rows(page) = answer.outcome(self.dialect, &call)? else {
                return Err(upstream::Error::new(Kind::Garbled));
            };
            let found = u64::try_from(page.records.len()).unwrap_or(u64::MAX);
            rows.extend(page.records.into_iter().map(Record::into_owned));
            next = page.next.map(|next| next.to_string());
            let is_last = match facts.paging {
                _ if next.is_some() => found == 0,
                Paging::Whole { .. } | Paging::Links => true,
                Paging::Upstream | Paging::Pages { .. } => found < u64::from(size),
            };
            if is_last || rows.len() >= most {
                break;
            }
            query.skip += found;
        }
        rows.truncate(most);
        Ok(rows)
    }
}

/// How many rows a collection may have that is read whole; `None` where it is not.
fn most(entity: &Entity) -> Option<u32> {
    match entity.facts.paging {
        Paging::Whole { most } => Some(most),
        _ => entity.facts.scan,
    }
}
