//! Lists from an upstream that answers everything it finds: counted, ordered and cut here.

use std::cmp::Ordering;

use super::super::{Asker, Failure, Listed, Provisioner, View, print};
use super::gather::too_many_to_compare;
use super::{Found, Search};
use crate::mapping::policy::Standing;
use crate::record::{Paging, Predicate};
use crate::scim::{ScimError, ScimType};
use crate::upstream::{self, Kind};
use crate::value::Value;

impl Provisioner {
    /// Searches people where the upstream gives everything at once, or cannot search all of what
    /// is asked: at most `most` rows are read for every page, so that each is as true as the first.
    pub(super) async fn search_whole(
        &self,
        asker: Asker<'_>,
        search: &Search<'_>,
        predicate: Predicate<'_>,
        most: u32,
        view: &View,
    ) -> Result<Listed, Failure> {
        let is_whole = matches!(self.mapping.entity.facts.paging, Paging::Whole { .. });
        let order = if is_whole { Vec::new() } else { self.order(search) };
        let is_ordered = !order.is_empty();
        let mut rows = match self.gather(asker, predicate, order, most).await {
            Err(Failure::Upstream(error)) if is_whole && error.kind == Kind::TooLarge => {
                return Err(too_many(most, Some(error)));
            }
            Ok(None) if is_whole => return Err(too_many(most, None)),
            Ok(None) => return Err(too_many_to_compare(most)),
            Ok(Some(rows)) => rows,
            Err(failure) => return Err(failure),
        };
        if !is_ordered {
            // By key: every page of a list must be cut from the same order.
            let key = self.mapping.entity.key;
            rows.sort_by(|left, right| compared(left.value(key), right.value(key)));
        }
        let filter = &search.filter;
        let page = self.mapping.entity.facts.page;
        let count = search.count.map_or(page, |count| count.min(page));
        let (mut found, mut total, mut only) = (Found::default(), 0_u64, None);
        // What a filter compares, it needs of every row.
        self.look_up_meanings(asker, &mut rows, filter.slots()).await?;
        let canonical = self.mapping.canonical(filter);
        let mut shown = Vec::new();
        for row in rows {
            if self.mapping.standing(&row) != Standing::Living {
                continue;
            }
            let Some(id) = self.mapping.id_of(&row) else { continue };
            if !canonical.matches(&self.mapping.resource, &self.mapping.outward(&row), &id) {
                continue;
            }
            total += 1;
            only = if total == 1 { self.mapping.key_of(&row) } else { None };
            if total >= search.start && found.shown < count {
                shown.push(row);
                found.shown += 1;
            }
        }
        let rest = view.projection.slots().difference(filter.slots());
        self.look_up_meanings(asker, &mut shown, rest).await?;
        for row in &shown {
            let Some(id) = self.mapping.id_of(row) else { continue };
            let document = self.mapping.outward(row);
            print::into_list(&self.mapping, &document, row, &id, view, &mut found.printed);
        }
        if let (Some(key), Some(name)) = (only, self.unique_name(filter)) {
            self.lookup.remember(name, key).await;
        }
        found.total = Some(total);
        self.tell_several(asker, filter, &found);
        Ok(Self::listed(search.start, &found))
    }
}

/// 400 `tooMany` (RFC 7644 §3.12).
fn too_many(most: u32, cause: Option<upstream::Error>) -> Failure {
    if let Some(error) = cause {
        tracing::warn!(cause = %error, "a search found more than an answer may hold");
    }
    let detail = format!(
        "the server behind gives everything that it finds at once, and this is more than {most} \
         people or a large answer: use a filter that finds fewer"
    );
    ScimError::new(ScimType::TooMany, detail).into()
}

/// The order of keys.
fn compared(left: &Value<'_>, right: &Value<'_>) -> Ordering {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => left.cmp(right),
        (left, right) => left.as_str().cmp(&right.as_str()),
    }
}
