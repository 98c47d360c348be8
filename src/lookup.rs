//! What was looked up before: names and ids → keys, never people.
//!
//! A remembered key is a shortcut, not a truth: whoever uses it checks that the row shows the id or
//! name that was asked for, and [forgets](Lookup::forget) it otherwise. Absence is never
//! remembered. Entries carry their own deadline on our clock; the cache's own time is only a bound.
//! The search itself is handed in: this room knows neither HTTP nor the upstream.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use crate::record::UpstreamKey;
use crate::seam::Clock;
use crate::value::{Value, fold};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// The row of a unique name, in the one spelling that the mapping prints, folded.
    Name(Box<str>),
    /// The row of a SCIM id, where the id is not the key.
    Id(Box<str>),
    /// The row of somebody whom another person refers to, by SCIM id.
    Person(Box<str>),
}

impl Question {
    /// The question for a unique name; `None` for values that name nobody.
    #[must_use]
    pub fn name(value: &Value<'_>) -> Option<Self> {
        value.as_str().map(|text| Self::Name(fold(text).into()))
    }
}

#[derive(Clone, Debug)]
struct Entry {
    key: UpstreamKey,
    until: Duration,
}

/// Why a look-up has no answer.
#[derive(Debug)]
pub enum Miss<E> {
    /// There is no such row.
    Absent,
    /// It could not be found out.
    Failed(Arc<E>),
}

/// The look-ups of one project.
#[derive(Clone)]
pub struct Lookup {
    cache: Cache<Question, Entry>,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookup").field("entries", &self.cache.entry_count()).finish_non_exhaustive()
    }
}

impl Lookup {
    /// Remembers at most `size` keys (0 for none), each for `lifetime`.
    #[must_use]
    pub fn new(size: u64, lifetime: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { cache: Cache::new(size), clock, lifetime }
    }

    /// What is remembered.
    pub async fn known(&self, question: &Question) -> Option<UpstreamKey> {
        let entry = self.cache.get(question).await?;
        if entry.until <= self.clock.monotonic() {
            self.cache.invalidate(question).await;
            return None;
        }
        Some(entry.key)
    }

    /// What is remembered, or what `search` finds: one search for many who ask at once. Neither
    /// failures nor absence are remembered.
    ///
    /// # Errors
    /// [`Miss`].
    pub async fn find<E: Send + Sync + 'static>(
        &self,
        question: Question,
        search: impl Future<Output = Result<Option<UpstreamKey>, E>>,
    ) -> Result<UpstreamKey, Miss<E>> {
        if let Some(key) = self.known(&question).await {
            return Ok(key);
        }
        let until = self.clock.monotonic().saturating_add(self.lifetime);
        let found = self.cache.try_get_with(question, async {
            match search.await {
                Ok(Some(key)) => Ok(Entry { key, until }),
                Ok(None) => Err(None),
                Err(error) => Err(Some(Arc::new(error))),
            }
        });
        match found.await {
            Ok(entry) => Ok(entry.key),
            Err(miss) => match &*miss {
                None => Err(Miss::Absent),
                Some(error) => Err(Miss::Failed(Arc::clone(error))),
            },
        }
    }

    /// Remembers a key that was just seen in its row.
    pub async fn remember(&self, question: Question, key: UpstreamKey) {
        let until = self.clock.monotonic().saturating_add(self.lifetime);
        self.cache.insert(question, Entry { key, until }).await;
    }

    /// Forgets what is no longer true.
    pub async fn forget(&self, question: &Question) {
        self.cache.invalidate(question).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::fake::FakeClock;
    use std::sync::atomic::{AtomicU32, Ordering};

    fn question() -> Question {
        Question::name(&Value::text("Ana@Contoso.com")).unwrap()
    }

    fn lookup(clock: &Arc<FakeClock>) -> Lookup {
        let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
        Lookup::new(10, Duration::from_secs(60), clock)
    }

    #[tokio::test]
    async fn many_who_ask_at_once_cost_one_search() {
        let clock = FakeClock::new();
        let lookup = lookup(&clock);
        let searches = AtomicU32::new(0);
        let ask = || {
            lookup.find(question(), async {
                searches.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok::<_, ()>(Some(UpstreamKey::Integer(7)))
            })
        };
        let (one, two, three) = tokio::join!(ask(), ask(), ask());
        for key in [one, two, three] {
            assert_eq!(key.unwrap(), UpstreamKey::Integer(7));
        }
        assert_eq!(searches.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn an_entry_ends_by_our_clock() {
        let clock = FakeClock::new();
        let lookup = lookup(&clock);
        lookup.remember(question(), UpstreamKey::Integer(7)).await;
        let other_case = Question::name(&Value::text("ANA@contoso.COM")).unwrap();
        assert_eq!(lookup.known(&other_case).await, Some(UpstreamKey::Integer(7)));
        clock.advance(Duration::from_secs(60));
        assert_eq!(lookup.known(&question()).await, None);
    }

    #[tokio::test]
    async fn absence_and_failures_are_not_remembered() {
        let clock = FakeClock::new();
        let lookup = lookup(&clock);
        let absent = lookup.find(question(), async { Ok::<_, ()>(None) }).await;
        assert!(matches!(absent, Err(Miss::Absent)));
        let failed = lookup.find(question(), async { Err::<Option<UpstreamKey>, _>(()) }).await;
        assert!(matches!(failed, Err(Miss::Failed(_))));
        let found =
            lookup.find(question(), async { Ok::<_, ()>(Some(UpstreamKey::Integer(1))) }).await;
        assert_eq!(found.unwrap(), UpstreamKey::Integer(1));
    }
}
