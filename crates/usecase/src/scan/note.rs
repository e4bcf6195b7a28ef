//! Look-ups that were not written down yet.
//!
//! Why in memory: a look-up must not cost a write. What a crash takes is the last few seconds.
//! Invariant: one network counts once a device and day. That it was here is known by a code under a key of the day, which
//! is gone with it; its address is looked at, and not kept.

use crate::address::{Key, Network, veiled};
use crate::cx::Inner;
use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tegata_domain::chance;
use tegata_domain::id::DeviceRow;
use tegata_domain::measure::Counter;
use tegata_domain::scan::{Count, Day, Place};
use tegata_domain::time::Timestamp;

/// Networks and devices that are told apart on one day: 16 MB. Past that nothing more is counted until midnight.
const TODAY: usize = 1_000_000;
/// Devices that may wait to be written down.
const WAITING: usize = 200_000;
/// What the key of a week is derived with: all nodes have the same, and it needs no place.
const WEEK: &str = "scan week";

/// Counts of one device by day and place.
pub(super) type Counts = HashMap<(Day, Place), u32>;

#[derive(Default)]
struct Inside {
    /// The day, its key, and who was here.
    today: Option<(Day, Key, HashSet<u64>)>,
    waiting: HashMap<DeviceRow, Counts>,
}

/// Look-ups since the last flush.
#[derive(Default)]
pub struct Scans {
    inside: Mutex<Inside>,
    dropped: Counter,
}

/// How full the memory of look-ups is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filled {
    /// Devices that wait to be written down.
    pub waiting: u64,
    /// How many may.
    pub room: u64,
    /// Look-ups that found no room.
    pub dropped: u64,
}

impl Scans {
    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts that somebody at `address` looked at the page of a device.
    pub(crate) fn note(&self, device: DeviceRow, address: IpAddr, now: Timestamp, cx: &Inner) {
        if !cx.settings.lookup.count {
            return;
        }
        let (day, network) = (Day::of(now), Network::of(address));
        let place = place(address, day, cx);
        let mut guard = self.lock();
        let Inside { today, waiting } = &mut *guard;
        let known = today.take().filter(|today| today.0 == day);
        let (_, key, here) = today.insert(known.unwrap_or_else(|| (day, chance::bytes(&*cx.chance), HashSet::new())));
        let code = veiled(key, &device.0.to_be_bytes(), network);
        if here.contains(&code) {
            return;
        }
        if here.len() >= TODAY || (waiting.len() >= WAITING && !waiting.contains_key(&device)) {
            self.dropped.one();
            return;
        }
        here.insert(code);
        *waiting.entry(device).or_default().entry((day, place)).or_default() += 1;
    }

    /// How full it is.
    pub fn filled(&self) -> Filled {
        Filled { waiting: self.lock().waiting.len() as u64, room: WAITING as u64, dropped: self.dropped.read() }
    }

    /// What was looked up in a giver's time is not the taker's to know.
    pub(crate) fn forget(&self, device: DeviceRow) {
        self.lock().waiting.remove(&device);
    }

    /// Look-ups of a device that are not written down yet.
    pub(crate) fn waiting(&self, device: DeviceRow) -> Vec<Count> {
        self.lock().waiting.get(&device).map(list).unwrap_or_default()
    }

    /// What waits to be written down. Who was here before `today` is forgotten, and with the key the codes mean nothing.
    pub(super) fn take(&self, today: Day) -> HashMap<DeviceRow, Counts> {
        let mut inside = self.lock();
        inside.today.take_if(|known| known.0 != today);
        std::mem::take(&mut inside.waiting)
    }

    /// Takes back what could not be written down.
    pub(super) fn give_back(&self, all: impl Iterator<Item = (DeviceRow, Vec<Count>)>) {
        let mut inside = self.lock();
        for (device, counts) in all {
            let known = inside.waiting.entry(device).or_default();
            for Count { day, place, count } in counts {
                *known.entry((day, place)).or_default() += count;
            }
        }
    }
}

/// The counts of a device, in order.
pub(super) fn list(counts: &Counts) -> Vec<Count> {
    let mut all: Vec<Count> =
        counts.iter().map(|((day, place), count)| Count { day: *day, place: *place, count: *count }).collect();
    all.sort_unstable_by_key(|count| (count.day, count.place));
    all
}

/// Where a look-up came from, as coarsely as it is kept.
fn place(address: IpAddr, day: Day, cx: &Inner) -> Place {
    let countries = &cx.settings.lookup.countries;
    if !countries.is_empty() {
        return countries.of(address).map_or(Place::Unknown, Place::Country);
    }
    let network = Network::of(address);
    let told = [&day.week().to_be_bytes()[..], network.wide()].concat();
    Place::Group(cx.seal.mac(WEEK, &told)[0])
}
