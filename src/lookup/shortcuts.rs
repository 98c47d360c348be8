//! Answers that were given before, each until its own deadline on our clock.

use std::future::Future;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;

use super::Miss;
use crate::seam::Clock;

#[derive(Clone, Debug)]
struct Entry<A> {
    answer: A,
    until: Duration,
}

/// Answers by question. What is asked of the cache on rare occasions lies in a box: each request that
/// may come to it would keep room for it, nearly a kilobyte each time, and be copied with it.
#[derive(Clone)]
pub(super) struct Shortcuts<Q, A> {
    cache: Cache<Q, Entry<A>>,
    clock: Arc<dyn Clock>,
    lifetime: Duration,
}

impl<Q, A> Shortcuts<Q, A>
where
    Q: Hash + Eq + Send + Sync + 'static,
    A: Clone + Send + Sync + 'static,
{
    pub(super) fn new(size: u64, lifetime: Duration, clock: Arc<dyn Clock>) -> Self {
        Self { cache: Cache::new(size), clock, lifetime }
    }

    pub(super) fn count(&self) -> u64 {
        self.cache.entry_count()
    }

    /// What is remembered.
    pub(super) async fn known(&self, question: &Q) -> Option<A> {
        let entry = self.cache.get(question).await?;
        if entry.until <= self.clock.monotonic() {
            self.forget(question).await;
            return None;
        }
        Some(entry.answer)
    }

    /// What is remembered, or what `search` finds.
    pub(super) async fn find<E: Send + Sync + 'static>(
        &self,
        question: Q,
        search: impl Future<Output = Result<Option<A>, E>>,
    ) -> Result<A, Miss<E>> {
        if let Some(answer) = self.known(&question).await {
            return Ok(answer);
        }
        let until = self.clock.monotonic().saturating_add(self.lifetime);
        let search = async {
            match search.await {
                Ok(Some(answer)) => Ok(Entry { answer, until }),
                Ok(None) => Err(None),
                Err(error) => Err(Some(Arc::new(error))),
            }
        };
        match Box::pin(self.cache.try_get_with(question, search)).await {
            Ok(entry) => Ok(entry.answer),
            Err(miss) => match &*miss {
                None => Err(Miss::Absent),
                Some(error) => Err(Miss::Failed(Arc::clone(error))),
            },
        }
    }

    pub(super) async fn remember(&self, question: Q, answer: A) {
        let until = self.clock.monotonic().saturating_add(self.lifetime);
        self.cache.insert(question, Entry { answer, until }).await;
    }

    pub(super) async fn forget(&self, question: &Q) {
        Box::pin(self.cache.invalidate(question)).await;
    }
}
