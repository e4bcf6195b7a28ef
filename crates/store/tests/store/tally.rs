//! Counts: after whatever was done and refused, they are what a count of all devices says.

use crate::fixture::*;
use std::collections::BTreeMap;
use tegata_domain::batch::{Batch, Confirmation};
use tegata_domain::change::{Change, Made, Refused, Write};
use tegata_domain::device::{Condition, Device, Stage, Stamp};
use tegata_domain::event::{Event, EventKind};
use tegata_domain::id::*;
use tegata_domain::organisation::Organisation;
use tegata_domain::pulse::beats;
use tegata_domain::release::Running;
use tegata_domain::tally::{Place, Side, Standing};
use tegata_domain::time::Timestamp;
use tegata_store::{Ended, Page};

/// SplitMix64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ z >> 31) % end
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// What should stand in the store.
#[derive(Default)]
struct Model {
    devices: Vec<(Device, Option<ReleaseRow>)>,
    beats: BTreeMap<(i64, u8), u64>,
    /// Confirmed and voided by batch.
    batches: BTreeMap<i64, [u32; 2]>,
    issued: BTreeMap<i64, u32>,
}

const QUANTITIES: [(i64, u32); 2] = [(1, 10_000), (2, 60)];

impl Model {
    fn heard(&mut self, device: &Device, event: &Event) {
        for beat in beats(device, event) {
            *self.beats.entry((beat.organisation.0, beat.kind as u8)).or_default() += 1;
        }
    }

    fn made(&mut self, made: &Made) {
        self.heard(&made.device, &made.event);
        *self.issued.entry(made.device.batch.0).or_default() += 1;
        self.devices.push((made.device.clone(), None));
    }

    fn stepped(&mut self, at: usize, after: &Device, events: &[Event]) {
        events.iter().for_each(|event| self.heard(after, event));
        let before = &mut self.devices[at].0;
        let counts = self.batches.entry(after.batch.0).or_default();
        counts[0] += u32::from(events.iter().any(|event| event.kind == EventKind::Confirmed));
        counts[1] += u32::from(!after.confirmed && after.stage == Stage::Retired && before.stage != Stage::Retired);
        *before = after.clone();
    }

    fn places(&self, organisation: i64) -> BTreeMap<Place, u64> {
        let mut counts = BTreeMap::new();
        for (device, release) in &self.devices {
            for place in Standing::of(device, *release).places().filter(|place| place.organisation.0 == organisation) {
                *counts.entry(place).or_default() += 1;
            }
        }
        counts
    }
}

/// What a write would do to the model.
enum Effect {
    Made(Box<Made>),
    Step(usize, Box<Device>, Vec<Event>),
    Run(usize, Option<ReleaseRow>),
}

struct Play {
    dice: Dice,
    model: Model,
    next: i64,
    /// Devices that the changes of one request touch: each once.
    touched: Vec<usize>,
}

impl Play {
    /// A device that is made; sometimes one whose serial is taken, or for which its batch has no room.
    fn make(&mut self) -> (Change, Effect, bool) {
        let (row, batch) = (self.next, self.dice.of(&[1, 1, 2]));
        self.next += 1;
        let twice = self.dice.once_in(8) && !self.model.devices.is_empty();
        let serial = if twice { self.model.devices[0].0.serial.clone() } else { format!("S{row}") };
        let device = Device {
            batch: BatchRow(batch),
            product: ProductRow(1),
            confirmed: batch == 1,
            key: u128::from(row as u64).to_be_bytes(),
            ..device(row, &serial, 0)
        };
        let made = Made { device, certificate: certificate(row), epoch_key: [9; 32], event: event(1) };
        let change = Change::of("", vec![Write::Made(Box::new(made.clone()))]);
        (change, Effect::Made(Box::new(made)), !twice)
    }

    fn some(&mut self) -> Option<usize> {
        let at = self.dice.below(self.model.devices.len().max(1) as u64) as usize;
        (at < self.model.devices.len() && !self.touched.contains(&at)).then(|| {
            self.touched.push(at);
            at
        })
    }

    /// The next state of a device; sometimes decided on an older one.
    fn step(&mut self) -> Option<(Change, Effect, bool)> {
        let at = self.some()?;
        let before = self.model.devices[at].0.clone();
        let stale = self.dice.once_in(8);
        let confirms = !before.confirmed && self.dice.once_in(2);
        let stage = self.dice.of(&Stage::ALL).max(before.stage);
        let kind = if confirms { EventKind::Confirmed } else { self.dice.of(&[EventKind::Shipped, EventKind::Found]) };
        let sequence = before.sequence + 1;
        let mut after = Device {
            stage,
            condition: self.dice.of(&Condition::ALL),
            owner: OrganisationRow(self.dice.of(&[before.owner.0, 1, 2, 3])),
            confirmed: before.confirmed || confirms,
            sequence,
            ..before.clone()
        };
        if stage > before.stage {
            after.stamps.push(Stamp { stage, at: NOW, sequence: Some(sequence) });
        }
        let events = vec![Event { kind, ..event(sequence) }];
        let decided_on = before.sequence - u32::from(stale);
        let write = Write::Device { decided_on, device: Box::new(after.clone()), events: events.clone() };
        Some((Change::of("", vec![write]), Effect::Step(at, Box::new(after), events), !stale))
    }

