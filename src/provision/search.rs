//! Lists and filters (RFC 7644 §3.4.2).

mod gather;
mod whole;
mod window;

use std::num::{IntErrorKind, ParseIntError};

use super::{Asker, Failure, Listed, PAGES, Provisioner, View, print};
use crate::lookup::Question;
use crate::mapping::policy::Standing;
use crate::mapping::predicate;
use crate::record::{
    Case, Class, Direction, Field, FieldIndex, Notation, Operator, Paging, Predicate, Query,
    Record, UpstreamKey,
};
use crate::scim::filter::{Comparison, Criterion, Target};
use crate::scim::{Filter, ScimError, ScimType};
use crate::upstream::{self, Action, Answer, Kind, Outcome};
use crate::value::{Type, Value};
use window::Window;

/// What a client searches.
#[derive(Clone, Debug)]
pub struct Search<'f> {
    /// The condition.
    pub filter: Filter<'f>,
    /// The first person to show, from 1 (RFC 7644 §3.4.2.4).
    pub start: u64,
    /// How many people at the most; `None` for the server's own number.
    pub count: Option<u32>,
    /// By what, and which way.
    pub sort: Option<(Target, Direction)>,
}

/// What was collected of a search.
#[derive(Default)]
struct Found {
    printed: Vec<u8>,
    shown: u32,
    /// Rows that came and are not shown: only the upstream calls them equal.
    left_out: u64,
    seen: u64,
    /// Rows that come first and are not wanted.
    lead: u64,
    /// How many rows the last page had.
    of_page: usize,
    /// Whether there are rows behind those that are shown.
    more: bool,
    total: Option<u64>,
}

impl Provisioner {
    /// Searches people.
    ///
    /// # Errors
    /// [`Failure`]; what the upstream cannot search is 400 `invalidFilter`, and what it can only
    /// give in one piece that is too large 400 `tooMany`.
    pub async fn search(
        &self,
        asker: Asker<'_>,
        search: Search<'_>,
        view: &View,
    ) -> Result<Listed, Failure> {
        self.search_upstream(asker, search, view).await.map_err(|failure| match failure {
            Failure::Upstream(error) if error.kind == Kind::Inexpressible => {
                ScimError::new(ScimType::InvalidFilter, error.to_string()).into()
            }
            other => other,
        })
    }

    async fn search_upstream(
        &self,
        asker: Asker<'_>,
        search: Search<'_>,
        view: &View,
    ) -> Result<Listed, Failure> {
        let filter = &search.filter;
        if let Some(name) = self.unique_name(filter)
            && search.start == 1
            && search.count != Some(0)
            && let Some(key) = self.lookup.known(&name).await
            && let Some(listed) =
                Box::pin(self.search_known(asker, filter, &name, &key, view)).await?
        {
            return Ok(listed);
        }
        let keys = self.keys_of_filter(asker, filter).await?;
        let facts = &self.mapping.entity.facts;
        let predicate = match (self.mapping.search(filter, &keys), facts.scan) {
            // Nobody can be found; the upstream is asked all the same, so that a test of the
            // connection tests it, and an outage is never an empty list.
            (Ok(predicate), _) if predicate.constant() == Some(false) => match self.nobody() {
                Some(nobody) => nobody,
                None => {
                    self.rows(asker, Predicate::TRUE, 1, |_| false).await?;
                    return Ok(Self::listed(search.start, &Found::default()));
                }
            },
            (Ok(predicate), _) => predicate,
            (Err(_), Some(most)) => {
                let predicate = self.mapping.candidates(filter, &keys)?;
                return self.search_whole(asker, &search, predicate, most, view).await;
            }
            (Err(error), None) => return Err(error.into()),
        };
        if let Paging::Whole { most } = facts.paging {
            return self.search_whole(asker, &search, predicate, most, view).await;
        }
        let count = search.count.map_or(facts.page, |count| count.min(facts.page));
        let mut query = Query {
            predicate,
            order: self.order(&search),
            skip: search.start - 1,
            // Without a total, one more tells whether there is more.
            top: count.max(1) + u32::from(!facts.total && facts.paging != Paging::Upstream),
            count: facts.total,
        };
        let mut found = Found::default();
        match facts.paging {
            Paging::Pages { fixed } => {
                self.search_pages(asker, &mut query, fixed, count, filter, view, &mut found)
                    .await?;
            }
            Paging::Links => {
                found.lead = std::mem::take(&mut query.skip);
                query.top = query.top.min(facts.page);
                self.search_links(asker, &query, count, filter, view, &mut found).await?;
            }
            Paging::Upstream | Paging::Whole { .. } => {
                self.search_links(asker, &query, count, filter, view, &mut found).await?;
            }
        }
        self.tell_several(asker, filter, &found);
        Ok(Self::listed(search.start, &found))
    }

    fn order(&self, search: &Search<'_>) -> Vec<(FieldIndex, Direction)> {
        let (target, direction) = match search.sort {
            Some((target, direction)) => (Some(target), direction),
            None => (None, Direction::Ascending),
        };
        self.mapping.order(target, direction)
    }

