//! Values of references ↔ keys, both ways.
//!
//! What a department is called is no secret and no person. But a remembered pair can only be held
//! against what passes by: a row of the other collection that is read for another reason, a
//! person's row that carries the value, a write that the upstream refuses. Else it ends with its
//! deadline.

use std::future::Future;
use std::sync::Arc;

use super::{Lookup, Miss};
use crate::record::UpstreamKey;
use crate::telemetry::Sought;
use crate::value::{Value, fold};

/// A value of one of the mapping's references.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Referred {
    reference: usize,
    value: Box<str>,
}

impl Referred {
    /// The value of the reference of that number; without `exact` in whatever letter case.
    #[must_use]
    pub fn new(reference: usize, value: &Value<'_>, exact: bool) -> Self {
        let value: Box<str> = match value {
            Value::Integer(number) => number.to_string().into(),
            other => match other.as_str().unwrap_or_default() {
                text if exact => text.into(),
                text => fold(text).into(),
            },
        };
        Self { reference, value }
    }
}

impl Lookup {
    /// The keys that a value stands for, remembered or as `search` finds them: one search for many
    /// who ask at once.
    ///
    /// # Errors
    /// [`Miss`].
    pub async fn find_keys<E: Send + Sync + 'static>(
        &self,
        referred: Referred,
        search: impl Future<Output = Result<Option<Arc<[UpstreamKey]>>, E>>,
    ) -> Result<Arc<[UpstreamKey]>, Miss<E>> {
        self.counted(Sought::References, &self.keys, referred, search).await
    }

    /// Forgets which keys a value stands for.
    pub async fn forget_keys(&self, referred: &Referred) {
        self.keys.forget(referred).await;
    }

    /// What a key of the reference of that number stands for.
    pub async fn known_value(&self, reference: usize, key: &UpstreamKey) -> Option<Value<'static>> {
        let known = self.values.known(&(reference, key.clone())).await;
        self.count(Sought::References, known.is_some());
        known
    }

    /// What a key stands for that was not [known](Self::known_value), remembered meanwhile or as
    /// `search` finds it: one search for many who ask at once.
    ///
    /// # Errors
    /// [`Miss`].
    pub async fn find_value<E: Send + Sync + 'static>(
        &self,
        reference: usize,
        key: UpstreamKey,
        search: impl Future<Output = Result<Option<Value<'static>>, E>>,
    ) -> Result<Value<'static>, Miss<E>> {
        self.values.find((reference, key), search).await
    }

    /// Remembers what a key stands for, as it was just seen. A value of which another was
    /// remembered has changed: what that one stood for is looked up again.
    pub async fn remember_value(&self, reference: usize, key: UpstreamKey, value: Value<'static>) {
        let question = (reference, key);
        if let Some(old) = self.values.known(&question).await
            && old != value
        {
            for referred in [&old, &value] {
                for exact in [true, false] {
                    self.keys.forget(&Referred::new(reference, referred, exact)).await;
                }
            }
        }
        self.values.remember(question, value).await;
    }

    /// Forgets what a key stands for.
    pub async fn forget_value(&self, reference: usize, key: &UpstreamKey) {
        self.values.forget(&(reference, key.clone())).await;
    }
}
