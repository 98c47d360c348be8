//! Failed attempts, charged to the address they came from.

use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};

use super::{Pulse, Until};
use crate::gate::Denied;
use crate::seam::{Clock, PeerAddr};

/// How soon after one sweep the next may come.
const SWEEP_INTERVAL: Duration = Duration::from_secs(10);

/// How many failures a peer may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailurePace {
    /// Failures a second, in the long run.
    pub per_second: NonZeroU32,
    /// Failures at once, after a pause.
    pub burst: NonZeroU32,
    /// The most peers that are remembered apart; those beyond share one charge.
    pub peers: usize,
}

impl Default for FailurePace {
    /// One a second, ten at once, 65 536 peers (a few MiB when all are there).
    fn default() -> Self {
        const PER_SECOND: NonZeroU32 = NonZeroU32::new(1).unwrap();
        const BURST: NonZeroU32 = NonZeroU32::new(10).unwrap();
        Self { per_second: PER_SECOND, burst: BURST, peers: 65_536 }
    }
}

/// The failures of every peer. It never holds an answer back: whoever is over the limit is told
/// so at once, because a held connection is what an attacker wants.
pub struct FailureLimit {
    pace: FailurePace,
    clock: Pulse,
    peers: RateLimiter<Peer, PeerStates, Pulse, NoOpMiddleware<Duration>>,
    last_sweep: Mutex<Duration>,
}

impl FailureLimit {
    /// A limit that nothing was charged to yet.
    #[must_use]
    pub fn new(pace: FailurePace, clock: Arc<dyn Clock>) -> Self {
        let clock = Pulse(clock);
        let quota = Quota::per_second(pace.per_second).allow_burst(pace.burst);
        let states = PeerStates { capacity: pace.peers, states: Mutex::default() };
        let last_sweep = Mutex::new(clock.0.monotonic());
        Self { pace, peers: RateLimiter::new(quota, states, clock.clone()), clock, last_sweep }
    }

    /// The pace it was made with.
    #[must_use]
    pub fn pace(&self) -> FailurePace {
        self.pace
    }

    /// Charges one failed attempt to `peer`.
    ///
    /// # Errors
    /// [`Denied::TooManyFailures`] when the peer has had too many.
    pub fn charge(&self, peer: PeerAddr) -> Result<(), Denied> {
        self.sweep();
        let now = self.clock.0.monotonic();
        self.peers.check_key(&Peer::of(peer)).map_err(|until| Denied::TooManyFailures {
            retry_after: until.earliest_possible().saturating_duration(now),
        })
    }

    /// Forgets peers that are as good as new. A sweep visits every peer, so that it must not
    /// happen at each charge.
    fn sweep(&self) {
        let now = self.clock.0.monotonic();
        let mut last = lock(&self.last_sweep);
        if now.saturating_sub(*last) < SWEEP_INTERVAL {
            return;
        }
        *last = now;
        drop(last);
        self.peers.retain_recent();
        self.peers.shrink_to_fit();
    }
}

impl fmt::Debug for FailureLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FailureLimit").field("pace", &self.pace).finish_non_exhaustive()
    }
}

/// Who is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Peer {
    V4(u32),
    /// The first half of an IPv6 address: the other half is anybody's to choose.
    V6(u64),
    /// Everybody for whom there was no room.
    Everybody,
}

impl Peer {
    fn of(PeerAddr(address): PeerAddr) -> Self {
        match address.ip().to_canonical() {
            IpAddr::V4(address) => Self::V4(address.to_bits()),
            IpAddr::V6(address) => Self::V6((address.to_bits() >> 64) as u64),
        }
    }
}

/// Governor's state of each peer, with an end to how many there are.
struct PeerStates {
    capacity: usize,
    states: Mutex<HashMap<Peer, Nanos>>,
}

impl StateStore for PeerStates {
    type Key = Peer;

    fn measure_and_replace<T, F, E>(&self, peer: &Peer, measure: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let mut states = lock(&self.states);
        let full = states.len() >= self.capacity;
        let peer = if full && !states.contains_key(peer) { Peer::Everybody } else { *peer };
        let (outcome, state) = measure(states.get(&peer).copied())?;
        states.insert(peer, state);
        Ok(outcome)
    }
}

impl ShrinkableKeyedStateStore<Peer> for PeerStates {
    fn retain_recent(&self, drop_below: Nanos) {
        lock(&self.states).retain(|_, state| *state > drop_below);
    }

    fn shrink_to_fit(&self) {
        lock(&self.states).shrink_to_fit();
    }

    fn len(&self) -> usize {
        lock(&self.states).len()
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Nothing panics while it holds these locks; and if it did, what they guard would still be whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seam::fake::FakeClock;

    fn peer(address: &str) -> PeerAddr {
        PeerAddr(format!("{address}:1").parse().unwrap())
    }

    fn limit(peers: usize) -> (Arc<FakeClock>, FailureLimit) {
        let clock = FakeClock::new();
        let pace = FailurePace { peers, ..FailurePace::default() };
        (Arc::clone(&clock), FailureLimit::new(pace, clock))
    }

    #[test]
    fn ten_at_once_then_one_a_second() {
        let (clock, limit) = limit(4);
        let bad = peer("192.0.2.1");
        for _ in 0..10 {
            assert_eq!(limit.charge(bad), Ok(()));
        }
        let denied = limit.charge(bad).unwrap_err();
        assert_eq!(denied, Denied::TooManyFailures { retry_after: Duration::from_secs(1) });
        assert_eq!(limit.charge(peer("192.0.2.2")), Ok(()));
        clock.advance(Duration::from_secs(1));
        assert_eq!(limit.charge(bad), Ok(()));
        assert!(limit.charge(bad).is_err());
    }

    #[test]
    fn an_ipv6_network_is_one_peer_and_a_mapped_address_is_ipv4() {
        let of = |address| Peer::of(peer(address));
        assert_eq!(of("[2001:db8:1:2::3]"), of("[2001:db8:1:2:ffff::4]"));
        assert_ne!(of("[2001:db8:1:2::3]"), of("[2001:db8:1:3::3]"));
        assert_eq!(of("[::ffff:192.0.2.1]"), of("192.0.2.1"));
    }

    #[test]
    fn beyond_the_cap_newcomers_share_one_charge_and_old_ones_keep_theirs() {
        let (clock, limit) = limit(2);
        for _ in 0..10 {
            limit.charge(peer("192.0.2.1")).unwrap();
        }
        limit.charge(peer("192.0.2.2")).unwrap();
        for last in 3..13 {
            limit.charge(peer(&format!("192.0.2.{last}"))).unwrap();
        }
        assert!(limit.charge(peer("192.0.2.99")).is_err());
        assert!(limit.charge(peer("192.0.2.1")).is_err());
        assert_eq!(limit.charge(peer("192.0.2.2")), Ok(()));
        assert_eq!(limit.peers.len(), 3);
        clock.advance(Duration::from_secs(60));
        assert_eq!(limit.charge(peer("192.0.2.99")), Ok(()));
        assert_eq!(limit.peers.len(), 1);
    }
}
