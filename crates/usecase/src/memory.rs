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
}

impl<V> Default for Shard<V> {
    fn default() -> Self {
        Shard { places: HashMap::new(), kept: Vec::new(), hand: 0, hits: 0, misses: 0 }
    }
}

impl<V> Shard<V> {
    fn put(&mut self, number: Number, value: V, room: usize) {
        let place = Place { number, value, used: false };
        if let Some(at) = self.places.get(&number) {
            self.kept[*at as usize] = place;
        } else if self.kept.len() < room {
            self.places.insert(number, self.kept.len() as u32);
            self.kept.push(place);
        } else if room > 0 {
            // once around at most: then all of them were asked for, and the first goes
            while std::mem::take(&mut self.kept[self.hand].used) {
                self.hand = (self.hand + 1) % self.kept.len();
            }
            self.places.remove(&self.kept[self.hand].number);
            self.places.insert(number, self.hand as u32);
            self.kept[self.hand] = place;
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
    /// What is kept.
    pub kept: u64,
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

    /// What `take` takes from what is kept for this number; `None` where nothing is kept, or `take` does not want it.
    pub(crate) fn get<T>(&self, number: Number, take: impl FnOnce(&V) -> Option<T>) -> Option<T> {
        let mut shard = self.shard(number);
        let Shard { places, kept, hits, misses, .. } = &mut *shard;
        let place = places.get(&number).map(|at| &mut kept[*at as usize]);
        let taken = place.and_then(|place| {
            let taken = take(&place.value);
            place.used |= taken.is_some();
            taken
        });
        if taken.is_some() {
            *hits += 1;
        } else {
            *misses += 1;
        }
        taken
    }

    /// Keeps a value.
    pub(crate) fn put(&self, number: Number, value: V) {
        self.shard(number).put(number, value, self.room);
    }

    /// What it did.
    pub(crate) fn counts(&self) -> Counts {
        let mut sum = Counts::default();
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            sum.hits += shard.hits;
            sum.misses += shard.misses;
            sum.kept += shard.kept.len() as u64;
        }
        sum
    }
}
