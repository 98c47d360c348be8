//! What was looked up before: names and ids → keys, values of references ↔ keys, never people.
//!
//! A remembered key is a shortcut, not a truth: whoever uses it checks that the row shows the id or
//! name that was asked for, and [forgets](Lookup::forget) it otherwise. Absence is never
//! remembered. Entries carry their own deadline on our clock; the cache's own time is only a bound.
//! The search itself is handed in: this room knows neither HTTP nor the upstream.

mod pairs;
mod shortcuts;

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

pub use pairs::Referred;
use shortcuts::Shortcuts;

use crate::record::UpstreamKey;
use crate::seam::Clock;
use crate::telemetry::{Recall, Sought, Tally};
use crate::value::{Value, fold};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// The row of a unique name, folded: in the spelling that the mapping prints, or in another one
    /// in which a client asked for it.
    Name(Box<str>),
    /// The row of a SCIM id, where the id is not the key.
    Id(Box<str>),
}

impl Question {
    /// The question for a unique name; `None` for values that name nobody.
    #[must_use]
    pub fn name(value: &Value<'_>) -> Option<Self> {
        value.as_str().map(|text| Self::Name(fold(text).into()))
    }
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
    people: Shortcuts<Question, UpstreamKey>,
    keys: Shortcuts<Referred, Arc<[UpstreamKey]>>,
    values: Shortcuts<(usize, UpstreamKey), Value<'static>>,
    tally: Arc<Tally>,
}

impl std::fmt::Debug for Lookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.people.count() + self.keys.count() + self.values.count();
        f.debug_struct("Lookup").field("entries", &count).finish_non_exhaustive()
    }
}

impl Lookup {
    /// Remembers at most `size` keys (0 for none) of people, and as many pairs of references, each
    /// for `lifetime`. What is asked is counted in `tally`.
    #[must_use]
    pub fn new(size: u64, lifetime: Duration, clock: Arc<dyn Clock>, tally: Arc<Tally>) -> Self {
        Self {
            people: Shortcuts::new(size, lifetime, Arc::clone(&clock)),
            keys: Shortcuts::new(size, lifetime, Arc::clone(&clock)),
            values: Shortcuts::new(size, lifetime, clock),
            tally,
        }
    }

    /// What is remembered.
    pub async fn known(&self, question: &Question) -> Option<UpstreamKey> {
        let known = self.people.known(question).await;
        self.count(Sought::People, known.is_some());
        known
    }

    /// Whether something is remembered, for somebody who will ask for it.
    pub async fn knows(&self, question: &Question) -> bool {
        self.people.known(question).await.is_some()
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
        self.counted(Sought::People, &self.people, question, search).await
    }

    /// Finds an answer, and counts whether it had to be searched for.
    async fn counted<Q, A, E>(
        &self,
        sought: Sought,
        shortcuts: &Shortcuts<Q, A>,
        question: Q,
        search: impl Future<Output = Result<Option<A>, E>>,
    ) -> Result<A, Miss<E>>
    where
        Q: Hash + Eq + Send + Sync + 'static,
        A: Clone + Send + Sync + 'static,
        E: Send + Sync + 'static,
    {
        let mut searched = false;
        let search = async {
            searched = true;
            search.await
        };
        let found = shortcuts.find(question, search).await;
        self.count(sought, !searched);
        found
    }

    fn count(&self, sought: Sought, known: bool) {
        self.tally.lookups.count(sought, if known { Recall::Hit } else { Recall::Miss });
    }

    /// Remembers a key that was just seen in its row.
    pub async fn remember(&self, question: Question, key: UpstreamKey) {
        self.people.remember(question, key).await;
    }

    /// Forgets what is no longer true.
    pub async fn forget(&self, question: &Question) {
        self.people.forget(question).await;
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
        let tally = Arc::new(Tally::new("hr".into(), Arc::clone(&clock)));
        Lookup::new(10, Duration::from_secs(60), clock, tally)
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
        assert_eq!(counted(&lookup), [2, 1, 0, 0]);
    }

    /// Hits and misses: of people, and of references.
    fn counted(lookup: &Lookup) -> [u64; 4] {
        let counts: Vec<u64> = lookup.tally.lookups.iter().map(|(_, _, count)| count).collect();
        counts.try_into().unwrap()
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
        assert!(!lookup.knows(&question()).await);
        assert_eq!(counted(&lookup), [1, 1, 0, 0], "who will ask is not counted twice");
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

    #[tokio::test]
    async fn what_was_just_seen_of_a_pair_corrects_what_was_remembered() {
        let clock = FakeClock::new();
        let lookup = lookup(&clock);
        let (sales, key) = (Value::text("Sales"), UpstreamKey::Integer(2));
        let asked = Referred::new(0, &Value::text("SALES"), false);
        assert_eq!(asked, Referred::new(0, &sales, false));
        assert_ne!(asked, Referred::new(1, &sales, false), "another reference");
        let keys: Arc<[UpstreamKey]> = Arc::new([key.clone()]);
        let found = lookup.find_keys(asked.clone(), async { Ok::<_, ()>(Some(keys)) }).await;
        assert_eq!(*found.unwrap(), [UpstreamKey::Integer(2)]);
        lookup.remember_value(0, key.clone(), sales.clone()).await;
        assert_eq!(lookup.known_value(0, &key).await, Some(sales));
        assert_eq!(lookup.known_value(1, &key).await, None);
        // The row was renamed.
        lookup.remember_value(0, key.clone(), Value::text("Trade")).await;
        let again = lookup.find_keys(asked, async { Ok::<_, ()>(None) }).await;
        assert!(matches!(again, Err(Miss::Absent)), "{again:?}");
        clock.advance(Duration::from_secs(60));
        assert_eq!(lookup.known_value(0, &key).await, None);
        assert_eq!(counted(&lookup), [0, 0, 1, 4]);
    }
}