    fn run(&mut self) -> Option<(Change, Effect, bool)> {
        let at = self.some()?;
        let release = self.dice.of(&[None, Some(ReleaseRow(1)), Some(ReleaseRow(2))]);
        let running = Running { device: self.model.devices[at].0.row, version: "1".into(), release, at: NOW };
        Some((Change::of("", vec![Write::Running(running)]), Effect::Run(at, release), true))
    }

    fn one(&mut self) -> Option<(Change, Effect, bool)> {
        let mut one = match self.dice.below(3) {
            0 => Some(self.make()),
            1 => self.step(),
            _ => self.run(),
        }?;
        if self.dice.once_in(6) {
            // what came before it in its change is undone with it
            one.0.writes.push(Write::Product(product()));
            one.2 = false;
        } else if self.dice.once_in(4) {
            one.0.writes.push(Write::OfferEnd(DeviceRow(1)));
        }
        Some(one)
    }

    fn took(&mut self, effect: Effect) {
        match effect {
            Effect::Made(made) => self.model.made(&made),
            Effect::Step(at, device, events) => self.model.stepped(at, &device, &events),
            Effect::Run(at, release) => self.model.devices[at].1 = release,
        }
    }
}

async fn world() -> World {
    let world = World::new(QUANTITIES[0].1).await;
    let other = |n: i64| {
        let row = OrganisationRow(n);
        Write::Organisation(Organisation { row, uid: uid(100 + n as u128), name: format!("{n}"), ..organisation() })
    };
    let second =
        Batch { row: BatchRow(2), uid: uid(33), confirmation: Confirmation::Required, ..batch(QUANTITIES[1].1) };
    let writes = vec![other(2), other(3), Write::Batch(second)];
    world.store.save(Change::of("", writes), &permit(), NOW).await.unwrap();
    world
}

async fn check(world: &World, model: &Model, after: &str) {
    assert_eq!(world.store.tally().recount(10).await.unwrap(), [], "{after}");
    for organisation in 1..=3 {
        let counted = world.store.tally().of(OrganisationRow(organisation)).await.unwrap();
        let counted: BTreeMap<Place, u64> = counted.into_iter().collect();
        assert_eq!(counted, model.places(organisation), "organisation {organisation}, {after}");
        let heard = world.store.pulse().since(OrganisationRow(organisation), 0).await.unwrap();
        let heard: Vec<_> = heard.into_iter().map(|(beat, events)| (beat.kind as u8, events)).collect();
        let expected = model.beats.iter().filter(|((whose, _), _)| *whose == organisation);
        let expected: Vec<_> = expected.map(|((_, kind), events)| (*kind, *events)).collect();
        assert_eq!(heard, expected, "what organisation {organisation} hears, {after}");
    }
    for (row, _) in QUANTITIES {
        let made = world.store.batch().made(BatchRow(row)).await.unwrap();
        let expected = model.batches.get(&row).copied().unwrap_or_default();
        assert_eq!([made.confirmed, made.voided], expected, "batch {row}, {after}");
        assert_eq!(made.last_at.is_some(), model.issued.contains_key(&row), "batch {row}, {after}");
    }
}

#[tokio::test]
async fn counts_are_what_a_count_says_after_anything() {
    for seed in [1, 2] {
        let world = world().await;
        let mut play = Play { dice: Dice(seed), model: Model::default(), next: 1, touched: Vec::new() };
        let (mut done, mut refused) = (0, 0);
        while done < 500 {
            play.touched.clear();
            // a line makes many at once, which PostgreSQL takes in another way
            let all: Vec<(Change, Effect, bool)> = match play.dice.below(4) {
                0 => (0..play.dice.below(12)).map(|_| play.make()).collect(),
                _ => (0..=play.dice.below(5)).filter_map(|_| play.one()).collect(),
            };
            let changes = all.iter().map(|(change, ..)| change.clone()).collect();
            let outcomes = world.store.save_all(changes, &permit(), NOW).await.unwrap();
            for ((_, effect, well), outcome) in all.into_iter().zip(outcomes) {
                done += 1;
                refused += u32::from(outcome.is_err());
                assert!(well || outcome.is_err(), "seed {seed}, act {done}");
                assert!(
                    outcome.is_ok() || !well || outcome == Err(Refused::Full),
                    "seed {seed}, act {done}: {outcome:?}"
                );
                if outcome.is_ok() {
                    play.took(effect);
                }
            }
            if play.dice.once_in(10) {
                forget(&world, &mut play).await;
            }
        }
        assert!((50..450).contains(&refused), "{refused} of {done} were refused");
        check(&world, &play.model, &format!("seed {seed}")).await;
    }
}

