//! The whole population, read once by pages: for a rehearsal, which compares thousands of people
//! with it and must not search for each of them.

use std::collections::HashSet;

use super::Provisioner;
use crate::record::{Paging, Predicate, Query, Record, UpstreamKey};
use crate::seam::Clock;
use crate::upstream::{self, Action, Answer, Kind, Outcome, Page};

/// Why the population is not known.
#[derive(Debug, thiserror::Error)]
pub enum Uncounted {
    /// The upstream cannot be asked, or does not answer as its mapping says.
    #[error("the people of the server behind cannot be read")]
    Upstream(#[from] upstream::Error),
    /// A row holds what the mapping does not expect there.
    #[error("the row {} cannot be read", place(.after.as_ref()))]
    Misfit {
        /// The row before it, in the order of the keys; it is the first one without it.
        after: Option<UpstreamKey>,
        /// What it holds, without its value.
        #[source]
        cause: upstream::Error,
    },
    /// There are more rows than the caller wants to hold.
    #[error("the server behind has more than {most} rows")]
    TooMany {
        /// The most that was wanted.
        most: usize,
    },
    /// The upstream gives everything at once, and it is more than the mapping allows.
    #[error(
        "the server behind gives everything at once, and it is more than the {most} rows that the \
         mapping's `search.most` allows"
    )]
    Whole {
        /// The mapping's bound.
        most: u32,
    },
    /// Pages repeat rows that were there before and bring no new one.
    #[error("the server behind gives the same rows again instead of the next page")]
    Circle,
}

/// Where a row is, in words: its own key is not known.
fn place(after: Option<&UpstreamKey>) -> String {
    match after {
        Some(before) => format!("that follows the one with the key `{before}`"),
        None => "with the lowest key".to_owned(),
    }
}

/// What was read, and how far.
#[derive(Default)]
struct Read {
    rows: Vec<Record<'static>>,
    keys: HashSet<UpstreamKey>,
    /// How many rows came, those without a key and those that came twice included.
    seen: u64,
    total: Option<u64>,
}

impl Read {
    /// Takes a page; says whether it brought rows.
    fn take(&mut self, provisioner: &Provisioner, page: Page<'_>) -> Result<bool, Uncounted> {
        self.total = page.total.or(self.total);
        self.seen += page.records.len() as u64;
        let (before, came) = (self.rows.len(), !page.records.is_empty());
        for row in page.records {
            // What has no key cannot be addressed: no client ever meets it.
            let Some(key) = provisioner.mapping.key_of(&row) else { continue };
            if self.keys.insert(key) {
                self.rows.push(row.into_owned());
            }
        }
        if came && self.rows.len() == before { Err(Uncounted::Circle) } else { Ok(came) }
    }
}

impl Provisioner {
    /// Every row of the collection, in scope or not, living or not, as far as it can be addressed.
    /// `tell` is told how many are there after each page.
    ///
    /// # Errors
    /// [`Uncounted`]; never a part of the population.
    pub async fn population(
        &self,
        clock: &dyn Clock,
        most: usize,
        tell: &mut (dyn FnMut(usize) + Send),
    ) -> Result<Vec<Record<'static>>, Uncounted> {
        let facts = &self.mapping.entity.facts;
        let mut read = Read::default();
        loop {
            let top = match facts.paging {
                Paging::Whole { most } => most.saturating_add(1),
                Paging::Upstream | Paging::Pages { .. } | Paging::Links => facts.page,
            };
            // A chain of links is followed from its first page on.
            let skip = if facts.paging == Paging::Links { 0 } else { read.seen };
            let query = Query {
                predicate: Predicate::TRUE,
                order: self.mapping.order(None, crate::record::Direction::Ascending),
                skip,
                top,
                count: facts.total,
            };
            let mut answer = match self.ask(Action::Search(&query), clock).await {
                Ok(answer) => answer,
                Err(cause) => return Err(self.misfit(cause, &query, &read, clock).await),
            };
            // The dialect reads a followed page as the search that it belongs to.
            let mut came;
            loop {
                let page = match self.read_page(&answer, &query) {
                    Ok(page) => page,
                    Err(cause) => return Err(self.misfit(cause, &query, &read, clock).await),
                };
                let next = page.next.as_ref().map(ToString::to_string);
                came = read.take(self, page)?;
                tell(read.rows.len());
                if read.rows.len() > most {
                    return Err(Uncounted::TooMany { most });
                }
                let Some(next) = next.filter(|_| came) else { break };
                answer = self.ask(Action::Follow { next: &next }, clock).await?;
            }
            if let Paging::Whole { most } = facts.paging {
                let is_more = read.seen > u64::from(most);
                return if is_more { Err(Uncounted::Whole { most }) } else { Ok(read.rows) };
            }
            // A numbered page that is not full is the last one, and so is one without a link.
            let is_last = match facts.paging {
                Paging::Links => true,
                Paging::Pages { .. } => read.seen % u64::from(facts.page.max(1)) != 0,
                Paging::Upstream | Paging::Whole { .. } => false,
            };
            if is_last {
                return Ok(read.rows);
            }
            // A page that is not full may be a server's own bound: only nothing, or the number
            // that the server itself tells, is the end.
            if !came || read.total.is_some_and(|total| read.seen >= total) {
                return Ok(read.rows);
            }
        }
    }

    /// What to say of a page that cannot be read: it is halved until one row stands alone, where
    /// the upstream can be asked so. Whoever mends that row must know which one it is.
    async fn misfit(
        &self,
        cause: upstream::Error,
        page: &Query<'_>,
        read: &Read,
        clock: &dyn Clock,
    ) -> Uncounted {
        if cause.kind != Kind::Garbled || self.mapping.entity.facts.paging != Paging::Upstream {
            return cause.into();
        }
        let mut after = read.rows.last().and_then(|row| self.mapping.key_of(row));
        // The page had no more rows than were asked for, so the row is one of these.
        let (mut skip, mut rows) = (read.seen, page.top);
        while rows > 0 {
            let half = rows.div_ceil(2);
            let query = Query { skip, top: half, ..page.clone() };
            let asked = self.ask(Action::Search(&query), clock).await;
            match asked.as_ref().map(|answer| self.read_page(answer, &query)) {
                Ok(Ok(part)) if part.records.is_empty() => break,
                Ok(Ok(part)) => {
                    after = part.records.last().and_then(|row| self.mapping.key_of(row));
                    skip += part.records.len() as u64;
                    rows = rows.saturating_sub(u32::try_from(part.records.len()).unwrap_or(rows));
                }
                Ok(Err(_)) | Err(upstream::Error { kind: Kind::Garbled, .. }) if half > 1 => {
                    rows = half;
                }
                Ok(Err(error)) if error.kind == Kind::Garbled => {
                    return Uncounted::Misfit { after, cause: error };
                }
                Err(error) if error.kind == Kind::Garbled => {
                    return Uncounted::Misfit { after, cause };
                }
                _ => break,
            }
        }
        cause.into()
    }

    async fn ask(&self, action: Action<'_>, clock: &dyn Clock) -> Result<Answer, upstream::Error> {
        let call = self.call(action);
        self.upstream.send(self.dialect, &call, self.deadline(clock)).await
    }

    fn read_page<'b>(
        &self,
        answer: &'b Answer,
        query: &Query<'_>,
    ) -> Result<Page<'b>, upstream::Error> {
        match answer.outcome(self.dialect, &self.call(Action::Search(query)))? {
            Outcome::Rows(page) => Ok(page),
            _ => Err(upstream::Error::new(Kind::Garbled)),
        }
    }
}

#[cfg(test)]
mod tests;
