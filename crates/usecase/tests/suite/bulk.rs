//! Acts on many devices: what is shown is what is done, each device once, whatever dies meanwhile; and nothing on a right
//! that ended.

use crate::behind::Behind;
use crate::login::{code, enter};
use crate::world::{World, day};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tegata_domain::bulk::{Bulk, BulkState, Halt, Outcome};
use tegata_domain::device::Condition;
use tegata_domain::event::EventKind;
use tegata_domain::filter::Filter;
use tegata_domain::id::Uuid;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind::Operator;
use tegata_domain::permit::{Actor, Role};
use tegata_usecase::bulk::{self, Asked, Entry};
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act, by_number, events};
use tegata_usecase::{Kind, audit, erasure, login, token};

/// A fleet of a maker and a clinic, in all sorts of conditions.
struct Fleet {
    world: World,
    maker: Actor,
    clinic: Actor,
    numbers: Vec<Number>,
}

/// A member of the first organisation, and what ends its token.
async fn member(world: &World, role: Role) -> (Actor, Uuid) {
    let new = token::NewToken { name: format!("bulk {}", role.name()), role, life: day(100) };
    let (made, secret) = token::create(new, &world.maker(), world.cx()).await.unwrap();
    (token::authenticate(&secret, world.cx()).await.unwrap(), made.uid)
}

impl Fleet {
    async fn new(count: usize) -> Fleet {
        let world = World::new().await;
        let (maker, _) = member(&world, Role::Administrator).await;
        let (_, clinic) = world.enter("Clinic", Operator).await;
        let ticket = world.ticket(count as u32).await;
        let serials: Vec<String> = (0..count).map(|i| format!("P-{i:05}")).collect();
        let mut numbers = Vec::new();
        for some in serials.chunks(100) {
            for (_, made) in world.make(&ticket, some).await {
                numbers.push(Number::parse(&made.unwrap().number).unwrap());
            }
        }
        Fleet { world, maker, clinic, numbers }
    }

    /// Every so often one is quarantined, retired, recalled, or the clinic's.
    async fn mix(&self) {
        for (i, number) in self.numbers.iter().enumerate() {
            let done = match i % 12 {
                3 => Some("quarantine"),
                5 => Some("retire"),
                7 => Some("recall"),
                _ => None,
            };
            if let Some(name) = done {
                self.act(*number, name, &self.maker).await;
            } else if i % 12 == 9 {
                self.world.hand_over(*number, &self.maker, &self.clinic).await;
            }
        }
    }

    async fn act(&self, number: Number, name: &str, actor: &Actor) {
        act(number, Act::by_name(name).unwrap(), Saying::default(), actor, self.world.cx()).await.unwrap();
    }

    async fn ask(&self, name: &str, filter: &str, actor: &Actor) -> tegata_usecase::Result<Bulk> {
        let (act, filter) = (Act::by_name(name).unwrap(), Filter::parse(filter).unwrap());
        let asked = Asked { act, reason: "leaking valve".into(), filter };
        bulk::create(asked, None, actor, self.world.cx()).await
    }

    /// Asked for, and all its devices looked at.
    async fn ready(&self, name: &str, filter: &str, actor: &Actor) -> Bulk {
        let bulk = self.ask(name, filter, actor).await.unwrap();
        while bulk::turn(self.world.cx()).await.unwrap() {}
        let bulk = self.seen(bulk.uid, actor).await;
        assert_eq!(bulk.state, BulkState::Ready);
        bulk
    }

    async fn seen(&self, uid: Uuid, actor: &Actor) -> Bulk {
        bulk::by_uid(uid, actor, self.world.cx()).await.unwrap().0.bulk
    }

    async fn run(&self, bulk: &Bulk, actor: &Actor) -> Bulk {
        bulk::start(bulk.uid, bulk.counts.chosen, actor, self.world.cx()).await.unwrap();
        while bulk::turn(self.world.cx()).await.unwrap() {}
        self.seen(bulk.uid, actor).await
    }

