//! Rows for a purpose of our own: who has a name, or everybody who is to be compared here because
//! the upstream cannot.

use super::super::{Asker, Failure, Provisioner};
use super::window;
use crate::logic::View;
use crate::mapping::predicate;
use crate::record::{Direction, FieldIndex, Operator, Paging, Predicate, Query, Record};
use crate::scim::{ScimError, ScimType};
use crate::upstream::{self, Action, Kind};

impl Provisioner {
    /// The rows that meet a predicate, at most about `top` of each of its alternatives, owning
    /// their values. Where the upstream cannot search all of it, more rows are read, and `keep`
    /// says which of them are meant.
    pub(in crate::provision) async fn rows(
        &self,
        asker: Asker<'_>,
        predicate: Predicate<'_>,
        top: u32,
        keep: impl Fn(&Record<'_>) -> bool,
    ) -> Result<Vec<Record<'static>>, Failure> {
        let facts = &self.mapping.entity.facts;
        // An upstream that cannot join alternatives is asked for one after the other.
        let parts = match predicate.view() {
            View::Any(parts) if !facts.operators.contains(Operator::Or) => {
                parts.map(|part| part.to_formula()).collect()
            }
            _ => vec![predicate],
        };
        let mut rows: Vec<Record<'static>> = Vec::new();
        for part in parts {
            let found = if predicate::unsupported(&part, facts).is_none() {
                let query = super::super::query(part, top);
                let answer = self.send(asker, Action::Search(&query)).await?;
                let page = self.page(&answer, &query)?;
                page.records.into_iter().map(Record::into_owned).collect()
            } else {
                let most = facts.scan.ok_or(upstream::Error::new(Kind::Inexpressible))?;
                let wider = predicate::wider(&part, facts);
                let mut found = self
                    .gather(asker, wider, Vec::new(), most)
                    .await?
                    .ok_or_else(|| too_many_to_compare(most))?;
                found.retain(&keep);
                found
            };
            for row in found {
                let key = row.value(self.mapping.entity.key);
                if !rows.iter().any(|known| known.value(self.mapping.entity.key) == key) {
                    rows.push(row);
                }
            }
        }
        Ok(rows)
    }

    /// Every row that meets a predicate, page after page; `None` when there are more than `most`.
    pub(super) async fn gather(
        &self,
        asker: Asker<'_>,
        predicate: Predicate<'_>,
        order: Vec<(FieldIndex, Direction)>,
        most: u32,
    ) -> Result<Option<Vec<Record<'static>>>, Failure> {
        let facts = &self.mapping.entity.facts;
        let top = match facts.paging {
            // One more than allowed, so that an upstream which heeds the number does not cut in
            // silence.
            Paging::Whole { .. } => most.saturating_add(1),
            _ => facts.page,
        };
        let limit = usize::try_from(most).unwrap_or(usize::MAX);
        let mut query = Query { predicate, order, skip: 0, top, count: facts.total };
        let (mut rows, mut total, mut link) = (Vec::new(), None, None::<String>);
        // A chain of empty pages ends as well.
        for _ in 0..=limit {
            let action = match &link {
                Some(next) => Action::Follow { next },
                None => Action::Search(&query),
            };
            let answer = self.send(asker, action).await?;
            let page = self.page(&answer, &query)?;
            let found = page.records.len();
            total = total.or(page.total);
            link = page.next.map(|next| next.to_string());
            rows.extend(page.records.into_iter().map(Record::into_owned));
            if rows.len() > limit {
                return Ok(None);
            }
            let is_last = match facts.paging {
                Paging::Whole { .. } if link.is_some() => return Ok(None),
                Paging::Whole { .. } => true,
                Paging::Links => link.is_none(),
                Paging::Pages { .. } => {
                    link = None;
                    window::is_last(top, query.skip, found, total)?
                }
                Paging::Upstream if link.is_some() => false,
                Paging::Upstream => {
                    let seen = u64::try_from(rows.len()).unwrap_or(u64::MAX);
                    match total {
                        Some(total) => found == 0 || seen >= total,
                        None => found < usize::try_from(top).unwrap_or(usize::MAX),
                    }
                }
            };
            if is_last {
                return Ok(Some(rows));
            }
            query.skip = match facts.paging {
                Paging::Links => 0,
                _ => u64::try_from(rows.len()).unwrap_or(u64::MAX),
            };
        }
        Ok(None)
    }
}

/// 400 `tooMany` (RFC 7644 §3.12), where only reading everybody would answer.
pub(super) fn too_many_to_compare(most: u32) -> Failure {
    let detail = format!(
        "the server behind cannot search this, and there are more than {most} people to compare \
         here"
    );
    ScimError::new(ScimType::TooMany, detail).into()
}
