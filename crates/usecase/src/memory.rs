//! What is kept in memory of devices, by number: as many as were asked for, and no more. Then those go that nobody asked
//! for lately.
//!
//! Invariant: it never holds more than its bound. Whether something that is kept still holds is for who keeps it to say.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tegata_domain::number::Number;

/// Parts with a lock each.
pub(crate) const SHARDS: usize = 64;

struct Place<V> {
    number: Number,
    value: V,
    /// Asked for since the hand came by.
    used: bool,
}

struct Shard<V> {
    places: HashMap<Number, u32>,
    kept: Vec<Place<V>>,
    /// Where the next one to go is looked for.
    hand: usize,
    hits: u64,
    misses: u64,
    evicted: u64,
}

impl<V> Default for Shard<V> {
    fn default() -> Self {
        Shard { places: HashMap::new(), kept: Vec::new(), hand: 0, hits: 0, misses: 0, evicted: 0 }
    }
}

impl<V> Shard<V> {
    fn put(&mut self, number: Number, value: impl FnOnce(Option<&V>) -> V, room: usize) {
        let place = |before: Option<&Place<V>>| {
            let value = value(before.map(|place| &place.value));
            Place { number, value, used: false }
        };
        if let Some(at) = self.places.get(&number) {
            let kept = &mut self.kept[*at as usize];
            *kept = place(Some(kept));
        } else if self.kept.len() < room {
            self.places.insert(number, self.kept.len() as u32);
            self.kept.push(place(None));
        } else if room > 0 {
            // once around at most: then all of them were asked for, and the first goes
            while std::mem::take(&mut self.kept[self.hand].used) {
                self.hand = (self.hand + 1) % self.kept.len();
            }
            self.evicted += 1;
            self.places.remove(&self.kept[self.hand].number);
            self.places.insert(number, self.hand as u32);
            self.kept[self.hand] = place(None);
            self.hand = (self.hand + 1) % self.kept.len();
        }
    }
}

/// What a memory did since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Answered from it.
    pub hits: u64,
    /// Not.
    pub misses: u64,
    /// What went for others.
    pub evicted: u64,
    /// What is kept.
    pub kept: u64,
    /// How much may be.
    pub room: u64,
}

/// What somebody takes from what is kept.
pub(crate) enum Taken<T> {
    /// Nothing: it does not hold.
    Nothing,
    /// What counts as answered.
    Answer(T),
    /// What counts neither as answered nor as missed.
    Aside(T),
}

/// What is kept, by number.
pub(crate) struct Memory<V> {
    shards: Box<[Mutex<Shard<V>>]>,
    /// Values in one shard.
    room: usize,
}

impl<V> Memory<V> {
    /// For at most so many devices, rounded up to fill all parts.
    pub(crate) fn of(entries: usize) -> Self {
        let room = entries.div_ceil(SHARDS).min(u32::MAX as usize);
        Memory { shards: (0..SHARDS).map(|_| Mutex::default()).collect(), room }
    }

    /// Whether anything is kept at all.
    pub(crate) fn keeps(&self) -> bool {
        self.room > 0
    }

    fn shard(&self, number: Number) -> MutexGuard<'_, Shard<V>> {
        self.shards[number.spread() as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `take` takes from what is kept for this number; `None` where nothing is kept, or nothing of it was taken.
    pub(crate) fn get<T>(&self, number: Number, take: impl FnOnce(&mut V) -> Taken<T>) -> Option<T> {
        let mut shard = self.shard(number);
        let Shard { places, kept, hits, misses, .. } = &mut *shard;
        let place = places.get(&number).map(|at| &mut kept[*at as usize]);
        let Some(place) = place else {
            *misses += 1;
            return None;
        };
        match take(&mut place.value) {
            Taken::Nothing => {
                *misses += 1;
                None
            }
            Taken::Answer(taken) => {
                place.used = true;
                *hits += 1;
                Some(taken)
            }
            Taken::Aside(taken) => Some(taken),
        }
    }

    /// Keeps a value, made of what was kept for this number before.
    pub(crate) fn put(&self, number: Number, value: impl FnOnce(Option<&V>) -> V) {
        self.shard(number).put(number, value, self.room);
    }

    /// What it did.
    pub(crate) fn counts(&self) -> Counts {
        let mut sum = Counts { room: (self.room * SHARDS) as u64, ..Counts::default() };
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            sum.hits += shard.hits;
            sum.misses += shard.misses;
            sum.evicted += shard.evicted;
            sum.kept += shard.kept.len() as u64;
        }
        sum
    }
}