    async fn devices(&self, uid: Uuid, actor: &Actor) -> HashMap<Number, Outcome> {
        let (mut all, mut after) = (HashMap::new(), 0);
        loop {
            let page = bulk::devices(uid, false, (after, 77), actor, self.world.cx()).await.unwrap();
            let Some(Entry { row, .. }) = page.last() else { return all };
            after = *row;
            for entry in page {
                assert!(all.insert(entry.number, entry.outcome).is_none(), "a device stands there twice");
            }
        }
    }

    /// Events of this kind with the reason of the bulks here.
    async fn told(&self, number: Number, kind: EventKind) -> usize {
        let owner =
            if by_number(number, &self.maker, self.world.cx()).await.is_ok() { &self.maker } else { &self.clinic };
        let all = events(number, (0, 1000), owner, self.world.cx()).await.unwrap();
        all.iter().filter(|(event, _)| event.kind == kind && event.data["reason"] == "leaking valve").count()
    }

    async fn sequences(&self) -> HashMap<Number, u32> {
        let mut all = HashMap::new();
        for number in &self.numbers {
            all.insert(*number, by_number(*number, &self.maker, self.world.cx()).await.unwrap().device.sequence);
        }
        all
    }
}

/// For each act, by the maker and by the clinic: those and no others, whatever the single act would say.
#[tokio::test]
async fn what_is_shown_is_what_is_done() {
    let fleet = Fleet::new(130).await;
    fleet.mix().await;
    let mut touched = 0;
    for (name, filter, by_clinic) in [
        ("quarantine", "", false),
        ("release", "condition=quarantined,well", false),
        ("quarantine", "whose=owned", true),
        ("repair", "condition=recalled", false),
        ("ship", "stage=made", false),
        ("retire", "whose=made", false),
        ("retire", "stage=shipped", false),
    ] {
        let actor = if by_clinic { &fleet.clinic } else { &fleet.maker };
        let before = fleet.sequences().await;
        let shown = fleet.ready(name, filter, actor).await;
        let devices = fleet.devices(shown.uid, actor).await;
        let chosen: HashSet<_> = devices.iter().filter(|(_, o)| **o == Outcome::Waiting).map(|(n, _)| *n).collect();
        assert_eq!(shown.counts.chosen, chosen.len() as u64, "{name} {filter}");
        assert_eq!(shown.counts.looked(), devices.len() as u64);
        let (_, places) = bulk::by_uid(shown.uid, actor, fleet.world.cx()).await.unwrap();
        assert_eq!(places.iter().map(|one| one.devices).sum::<u64>(), devices.len() as u64, "the table shows them all");
        assert_eq!(fleet.sequences().await, before, "nothing was touched before it was confirmed");
        if chosen.is_empty() {
            let refused = bulk::start(shown.uid, 0, actor, fleet.world.cx()).await;
            assert_eq!(code(refused), "bulk", "{name} {filter}");
            continue;
        }
        let done = fleet.run(&shown, actor).await;
        assert_eq!((done.state, done.counts.done, done.counts.passed), (BulkState::Finished, shown.counts.chosen, 0));
        let after = fleet.devices(shown.uid, actor).await;
        for (number, sequence) in fleet.sequences().await {
            let moved = sequence > before[&number];
            assert_eq!(moved, chosen.contains(&number), "{name} {filter}: {number}");
            assert!(!moved || after[&number] == Outcome::Done);
            touched += usize::from(moved);
        }
    }
    assert!(touched > 150, "{touched}");
}

