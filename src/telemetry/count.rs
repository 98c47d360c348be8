//! Counters without a lock and without an allocation: all of them are there from the load on.

use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Label;

/// One counter for each label of a set.
#[derive(Debug)]
pub struct Counters<L>(Table<L, Sole>);

/// The set of one label, which is not shown.
#[derive(Clone, Copy, Debug)]
struct Sole;

impl Label for Sole {
    const ALL: &'static [Self] = &[Self];

    fn name(self) -> &'static str {
        ""
    }

    fn place(self) -> usize {
        0
    }
}

impl<L: Label> Default for Counters<L> {
    fn default() -> Self {
        Self(Table::default())
    }
}

impl<L: Label> Counters<L> {
    /// Counts one more.
    pub fn count(&self, label: L) {
        self.0.count(label, Sole);
    }

    /// Every label with its count.
    pub fn iter(&self) -> impl Iterator<Item = (L, u64)> {
        self.0.iter().map(|(label, _, count)| (label, count))
    }
}

/// One counter for each pair of labels.
#[derive(Debug)]
pub struct Table<R, C> {
    counts: Box<[AtomicU64]>,
    labels: PhantomData<(R, C)>,
}

impl<R: Label, C: Label> Default for Table<R, C> {
    fn default() -> Self {
        let counts = (0..R::ALL.len() * C::ALL.len()).map(|_| AtomicU64::new(0)).collect();
        Self { counts, labels: PhantomData }
    }
}

impl<R: Label, C: Label> Table<R, C> {
    /// Counts one more.
    pub fn count(&self, row: R, column: C) {
        // Each label has a place, by the definition of a label.
        if let Some(count) = self.counts.get(row.place() * C::ALL.len() + column.place()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Every pair with its count.
    pub fn iter(&self) -> impl Iterator<Item = (R, C, u64)> {
        let pairs = R::ALL.iter().flat_map(|row| C::ALL.iter().map(move |column| (*row, *column)));
        let counts = self.counts.iter().map(|count| count.load(Ordering::Relaxed));
        pairs.zip(counts).map(|((row, column), count)| (row, column, count))
    }
}

/// The upper bounds of the buckets, in microseconds: from what a near server needs to what a
/// request may take at most.
const BOUNDS: [u64; 12] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000, 30_000_000,
];

/// How long things took, in buckets.
#[derive(Debug, Default)]
pub struct Durations {
    /// Those within each bound and above the one before.
    buckets: [AtomicU64; BOUNDS.len()],
    /// Those above the last bound.
    longer: AtomicU64,
    /// All of them together, in microseconds.
    sum: AtomicU64,
}

impl Durations {
    /// Counts one more.
    pub fn observe(&self, duration: Duration) {
        let microseconds = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        let bucket = BOUNDS.iter().position(|bound| microseconds <= *bound);
        let bucket = bucket.and_then(|place| self.buckets.get(place)).unwrap_or(&self.longer);
        bucket.fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(microseconds, Ordering::Relaxed);
    }

    /// The bounds in seconds, each with how many lie within it and above the one before; the last
    /// one is infinite.
    pub fn buckets(&self) -> impl Iterator<Item = (f64, u64)> {
        let bounds = BOUNDS.iter().map(|bound| Duration::from_micros(*bound).as_secs_f64());
        let counts = self.buckets.iter().chain([&self.longer]);
        bounds.chain([f64::INFINITY]).zip(counts.map(|count| count.load(Ordering::Relaxed)))
    }

    /// All of them together, in seconds.
    #[must_use]
    pub fn sum(&self) -> f64 {
        Duration::from_micros(self.sum.load(Ordering::Relaxed)).as_secs_f64()
    }
}
