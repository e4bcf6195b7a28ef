//! Tries of passwords: so many wrong ones, counted so that nobody can lock another out.
//!
//! Why three counts: a count for a name alone would let anybody use it up for its owner. So a browser that is not known
//! is counted with its source, a browser that its owner logged in with before by itself, and sources by themselves. The
//! one count of a name alone is high, and past it known browsers still come in (ADR 26).
//! Invariant: a count is taken before the password is looked at and given back when it was right, so that many tries at
//! once are as many.

use crate::error::{Error, Kind, Result};
use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tegata_domain::time::Timestamp;
use tokio::sync::Semaphore;

/// What is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// A source: an address, or the network that one household has.
    Source(IpAddr),
    /// A known browser.
    Browser(String),
    /// A name tried from a source.
    Pair(String, IpAddr),
    /// A name, wherever it is tried from.
    Name(String),
}

impl Key {
    /// How many wrong ones, and in which time one is forgiven.
    fn allowance(&self) -> (u32, Duration) {
        let seconds = Duration::from_secs;
        match self {
            Key::Source(_) => (20, seconds(30)),
            Key::Browser(_) => (10, seconds(90)),
            Key::Pair(..) => (3, seconds(60)),
            Key::Name(_) => (1000, seconds(86)),
        }
    }
}

/// Counts that are kept; the oldest goes for a new one.
const KEPT: usize = 1 << 16;
/// Passwords that wait to be hashed.
const WAITING: u32 = 64;

#[derive(Default)]
struct Counts {
    counts: HashMap<Key, (u32, Timestamp)>,
    order: VecDeque<Key>,
}

impl Counts {
    /// What is left of the wrong ones after a time.
    fn spent(&self, key: &Key, now: Timestamp) -> u32 {
        let Some((spent, since)) = self.counts.get(key) else { return 0 };
        let forgiven = now.since(*since).as_millis() / key.allowance().1.as_millis().max(1);
        spent.saturating_sub(u32::try_from(forgiven).unwrap_or(u32::MAX))
    }

    fn add(&mut self, key: &Key, now: Timestamp) {
        let spent = self.spent(key, now) + 1;
        if self.counts.insert(key.clone(), (spent, now)).is_none() {
            self.order.push_back(key.clone());
        }
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.counts.remove(&oldest);
            }
        }
    }

    fn give_back(&mut self, key: &Key) {
        if let Some((spent, _)) = self.counts.get_mut(key) {
            *spent = spent.saturating_sub(1);
        }
    }
}

/// Stands between who would log in and the passwords.
pub struct Guard {
    counts: Mutex<Counts>,
    /// Hashing takes a core and 19 MiB each.
    hashing: Semaphore,
    waiting: AtomicU32,
}

impl Default for Guard {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Guard { counts: Mutex::default(), hashing: Semaphore::new(cores), waiting: AtomicU32::new(0) }
    }
}

/// The addresses that one household or office has: all of an IPv6 network are one.
fn network(source: IpAddr) -> IpAddr {
    match source {
        IpAddr::V4(_) => source,
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => IpAddr::V4(mapped),
            None => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
        },
    }
}

impl Guard {
    /// Counts a try, or refuses it.
    pub(super) fn admit(&self, name: &str, source: IpAddr, browser: Option<&str>, now: Timestamp) -> Result<Vec<Key>> {
        let source = network(source);
        let keys = match browser {
            Some(known) => vec![Key::Browser(known.to_owned())],
            None => vec![Key::Source(source), Key::Pair(name.to_owned(), source), Key::Name(name.to_owned())],
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.iter().any(|key| counts.spent(key, now) >= key.allowance().0) {
            let text = "too many wrong passwords; wait some minutes, or log in with a passkey or in a browser that you \
                        used before, or ask your administrator for a new link";
            return Err(Error::new(Kind::Throttled, "too_many", text));
        }
        keys.iter().for_each(|key| counts.add(key, now));
        Ok(keys)
    }

    /// It was right, and does not count.
    pub(super) fn right(&self, counted: &[Key]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        counted.iter().for_each(|key| counts.give_back(key));
    }

    /// Does slow work of hashing: as many at once as there are cores, and not more than some wait.
    pub(crate) async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        if self.waiting.fetch_add(1, Relaxed) >= WAITING {
            self.waiting.fetch_sub(1, Relaxed);
            return Err(Error::new(Kind::Unavailable, "overloaded", "too many log in at once; try again in a moment"));
        }
        let turn = self.hashing.acquire().await;
        self.waiting.fetch_sub(1, Relaxed);
        let _turn = turn.map_err(Error::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWNER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(0).plus(Duration::from_secs(seconds))
    }

    fn stranger(number: u32) -> IpAddr {
        IpAddr::V4((0xc633_6400 + number).into())
    }

    #[test]
    fn a_source_has_some_tries_and_gets_them_back() {
        let guard = Guard::default();
        for _ in 0..3 {
            guard.admit("admin", OWNER, None, at(0)).unwrap();
        }
        assert_eq!(guard.admit("admin", OWNER, None, at(0)).unwrap_err().kind, Kind::Throttled);
        assert!(guard.admit("admin", OWNER, None, at(60)).is_ok());
        assert!(guard.admit("admin", OWNER, None, at(60)).is_err());
    }

    #[test]
    fn right_ones_do_not_count() {
        let guard = Guard::default();
        for _ in 0..100 {
            let counted = guard.admit("admin", OWNER, None, at(0)).unwrap();
            guard.right(&counted);
        }
    }

    #[test]
    fn fifty_strangers_lock_nobody_out() {
        let guard = Guard::default();
        let mut refused = 0;
        for second in 0..600 {
            for number in 0..50 {
                refused += u32::from(guard.admit("admin", stranger(number), None, at(second)).is_err());
            }
        }
        assert!(refused > 29_000, "{refused}");
        assert!(guard.admit("admin", OWNER, None, at(600)).is_ok(), "from a source of one's own");
        assert!(guard.admit("admin", stranger(1), Some("known"), at(600)).is_ok(), "from a known browser at theirs");
    }

    #[test]
    fn past_the_ceiling_of_a_name_known_browsers_come_in() {
        let guard = Guard::default();
        for number in 0..1100 {
            let _counted = guard.admit("admin", stranger(number), None, at(0));
        }
        assert!(guard.admit("admin", OWNER, None, at(0)).is_err());
        assert!(guard.admit("admin", OWNER, Some("known"), at(0)).is_ok());
        assert!(guard.admit("other", OWNER, None, at(0)).is_ok());
    }

    #[test]
    fn a_network_is_one_source() {
        let one = |text: &str| network(text.parse().unwrap());
        assert_eq!(one("2001:db8::1"), one("2001:db8::ffff:2"));
        assert_ne!(one("2001:db8::1"), one("2001:db8:0:1::1"));
        assert_eq!(one("::ffff:192.0.2.1"), OWNER);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut counts = Counts::default();
        for number in 0..KEPT as u32 + 10 {
            counts.add(&Key::Source(stranger(number)), at(0));
        }
        assert_eq!((counts.counts.len(), counts.order.len()), (KEPT, KEPT));
    }
}