/// The period of a device goes, with what it runs where that was its last.
async fn forget(world: &World, play: &mut Play) {
    let at = play.dice.below(play.model.devices.len().max(1) as u64) as usize;
    let Some((device, release)) = play.model.devices.get_mut(at) else { return };
    let ended = Ended { device: device.row, period: 0, next_key: None };
    world.store.erasure().periods(vec![ended], NOW, &permit()).await.unwrap();
    if device.stage == Stage::Retired {
        *release = None;
    }
}

#[tokio::test]
async fn a_day_is_written_down_once() {
    let world = world().await;
    let row = OrganisationRow(1);
    world.store.save_all(vec![made(1, "A", 1), made(2, "B", 2)], &permit(), NOW).await.unwrap();
    let tally = || world.store.tally();
    let last = tally().write_down(OrganisationRow(0), (20_000, 19_938), 2).await.unwrap();
    assert_eq!(last, Some(OrganisationRow(2)), "two at a time");
    assert_eq!(tally().write_down(OrganisationRow(3), (20_000, 19_938), 2).await.unwrap(), None);
    let stood = tally().at(row, 20_000).await.unwrap();
    assert_eq!(stood, tally().of(row).await.unwrap());
    world.store.save(made(3, "C", 3), &permit(), NOW).await.unwrap();
    tally().write_down(OrganisationRow(0), (20_000, 19_938), 2).await.unwrap();
    assert_eq!(tally().at(row, 20_000).await.unwrap(), stood, "the begin of the day stays");
    tally().write_down(OrganisationRow(0), (20_001, 20_001), 2).await.unwrap();
    assert_eq!(tally().at(row, 20_000).await.unwrap(), [], "past its time");
    assert_eq!(tally().day_before(row, 20_002).await.unwrap(), Some(20_001));
    assert_eq!(tally().day_before(row, 20_001).await.unwrap(), None);
    assert_eq!(tally().written().await.unwrap(), None);
    tally().finish(20_001).await.unwrap();
    tally().finish(20_002).await.unwrap();
    assert_eq!(tally().written().await.unwrap(), Some(20_002));
}

#[tokio::test]
async fn a_place_answers_in_pages() {
    let world = world().await;
    let all = (1..=30_u8).map(|row| made(row.into(), &format!("S{row}"), row)).collect();
    world.store.save_all(all, &permit(), NOW).await.unwrap();
    let shipped = |row: i64, owner| {
        let device = Device {
            stage: Stage::Shipped,
            owner: OrganisationRow(owner),
            sequence: 2,
            ..device(row, &format!("S{row}"), row as u8)
        };
        Change::of("", vec![Write::Device { decided_on: 1, device: Box::new(device), events: vec![event(2)] }])
    };
    let changes = (1..=20).map(|row| shipped(row, if row % 2 == 0 { 1 } else { 2 })).collect();
    world.store.save_all(changes, &permit(), NOW).await.unwrap();
    let place = |organisation, side| Place {
        organisation: OrganisationRow(organisation),
        side,
        product: ProductRow(1),
        release: None,
        stage: Stage::Shipped,
        condition: Condition::Well,
    };
    let page = |after, limit| Page { after: DeviceRow(after), limit };
    for (place, after, limit, expected) in [
        (place(1, Side::Owned), 0, 3, vec![2, 4, 6]),
        (place(1, Side::Owned), 16, 30, vec![18, 20]),
        (place(2, Side::Owned), 0, 2, vec![1, 3]),
        (place(1, Side::Made), 17, 30, vec![19]),
        (place(3, Side::Owned), 0, 30, vec![]),
        (Place { condition: Condition::Recalled, ..place(1, Side::Owned) }, 0, 30, vec![]),
    ] {
        let rows = world.store.find().at(&place, page(after, limit)).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.0).collect::<Vec<_>>(), expected, "{place:?}");
    }
    let looked = world.store.find().look(OrganisationRow(1), Side::Made, page(18, 4)).await.unwrap();
    let looked: Vec<_> = looked.iter().map(|one| (one.device.0, one.place.side, one.place.stage)).collect();
    let (owned, made) = (Side::Owned, Side::Made);
    let expected =
        [(19, made, Stage::Shipped), (20, owned, Stage::Shipped), (21, owned, Stage::Made), (22, owned, Stage::Made)];
    assert_eq!(looked, expected);
    let rows: Vec<_> = [3, 1, 30].map(DeviceRow).into();
    let listed = world.store.find().listed(&rows).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.device.row.0).collect::<Vec<_>>(), [1, 3, 30]);
    world.store.seen().note(vec![(DeviceRow(3), Timestamp::from_millis(5))]).await.unwrap();
    assert_eq!(world.store.find().seen(&rows).await.unwrap(), [(DeviceRow(3), Timestamp::from_millis(5))]);
    let by_serial = |begin: &'static str, organisation| {
        let store = world.store.clone();
        async move { store.find().by_serial(ProductRow(1), begin, OrganisationRow(organisation), 50).await.unwrap().len() }
    };
    assert_eq!((by_serial("S1", 1).await, by_serial("S1", 2).await, by_serial("S1", 3).await), (11, 6, 0));
    assert_eq!((by_serial("S30", 1).await, by_serial("s", 1).await), (1, 0));
}
