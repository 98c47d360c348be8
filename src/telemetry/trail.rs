//! What a request leaves behind: who asked, for what, how it was answered, and which calls it
//! became. One allocation, made when the request comes and kept as it is when it ends.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Call, CallerTally, Cause, Operation, Outcome, Status, Tally, Telemetry};

/// The most calls of one request that are told one by one.
const STEPS: usize = 16;

/// The longest id: eight digits, a hyphen, and sixteen more.
const LONGEST: usize = 25;

/// A request's id, as the log and the answer's `x-request-id` have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId {
    bytes: [u8; LONGEST],
    length: usize,
}

impl RequestId {
    /// The id of the request of that number, in hexadecimal digits; `prefix` tells this process's
    /// ids from those of its other runs and replicas.
    #[must_use]
    pub fn numbered(prefix: u32, number: u64) -> Self {
        let digits = number.checked_ilog2().map_or(1, |highest| highest as usize / 4 + 1);
        let length = 8 + 1 + digits;
        let mut bytes = [b'-'; LONGEST];
        let mut write = |number: u64, place: Range<usize>| {
            let room = bytes.get_mut(place).unwrap_or_default();
            for (byte, behind) in room.iter_mut().rev().zip(0..) {
                *byte = digit(number >> (4 * behind));
            }
        };
        write(prefix.into(), 0..8);
        write(number, 9..length);
        Self { bytes, length }
    }

    /// A word instead of a number, for what nobody sent; at most 25 bytes of it.
    #[must_use]
    pub fn named(word: &str) -> Self {
        let length = word.floor_char_boundary(LONGEST);
        let mut bytes = [b'-'; LONGEST];
        for (byte, from) in bytes.iter_mut().zip(word.bytes().take(length)) {
            *byte = from;
        }
        Self { bytes, length }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.length).unwrap_or_default();
        // Both ways of making one write whole characters only.
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// The last hexadecimal digit of a number.
fn digit(number: u64) -> u8 {
    match (number & 15) as u8 {
        digit @ 0..10 => b'0' + digit,
        digit => b'a' + digit - 10,
    }
}

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

    fn step(&self, step: Step) {
        let mut story = self.lock();
        let place = story.calls;
        story.calls = place.saturating_add(1);
        if let Some(room) = story.steps.get_mut(place) {
            *room = Some(step);
        }
    }

    /// Counts the request, and keeps its trail with those of its project's callers, or with the
    /// strangers' where nobody knows who sent it. Says how long it took.
    fn end(self, status: Option<u16>, telemetry: &Telemetry) -> Duration {
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

/// A request under way: when this is dropped it has ended, with an answer or without one.
#[derive(Debug)]
pub struct Ending {
    /// Until it has ended.
    trail: Option<Trail>,
    telemetry: Arc<Telemetry>,
}

impl Ending {
    /// Waits for the end of a request.
    #[must_use]
    pub fn new(trail: Trail, telemetry: Arc<Telemetry>) -> Self {
        Self { trail: Some(trail), telemetry }
    }

    /// The request is answered with that status. Says how long it took.
    pub fn answered(mut self, status: u16) -> Duration {
        self.end(Some(status))
    }

    fn end(&mut self, status: Option<u16>) -> Duration {
        self.trail.take().map(|trail| trail.end(status, &self.telemetry)).unwrap_or_default()
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.end(None);
    }
}

/// A call of the upstream under way: when this is dropped it has ended, with an outcome or because
/// nobody waits for it any more.
#[derive(Debug)]
pub struct Calling<'a> {
    tally: &'a Tally,
    trail: &'a Trail,
    call: Call,
    begun: Duration,
    outcome: Outcome,
    status: Option<u16>,
}

impl<'a> Calling<'a> {
    /// Begins a call for a request.
    #[must_use]
    pub fn begin(tally: &'a Tally, trail: &'a Trail, call: Call) -> Self {
        let begun = tally.now();
        Self { tally, trail, call, begun, outcome: Outcome::Abandoned, status: None }
    }

    /// The call has an outcome, and a status where it was answered.
    pub fn ended(mut self, outcome: Outcome, status: Option<u16>) {
        (self.outcome, self.status) = (outcome, status);
    }
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        let Self { tally, trail, call, begun, outcome, status } = *self;
        let duration = tally.now().saturating_sub(begun);
        tally.called(call, outcome, duration);
        let microseconds = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        trail.step(Step { call, outcome, status, microseconds });
    }
}