#[tokio::test]
async fn whoever_may_not_do_it_once_may_not_do_it_often() {
    let fleet = Fleet::new(3).await;
    let cx = fleet.world.cx();
    for (role, name, may) in [
        (Role::Auditor, "quarantine", false),
        (Role::Engineer, "quarantine", false),
        (Role::Engineer, "recall", true),
        (Role::Operator, "quarantine", true),
        (Role::Operator, "recall", false),
        (Role::Station, "ship", true),
        (Role::Station, "retire", false),
    ] {
        let (actor, _) = member(&fleet.world, role).await;
        let asked = fleet.ask(name, "", &actor).await;
        assert_eq!(asked.is_ok(), may, "{role:?} {name}");
        assert!(asked.is_ok() || asked.unwrap_err().kind == Kind::Denied);
    }
    // prepared by who may, confirmed by who may not
    let ready = fleet.ready("quarantine", "", &fleet.maker).await;
    let (engineer, _) = member(&fleet.world, Role::Engineer).await;
    for refused in [
        bulk::start(ready.uid, 3, &engineer, cx).await,
        bulk::stop(ready.uid, &engineer, cx).await,
        bulk::resume(ready.uid, &engineer, cx).await,
    ] {
        assert_eq!(refused.unwrap_err().kind, Kind::Denied);
    }
    // another organisation's is not there
    for refused in [
        bulk::start(ready.uid, 3, &fleet.clinic, cx).await,
        bulk::stop(ready.uid, &fleet.clinic, cx).await,
        bulk::by_uid(ready.uid, &fleet.clinic, cx).await.map(|(seen, _)| seen.bulk),
    ] {
        assert_eq!(refused.unwrap_err().kind, Kind::NotFound);
    }
    assert!(bulk::devices(ready.uid, false, (0, 10), &fleet.clinic, cx).await.is_err());
    assert!(bulk::list(0, 10, &fleet.clinic, cx).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_takes_the_number_that_is_shown_and_a_reason() {
    let fleet = Fleet::new(4).await;
    let cx = fleet.world.cx();
    fleet.act(fleet.numbers[0], "quarantine", &fleet.maker).await;
    let ready = fleet.ready("quarantine", "", &fleet.maker).await;
    assert_eq!((ready.counts.chosen, ready.counts.left), (3, 1));
    for wrong in [0, 1, 4, 30] {
        assert_eq!(code(bulk::start(ready.uid, wrong, &fleet.maker, cx).await), "bulk", "{wrong}");
    }
    let asked = |reason: &str| Asked { act: Act::Quarantine, reason: reason.into(), filter: Filter::default() };
    for reason in ["", "   ", "a\nb", &"x".repeat(501)] {
        assert_eq!(code(bulk::create(asked(reason), None, &fleet.maker, cx).await), "reason");
    }
    let confirm = Asked { act: Act::Confirm, ..asked("fine") };
    assert_eq!(code(bulk::create(confirm, None, &fleet.maker, cx).await), "act");
    // the same request again is the same bulk
    let first = bulk::create(asked("fine"), Some("key"), &fleet.maker, cx).await.unwrap();
    let again = bulk::create(asked("fine"), Some("key"), &fleet.maker, cx).await.unwrap();
    assert_eq!(first.uid, again.uid);
    assert_eq!(code(bulk::create(asked("other"), Some("key"), &fleet.maker, cx).await), "idempotency_key");
    fleet.world.clock.pass(day(1));
    assert_eq!(code(bulk::start(ready.uid, 3, &fleet.maker, cx).await), "bulk", "looked at too long ago");
}

/// The filter would take others by now: they are not touched, and who left meanwhile is passed over.
#[tokio::test]
async fn only_what_was_shown_is_touched() {
    let fleet = Fleet::new(30).await;
    fleet.act(fleet.numbers[20], "quarantine", &fleet.maker).await;
    let ready = fleet.ready("retire", "condition=well", &fleet.maker).await;
    assert_eq!((ready.counts.chosen, ready.counts.left), (29, 0));
    // meanwhile: one comes in, one ends, one goes to a clinic, and one is made
    fleet.act(fleet.numbers[20], "release", &fleet.maker).await;
    fleet.act(fleet.numbers[3], "retire", &fleet.maker).await;
    fleet.world.hand_over(fleet.numbers[4], &fleet.maker, &fleet.clinic).await;
    let ticket = fleet.world.ticket(2).await;
    fleet.world.make(&ticket, &["LATE".to_owned()]).await.pop().unwrap().1.unwrap();
    let done = fleet.run(&ready, &fleet.maker).await;
    assert_eq!((done.counts.done, done.counts.passed, done.state), (27, 2, BulkState::Finished));
    let devices = fleet.devices(ready.uid, &fleet.maker).await;
    assert_eq!(devices[&fleet.numbers[3]], Outcome::Retired);
    assert_eq!(devices[&fleet.numbers[4]], Outcome::NotOwner, "the clinic's device is the clinic's to retire");
    assert!(!devices.contains_key(&fleet.numbers[20]));
    assert_eq!(fleet.told(fleet.numbers[20], EventKind::Retired).await, 0);
    assert_eq!(fleet.told(fleet.numbers[4], EventKind::Retired).await, 0);
    let passed = bulk::devices(ready.uid, true, (0, 10), &fleet.maker, fleet.world.cx()).await.unwrap();
    assert_eq!(passed.len(), 2, "those that were passed over can be looked at alone");
}

/// Cut off again and again wherever it stands, and opened anew: each device is done exactly once.
#[tokio::test]
async fn killed_in_the_middle_each_is_done_once() {
    let mut fleet = Fleet::new(230).await;
    let ready = fleet.ready("quarantine", "", &fleet.maker).await;
    bulk::start(ready.uid, 230, &fleet.maker, fleet.world.cx()).await.unwrap();
    let (mut cut, mut partly) = (0, 0);
    for round in 0.. {
        let some = Duration::from_micros(200 + 2500 * round);
        let ended = tokio::time::timeout(some, bulk::turn(fleet.world.cx())).await;
        cut += usize::from(ended.is_err());
        // what the committer took is on disk or not, as after a kill; nobody heard of it
        fleet.world.close();
        fleet.world.open().await.unwrap();
        let now = fleet.seen(ready.uid, &fleet.maker).await;
        assert!(now.state != BulkState::Finished || now.counts.waiting() == 0, "over while some wait");
        partly += usize::from(now.counts.done > 0 && now.counts.done < 230);
        if now.state == BulkState::Finished {
            break;
        }
    }
    assert!(cut > 0 && partly > 0, "it was cut off {cut} times, {partly} times between");
    let done = fleet.seen(ready.uid, &fleet.maker).await;
    assert_eq!((done.counts.done, done.counts.passed), (230, 0));
    for number in &fleet.numbers {
        assert_eq!(fleet.told(*number, EventKind::Quarantined).await, 1, "{number}");
    }
    let (audited, _) = audit::newest((None, 1000), None, &fleet.maker, fleet.world.cx()).await.unwrap();
    let of_bulk = |subject: &str| subject.ends_with(&format!("in bulk {}", ready.uid));
    let lines: Vec<_> = audited.iter().filter(|one| of_bulk(&one.subject)).collect();
    assert_eq!(lines.len(), 230, "a line in the audit for each");
    assert!(lines.iter().all(|one| one.operation == "quarantine_device" && one.actor.contains("bulk")));
}

#[tokio::test]
async fn the_end_of_a_right_in_the_middle_stops_it() {
    let fleet = Fleet::new(210).await;
    let cx = fleet.world.cx();
    let (operator, uid) = member(&fleet.world, Role::Operator).await;
    let ready = fleet.ready("quarantine", "", &operator).await;
    bulk::start(ready.uid, 210, &operator, cx).await.unwrap();
    assert!(bulk::turn(cx).await.unwrap());
    let midway = fleet.seen(ready.uid, &fleet.maker).await.counts.done;
    assert!(midway > 0 && midway < 210, "{midway}");
    token::end(uid, &fleet.maker, cx).await.unwrap();
    while bulk::turn(cx).await.unwrap() {}
    let stopped = fleet.seen(ready.uid, &fleet.maker).await;
    assert_eq!((stopped.state, stopped.halt, stopped.counts.done), (BulkState::Stopped, Some(Halt::Right), midway));
    // whoever may lets it go on, in her own name
    bulk::resume(ready.uid, &fleet.maker, cx).await.unwrap();
    while bulk::turn(cx).await.unwrap() {}
    let done = fleet.seen(ready.uid, &fleet.maker).await;
    assert_eq!((done.state, done.counts.done), (BulkState::Finished, 210));
    let (audited, _) = audit::newest((None, 1000), None, &fleet.maker, cx).await.unwrap();
    let by = |name: &str| {
        let own = |one: &tegata_domain::audit::AuditEntry| one.operation == "quarantine_device" && one.actor == name;
        audited.iter().filter(|one| own(one)).count() as u64
    };
    assert_eq!((by("token bulk operator"), by("token bulk administrator")), (midway, 210 - midway));
}

/// So it is with a person who logs out, or loses the role.
#[tokio::test]
async fn a_person_who_leaves_takes_the_right_along() {
    let fleet = Fleet::new(110).await;
    let cx = fleet.world.cx();
    let person = enter(&fleet.world).await;
    let ready = fleet.ready("quarantine", "", person.actor()).await;
    assert_eq!(bulk::list(0, 10, person.actor(), cx).await.unwrap()[0].by.as_deref(), Some("admin"));
    bulk::start(ready.uid, 110, person.actor(), cx).await.unwrap();
    assert!(bulk::turn(cx).await.unwrap());
    login::end(person.login.uid, &person, cx).await.unwrap();
    while bulk::turn(cx).await.unwrap() {}
    let stopped = fleet.seen(ready.uid, &fleet.maker).await;
    assert_eq!((stopped.state, stopped.halt), (BulkState::Stopped, Some(Halt::Right)));
    assert!(stopped.counts.waiting() > 0);
}

#[tokio::test]
async fn once_stopped_nothing_more_is_touched() {
    let fleet = Fleet::new(210).await;
    let cx = fleet.world.cx();
    let ready = fleet.ready("quarantine", "", &fleet.maker).await;
    bulk::start(ready.uid, 210, &fleet.maker, cx).await.unwrap();
    // it is stopped while a page is on its way: whoever comes first in the commit
    let (turned, stopped) = tokio::join!(bulk::turn(cx), bulk::stop(ready.uid, &fleet.maker, cx));
    turned.unwrap();
    stopped.unwrap();
    let then = fleet.seen(ready.uid, &fleet.maker).await;
    assert_eq!((then.state, then.halt), (BulkState::Stopped, Some(Halt::Person)));
    while bulk::turn(cx).await.unwrap() {}
    let later = fleet.seen(ready.uid, &fleet.maker).await;
    assert_eq!(later.counts, then.counts);
    let mut held = 0;
    for number in &fleet.numbers {
        let seen = by_number(*number, &fleet.maker, cx).await.unwrap();
        held += u64::from(seen.device.condition == Condition::Quarantined);
    }
    assert_eq!(held, then.counts.done, "what is counted is what is so");
    assert_eq!(bulk::stop(ready.uid, &fleet.maker, cx).await.unwrap().state, BulkState::Stopped, "twice is once");
}

#[tokio::test]
async fn what_is_over_is_forgotten_in_time() {
    let fleet = Fleet::new(5).await;
    let cx = fleet.world.cx();
    let (draft, ready) =
        (fleet.ready("ship", "", &fleet.maker).await, fleet.ready("quarantine", "", &fleet.maker).await);
    fleet.run(&ready, &fleet.maker).await;
    fleet.world.clock.pass(day(2));
    bulk::sweep(cx).await.unwrap();
    assert!(bulk::by_uid(draft.uid, &fleet.maker, cx).await.is_err(), "nobody confirmed it");
    assert_eq!(fleet.seen(ready.uid, &fleet.maker).await.counts.done, 5);
    fleet.world.clock.pass(day(89));
    bulk::sweep(cx).await.unwrap();
    assert!(bulk::by_uid(ready.uid, &fleet.maker, cx).await.is_err(), "kept for ninety days");
}

#[tokio::test]
async fn an_erased_organisation_leaves_none_behind() {
    let mut fleet = Fleet::new(12).await;
    for number in &fleet.numbers[..4] {
        fleet.world.hand_over(*number, &fleet.maker, &fleet.clinic).await;
    }
    let ready = fleet.ready("retire", "", &fleet.clinic).await;
    assert_eq!(ready.counts.chosen, 4);
    fleet.run(&ready, &fleet.clinic).await;
    let (clinic, uid) = {
        let all = tegata_usecase::organisation::list(0, 10, &fleet.world.maker(), fleet.world.cx()).await.unwrap();
        let found = all.into_iter().find(|one| one.name == "Clinic").unwrap();
        (found.name, found.uid)
    };
    erasure::erase(uid, &clinic, &fleet.world.maker(), fleet.world.cx()).await.unwrap();
    let data = fleet.world.data.clone();
    fleet.world.close();
    let behind = Behind::of(&data).await;
    for table in ["bulk", "bulk_device", "bulk_place"] {
        assert_eq!(behind.rows(table).await, Vec::<String>::new(), "{table}");
    }
}