    /// Follows the links of a search until there are enough rows.
    async fn search_links(
        &self,
        asker: Asker<'_>,
        query: &Query<'_>,
        count: u32,
        filter: &Filter<'_>,
        view: &View,
        found: &mut Found,
    ) -> Result<(), Failure> {
        let answer = self.send(asker, Action::Search(query)).await?;
        let mut next = self.collect(asker, &answer, query, count, filter, view, found).await?;
        for _ in 1..PAGES {
            let Some(link) = next.take().filter(|_| found.seen < u64::from(count)) else {
                return Ok(());
            };
            let answer = self.send(asker, Action::Follow { next: &link }).await?;
            next = self.collect(asker, &answer, query, count, filter, view, found).await?;
        }
        // Whoever asked for a place that far behind would be told that nobody is there.
        match next.filter(|_| found.seen < u64::from(count)) {
            Some(_) => Err(upstream::Error::new(Kind::TooLarge).into()),
            None => Ok(()),
        }
    }

    /// Asks for the numbered pages that cover a part of a list.
    #[expect(clippy::too_many_arguments, reason = "one step of one loop, which has all of them")]
    async fn search_pages(
        &self,
        asker: Asker<'_>,
        query: &mut Query<'_>,
        fixed: bool,
        count: u32,
        filter: &Filter<'_>,
        view: &View,
        found: &mut Found,
    ) -> Result<(), Failure> {
        let most = self.mapping.entity.facts.page;
        let window = Window::covering(query.skip, query.top, most, fixed);
        found.lead = window.lead;
        (query.skip, query.top) = (window.skip, window.size);
        for _ in 0..window.pages {
            let answer = self.send(asker, Action::Search(query)).await?;
            self.collect(asker, &answer, query, count, filter, view, found).await?;
            if window::is_last(window.size, query.skip, found.of_page, found.total)? {
                break;
            }
            query.skip = query.skip.saturating_add(u64::from(window.size));
        }
        Ok(())
    }

    /// All are told, so that the client does not bind one of them at random.
    fn tell_several(&self, asker: Asker<'_>, filter: &Filter<'_>, found: &Found) {
        if found.shown > 1 && self.is_of_one(filter) {
            tracing::warn!(
                project = &*self.project,
                caller = asker.caller,
                request_id = asker.trail.id(),
                people = found.shown,
                "several people have what only one should have"
            );
        }
    }

    /// Prints the rows of a page that belong in the list, and says where the next page is.
    #[expect(clippy::too_many_arguments, reason = "one step of one loop, which has all of them")]
    async fn collect(
        &self,
        asker: Asker<'_>,
        answer: &Answer,
        query: &Query<'_>,
        count: u32,
        filter: &Filter<'_>,
        view: &View,
        found: &mut Found,
    ) -> Result<Option<String>, Failure> {
        let mut page = self.page(answer, query)?;
        let left = (found.lead + u64::from(count)).saturating_sub(found.seen);
        let left = usize::try_from(left);
        let shown = page.records.len().min(left.unwrap_or(usize::MAX));
        let wanted = view.projection.slots().union(filter.slots());
        if let Some(rows) = page.records.get_mut(..shown) {
            self.look_up_meanings(asker, rows, wanted).await?;
        }
        found.total = found.total.or(page.total);
        found.of_page = page.records.len();
        if page.records.is_empty() {
            return Ok(None);
        }
        let canonical = self.mapping.canonical(filter);
        for row in &page.records {
            if found.lead > 0 {
                found.lead -= 1;
                continue;
            }
            if found.seen >= u64::from(count) {
                found.more = true;
                return Ok(None);
            }
            found.seen += 1;
            if !self.list(row, &canonical, view, found) {
                found.left_out += 1;
                tracing::info!(
                    project = &*self.project,
                    request_id = asker.trail.id(),
                    "a row was left out that only the upstream finds equal"
                );
            }
        }
        if let ([row], Some(name)) = (page.records.as_slice(), self.unique_name(filter))
            && found.shown == 1
            && let Some(key) = self.mapping.key_of(row)
        {
            self.lookup.remember(name, key).await;
        }
        Ok(page.next.map(|next| next.to_string()))
    }

    /// Prints a row that is there for clients and meets the canonical filter as SCIM compares.
    fn list(&self, row: &Record<'_>, filter: &Filter<'_>, view: &View, found: &mut Found) -> bool {
        if self.mapping.standing(row) != Standing::Living {
            return false;
        }
        let Some(id) = self.mapping.id_of(row) else { return false };
        let document = self.mapping.outward(row);
        if !filter.matches(&self.mapping.resource, &document, &id) {
            return false;
        }
        print::into_list(&self.mapping, &document, row, &id, view, &mut found.printed);
        found.shown += 1;
        true
    }

