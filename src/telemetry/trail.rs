//! What a request leaves behind: who asked, for what, how it was answered, and which calls it
//! became. One allocation, made when the request comes and kept as it is when it ends.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Call, CallerTally, Cause, Operation, Outcome, RequestId, Status, Tally, Telemetry};

/// The most calls of one request that are told one by one.
const STEPS: usize = 16;

/// A call of the upstream. Repetitions of it and the fetching of a token are part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was asked.
    pub call: Call,
    /// What came of it.
    pub outcome: Outcome,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// How long it took, in microseconds.
    pub microseconds: u32,
}

/// What is known of a request.
#[derive(Clone, Debug)]
pub struct Story {
    /// The project under whose path it was sent; once it has ended, only its name is kept.
    tally: Option<Arc<Tally>>,
    /// That project's name.
    pub project: Option<Arc<str>>,
    /// Who sent it.
    pub caller: Option<Arc<CallerTally>>,
    /// What it asked for.
    pub operation: Operation,
    /// Why it went no further.
    pub cause: Option<Cause>,
    /// The `scimType` of its answer (RFC 7644 §3.12).
    pub scim_type: Option<&'static str>,
    /// The status of its answer; `None` when the client went away first.
    pub status: Option<u16>,
    /// How long it took.
    pub duration: Duration,
    steps: [Option<Step>; STEPS],
    calls: usize,
}

impl Story {
    /// The calls that it became, the first ones where there are many.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().flatten()
    }

    /// How many calls it became.
    #[must_use]
    pub fn calls(&self) -> usize {
        self.calls
    }
}

/// The trail of one request. Clones are one and the same.
#[derive(Clone, Debug)]
pub struct Trail(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: RequestId,
    method: &'static str,
    begun: Duration,
    story: Mutex<Story>,
}

impl Trail {
    /// Begins the trail of a request that came at `begun` on the monotonic clock.
    #[must_use]
    pub fn new(id: RequestId, method: &'static str, begun: Duration) -> Self {
        let story = Story {
            tally: None,
            project: None,
            caller: None,
            operation: Operation::Other,
            cause: None,
            scim_type: None,
            status: None,
            duration: Duration::ZERO,
            steps: [None; STEPS],
            calls: 0,
        };
        Self(Arc::new(Inner { id, method, begun, story: Mutex::new(story) }))
    }

    /// The trail of something that nobody sent, which is not counted: a command's own doing.
    #[must_use]
    pub fn of_command(word: &str) -> Self {
        Self::new(RequestId::named(word), "", Duration::ZERO)
    }

    /// The request's id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.id.as_str()
    }

    /// The request's method, as HTTP writes it; `other` for one that no endpoint knows.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.0.method
    }

    /// When it came, on the monotonic clock.
    #[must_use]
    pub fn begun(&self) -> Duration {
        self.0.begun
    }

    /// What is known so far.
    #[must_use]
    pub fn story(&self) -> Story {
        self.lock().clone()
    }

    /// Notes under which project's path it was sent.
    pub fn enter(&self, tally: &Arc<Tally>) {
        self.lock().tally = Some(Arc::clone(tally));
    }

    /// Notes who sent it.
    pub fn admit(&self, caller: &Arc<CallerTally>) {
        self.lock().caller = Some(Arc::clone(caller));
    }

    /// Notes what it asks for.
    pub fn ask(&self, operation: Operation) {
        self.lock().operation = operation;
    }

    /// Notes that it is refused.
    pub fn refuse(&self, cause: Option<Cause>, scim_type: Option<&'static str>) {
        let mut story = self.lock();
        (story.cause, story.scim_type) = (cause, scim_type);
    }

    pub(super) fn step(&self, step: Step) {
        let mut story = self.lock();
        let place = story.calls;
        story.calls = place.saturating_add(1);
        if let Some(room) = story.steps.get_mut(place) {
            *room = Some(step);
        }
    }

    /// Counts the request, and keeps its trail with those of its project's callers, or with the
    /// strangers' where nobody knows who sent it. Says how long it took.
    pub(super) fn end(self, status: Option<u16>, telemetry: &Telemetry) -> Duration {
        let mut story = self.lock();
        // A project keeps its trails, and must not be kept by them.
        let project = story.tally.take();
        let tally = project.as_deref().unwrap_or(&telemetry.elsewhere);
        story.project = project.as_ref().map(|tally| Arc::clone(&tally.name));
        story.status = status;
        let duration = tally.now().saturating_sub(self.0.begun);
        story.duration = duration;
        tally.took(story.operation, duration);
        if let Some(cause) = story.cause {
            tally.refusals.count(cause);
        }
        let (requests, ring) = match &story.caller {
            Some(caller) => (&caller.requests, &tally.ring),
            None => (&tally.strangers, &telemetry.strangers),
        };
        requests.count(story.operation, Status::of(status));
        drop(story);
        ring.keep(self);
        duration
    }

    fn lock(&self) -> MutexGuard<'_, Story> {
        self.0.story.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