    fn listed(start: u64, found: &Found) -> Listed {
        let total = match found.total {
            Some(total) => total.saturating_sub(found.left_out),
            // Without a total the list is as long as what was seen of it.
            None => {
                let before = (start - 1) * u64::from(found.seen > 0);
                before + u64::from(found.shown) + u64::from(found.more)
            }
        };
        let mut body = Vec::with_capacity(found.printed.len() + 160);
        body.extend_from_slice(
            br#"{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"totalResults":"#,
        );
        body.extend_from_slice(itoa::Buffer::new().format(total).as_bytes());
        body.extend_from_slice(br#","startIndex":"#);
        body.extend_from_slice(itoa::Buffer::new().format(start).as_bytes());
        body.extend_from_slice(br#","itemsPerPage":"#);
        body.extend_from_slice(itoa::Buffer::new().format(found.shown).as_bytes());
        body.extend_from_slice(br#","Resources":["#);
        body.extend_from_slice(&found.printed);
        body.extend_from_slice(b"]}");
        Listed { body }
    }

    /// Whether a filter asks for what only one person should have: a name or an anchor.
    fn is_of_one(&self, filter: &Filter<'_>) -> bool {
        let anchor = self.mapping.anchor.map(|anchor| anchor.slot);
        matches!(
            filter.only_atom(),
            Some(Criterion::Compare { target: Target::Slot(slot), operator: Comparison::Eq, .. })
                if *slot == self.mapping.user_name || Some(*slot) == anchor
        )
    }

    /// The question that a filter is, when it asks for one unique name and nothing else.
    fn unique_name(&self, filter: &Filter<'_>) -> Option<Question> {
        match filter.only_atom() {
            Some(Criterion::Compare {
                target: Target::Slot(slot),
                operator: Comparison::Eq,
                value,
            }) if *slot == self.mapping.user_name => Question::name(value),
            _ => None,
        }
    }

    /// Reads the row that a name had the last time; `None` when it has not any more.
    async fn search_known(
        &self,
        asker: Asker<'_>,
        filter: &Filter<'_>,
        name: &Question,
        key: &UpstreamKey,
        view: &View,
    ) -> Result<Option<Listed>, Failure> {
        let call = self.call(Action::Read { key });
        let answer = match self.send(asker, call.action).await {
            Ok(answer) => answer,
            Err(Failure::Upstream(error)) if error.kind == Kind::Refused(Class::Missing) => {
                self.lookup.forget(name).await;
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let mut row = match answer.outcome(self.dialect, &call)? {
            Outcome::Row(row) => Some(row),
            _ => None,
        };
        if let Some(row) = &mut row {
            let wanted = view.projection.slots();
            self.look_up_meanings(asker, std::slice::from_mut(row), wanted).await?;
            let mut found = Found::default();
            if self.list(row, &self.mapping.canonical(filter), view, &mut found) {
                found.total = Some(1);
                return Ok(Some(Self::listed(1, &found)));
            }
        }
        self.lookup.forget(name).await;
        Ok(None)
    }

    /// A condition that no row meets and that the upstream can answer at little cost; `None` where
    /// it cannot search that.
    fn nobody(&self) -> Option<Predicate<'_>> {
        let value = match self.mapping.entity.fields.field(self.mapping.entity.key) {
            Some(Field { kind: Type::Integer, .. }) => Value::Integer(-1),
            Some(Field { notation: Notation::Guid, .. }) => {
                Value::text("00000000-0000-0000-0000-000000000000")
            }
            _ => Value::text("-"),
        };
        let key = self.mapping.entity.key;
        let nobody = Predicate::compare(key, Operator::Eq, value, Case::Exact);
        predicate::unsupported(&nobody, &self.mapping.entity.facts).is_none().then_some(nobody)
    }
}

/// A search without a filter.
impl Default for Search<'_> {
    fn default() -> Self {
        Self { filter: Filter::TRUE, start: 1, count: None, sort: None }
    }
}

/// `count` beyond this is a mistake (RFC 7644 §3.4.2.4 gives no bound).
pub(crate) fn count_of(text: &str) -> Result<u32, ScimError> {
    Ok(u32::try_from(number("count", text)?.max(0)).unwrap_or(u32::MAX))
}

/// `startIndex`: what is less than 1 means 1 (RFC 7644 §3.4.2.4).
pub(crate) fn start_of(text: &str) -> Result<u64, ScimError> {
    Ok(u64::try_from(number("startIndex", text)?.max(1)).unwrap_or(1))
}

/// A whole number; what is beyond every count of people is the greatest or least that there is.
fn number(name: &str, text: &str) -> Result<i64, ScimError> {
    text.trim().parse().or_else(|error: ParseIntError| match error.kind() {
        IntErrorKind::PosOverflow => Ok(i64::MAX),
        IntErrorKind::NegOverflow => Ok(i64::MIN),
        _ => Err(ScimError::new(
            ScimType::InvalidValue,
            format!("`{name}`: expected a whole number"),
        )),
    })
}
