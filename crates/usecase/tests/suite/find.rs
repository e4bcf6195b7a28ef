//! Finding devices: whatever the filter and however long the pages, those and no others, each once; and what an overview
//! says of them.

use crate::behind::Behind;
use crate::release::{release_of, version};
use crate::world::{World, day};
use std::collections::BTreeSet;
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::change::{Change, Made, Write};
use tegata_domain::device::{Condition, Device, Stage, Stamp};
use tegata_domain::event::{Event, EventKind};
use tegata_domain::filter::{Filter, Update};
use tegata_domain::id::*;
use tegata_domain::number::Number;
use tegata_domain::organisation::OrganisationKind::{Household, Operator};
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::product::CredentialPolicy;
use tegata_domain::release::{Release, Running};
use tegata_domain::tally::Side;
use tegata_domain::time::Timestamp;
use tegata_store::Row;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, BUDGET, Counted, Seen, act, count, find, list, search};
use tegata_usecase::erasure::erase;
use tegata_usecase::ledger;
use tegata_usecase::platform::examine;
use tegata_usecase::tally;

/// A device as it stands, and what it runs.
#[derive(Clone, Copy)]
struct As {
    product: usize,
    owner: OrganisationRow,
    stage: Stage,
    condition: Condition,
    release: Option<usize>,
    /// Days since it was heard from.
    heard: Option<u32>,
}

struct Fleet {
    world: World,
    clinic: Actor,
    products: Vec<(ProductRow, Uuid)>,
    releases: Vec<std::sync::Arc<Release>>,
}

fn organisation(actor: &Actor) -> OrganisationRow {
    match actor {
        Actor::Member(member) => member.organisation,
        other => panic!("{other:?}"),
    }
}

fn event(sequence: u32, kind: EventKind, at: Timestamp) -> Event {
    Event { sequence, period: 0, kind, at, data: serde_json::json!({}), commitment: [0; 32] }
}

/// A device as a line makes it.
fn fresh(row: i64, product: ProductRow, batch: BatchRow, now: Timestamp) -> Made {
    let device = Device {
        row: DeviceRow(row),
        uid: Uuid::from_u128(row as u128),
        product,
        batch,
        maker: OrganisationRow(1),
        owner: OrganisationRow(1),
        serial: format!("SN-{row:06}"),
        key: (row as u128).to_be_bytes(),
        idevid: CertificateRow(row),
        stage: Stage::Made,
        condition: Condition::Well,
        confirmed: true,
        period: 0,
        sequence: 1,
        head: [0; 32],
        stamps: vec![Stamp { stage: Stage::Made, at: now, sequence: Some(1) }],
    };
    let certificate = Certificate {
        row: CertificateRow(row),
        random: [7; 8],
        device: device.row,
        authority: AuthorityRow(1),
        kind: CertificateKind::Idevid,
        period: 0,
        der: vec![1],
        key: None,
        not_after: now,
        revoked: None,
    };
    Made { device, certificate, epoch_key: [0; 32], event: event(1, EventKind::Made, now) }
}

impl Fleet {
    /// Two products; the first with releases 1.0 (security 1), 1.1 (1), 2.0 (2), the second with 5.0 (1).
    async fn new() -> Fleet {
        let world = World::new().await;
        let (_, clinic) = world.enter("Clinic", Operator).await;
        world.ticket_of(60_000, CredentialPolicy::Unique).await;
        world.ticket_of(50_000, CredentialPolicy::Unique).await;
        let all = tegata_usecase::product::list(0, 10, &world.maker(), world.cx()).await.unwrap();
        let products: Vec<_> = all.iter().map(|product| (product.row, product.uid)).collect();
        let mut releases = Vec::new();
        for (product, text, security) in [(0, "1.0", 1), (0, "1.1", 1), (0, "2.0", 2), (1, "5.0", 1)] {
            let new = (version(text, security), text.as_bytes());
            releases.push(release_of(&world, products[product].1, new, None, &world.maker()).await.unwrap());
        }
        Fleet { world, clinic, products, releases }
    }

    /// Puts devices into the store as they stand, without the way there.
    async fn put(&self, all: &[As]) -> Vec<DeviceRow> {
        let cx = self.world.cx();
        let permit = Actor::Platform.permit(Operation::Publish, Subject::default()).unwrap();
        let now = cx.now().unwrap();
        let first = cx.store.reserve(Row::Device, all.len() as u32).await.unwrap();
        let batches = tegata_usecase::batch::list(0, 10, &self.world.maker(), cx).await.unwrap();
        let (mut made, mut moved, mut heard) = (Vec::new(), Vec::new(), Vec::new());
        for (row, one) in (first..).zip(all) {
            let product = self.products[one.product].0;
            let batch = batches.iter().find(|batch| batch.product == product).unwrap().row;
            let new = fresh(row, product, batch, now);
            let device = new.device.clone();
            let As { owner, stage, condition, release, .. } = *one;
            made.push(Change::of("", vec![Write::Made(Box::new(new))]));
            if let Some(days) = one.heard {
                heard.push((device.row, now.minus(day(days))));
            }
            let mut writes = Vec::new();
            if let Some(release) = release {
                let release = &self.releases[release];
                let (release, version) = (Some(release.row), release.version.clone());
                writes.push(Write::Running(Running { device: device.row, version, release, at: now }));
            }
            if (owner, stage, condition) != (device.owner, device.stage, device.condition) {
                let events = vec![event(2, EventKind::Shipped, now)];
                let device = Device { owner, stage, condition, sequence: 2, ..device };
                writes.push(Write::Device { decided_on: 1, device: Box::new(device), events });
            }
            moved.push(Change::of("", writes));
        }
        for changes in [made, moved] {
            let outcomes = cx.store.save_all(changes, &permit, now).await.unwrap();
            assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
        }
        cx.store.seen().note(heard).await.unwrap();
        (first..).take(all.len()).map(DeviceRow).collect()
    }

    async fn all(&self, actor: &Actor) -> Vec<Seen> {
        let mut all: Vec<Seen> = Vec::new();
        loop {
            let after = all.last().map_or(0, |seen| seen.device.row.0);
            let page = list(after, 500, actor, self.world.cx()).await.unwrap();
            if page.is_empty() {
                return all;
            }
            all.extend(page);
        }
    }

    /// All pages of a filter; the most rows that one looked at.
    async fn pages(&self, filter: &Filter, limit: u32, actor: &Actor) -> (Vec<i64>, u32) {
        let (mut rows, mut after, mut most) = (Vec::new(), 0, 0);
        loop {
            let found = find(filter, after, limit, actor, self.world.cx()).await.unwrap();
            assert!(found.devices.len() <= limit as usize && found.looked <= BUDGET + 1, "{}", found.looked);
            assert!(
                found.devices.len() == limit as usize || found.cut || found.next.is_none(),
                "short without a reason"
            );
            rows.extend(found.devices.iter().map(|seen| seen.device.row.0));
            most = most.max(found.looked);
            let Some(next) = found.next else { return (rows, most) };
            assert!(next > after, "it goes on");
            after = next;
        }
    }

    /// Whether a filter takes a device, judged one by one.
    fn takes(&self, filter: &Filter, seen: &Seen, actor: &Actor) -> bool {
        let device = &seen.device;
        let own = device.owner == organisation(actor);
        let side = if own { Side::Owned } else { Side::Made };
        let running = seen.running.as_ref().and_then(|(running, _)| running.release);
        let running = running.and_then(|row| self.releases.iter().find(|release| release.row == row));
        let by_uid = |uid| self.releases.iter().find(|release| release.uid == uid).unwrap();
        let highest = |of: ProductRow| {
            self.releases.iter().filter(|r| r.product == of).map(|r| r.security_version).max().unwrap()
        };
        let update = match running {
            _ if device.stage == Stage::Retired => None,
            None => Some(Update::Unknown),
            Some(release) if release.security_version < highest(release.product) => Some(Update::Waiting),
            Some(_) => Some(Update::Current),
        };
        let now = self.world.cx().now().unwrap();
        let older = |than: &Release| running.is_some_and(|r| r.product == than.product && r.row < than.row);
        filter.whose.is_none_or(|whose| whose == side)
            && filter.product.is_none_or(|uid| seen.product.uid == uid)
            && filter.release.is_none_or(|uid| running.is_some_and(|release| release.uid == uid))
            && filter.older.is_none_or(|uid| older(by_uid(uid)))
            && (filter.update.is_all() || update.is_some_and(|update| filter.update.has(update as u8)))
            && filter.stage.has(device.stage as u8)
            && filter.condition.has(device.condition as u8)
            && filter.silent.is_none_or(|days| {
                let silent = seen.seen_at.is_none_or(|at| at < now.minus(day(days.into())));
                own && device.stage == Stage::InUse && silent
            })
    }
}

/// Devices of all sorts, the same for the same number.
fn mixed(count: u64, clinic: OrganisationRow) -> Vec<As> {
    let mut state = 7u64;
    let mut below = move |end: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % end
    };
    let one = |_| {
        let fresh = below(3) == 0;
        let product = usize::from(below(5) == 0);
        let releases: &[Option<usize>] =
            if product == 1 { &[None, Some(3)] } else { &[None, Some(0), Some(1), Some(2)] };
        let release = releases[below(releases.len() as u64) as usize].filter(|_| !fresh);
        As {
            product,
            owner: if !fresh && below(2) == 0 { clinic } else { OrganisationRow(1) },
            stage: if fresh { Stage::Made } else { Stage::ALL[below(6) as usize] },
            condition: if fresh || below(2) == 0 { Condition::Well } else { Condition::ALL[below(4) as usize] },
            release,
            heard: (below(2) == 0).then(|| below(20) as u32),
        }
    };
    (0..count).map(one).collect()
}

fn filters(fleet: &Fleet) -> Vec<String> {
    let (product, release) = (|i: usize| fleet.products[i].1, |i: usize| fleet.releases[i].uid);
    let ids = [
        format!("product={}", product(0)),
        format!("product={}&stage=made", product(1)),
        format!("release={}", release(1)),
        format!("older={}", release(2)),
        format!("older={}&update=waiting", release(2)),
        format!("whose=owned&product={}&update=current,unknown", product(0)),
        format!("product={}&release={}", product(1), release(0)),
        format!("product={}", release(0)),
        format!("release={}", product(0)),
        format!("older={}", release(0)),
    ];
    let others = [
        "",
        "whose=owned",
        "whose=made",
        "stage=made",
        "stage=made&condition=well",
        "stage=in_use",
        "condition=quarantined,recalled",
        "condition=quarantined&stage=installed,in_use",
        "update=waiting",
        "update=unknown&stage=sold,installed",
        "silent=5",
        "silent=5&update=waiting&condition=well",
        "stage=sold&silent=1",
    ];
    others.into_iter().map(str::to_owned).chain(ids).collect()
}

#[tokio::test]
async fn pages_have_what_the_filter_takes_and_each_once() {
    let fleet = Fleet::new().await;
    fleet.put(&mixed(400, organisation(&fleet.clinic))).await;
    let (_, stranger) = fleet.world.enter("Stranger", Household).await;
    let mut most = 0;
    for actor in [&fleet.world.maker(), &fleet.clinic, &stranger] {
        let all = fleet.all(actor).await;
        for text in filters(&fleet) {
            let filter = Filter::parse(&text).unwrap();
            let taken = all.iter().filter(|seen| fleet.takes(&filter, seen, actor)).map(|seen| seen.device.row.0);
            let expected: Vec<i64> = taken.collect();
            most = most.max(expected.len());
            for limit in if text.len() < 12 { [3, 500] } else { [19, 100] } {
                let (rows, _) = fleet.pages(&filter, limit, actor).await;
                assert_eq!(rows, expected, "{text:?}, pages of {limit}");
            }
            let counted = count(&filter, actor, fleet.world.cx()).await.unwrap();
            match counted {
                Counted::Exactly(devices) => assert_eq!(devices, expected.len() as u64, "{text:?}"),
                Counted::AtMost(devices) => {
                    assert!(devices >= expected.len() as u64 && filter.silent.is_some(), "{text:?}");
                }
            }
        }
    }
    assert!(most > 350, "the maker made all of them");
}

#[tokio::test]
async fn a_page_looks_at_no_more_than_it_may() {
    let fleet = Fleet::new().await;
    let clinic = organisation(&fleet.clinic);
    let fresh = As {
        product: 0,
        owner: OrganisationRow(1),
        stage: Stage::Made,
        condition: Condition::Well,
        release: None,
        heard: None,
    };
    let used = As { stage: Stage::InUse, heard: Some(1), ..fresh };
    // what is sought lies behind what an index passes over, and what it does not
    fleet.put(&[fresh; 3000]).await;
    fleet.put(&[used; 3000]).await;
    let odd = [As { product: 1, ..fresh }, As { condition: Condition::Recalled, ..used }];
    let sold = As { owner: clinic, ..used };
    let rows = fleet.put(&[odd[0], odd[1], sold, As { heard: Some(90), ..used }]).await;
    let (maker, product) = (fleet.world.maker(), fleet.products[1].1);
    for (text, expected, looked) in [
        ("condition=recalled".to_owned(), vec![rows[1]], 0..1),
        ("whose=made".to_owned(), vec![rows[2]], 0..1),
        (format!("product={product}"), vec![rows[0]], 4000..BUDGET + 1),
        ("silent=30".to_owned(), vec![rows[3]], 3000..BUDGET + 1),
    ] {
        let filter = Filter::parse(&text).unwrap();
        let (found, most) = fleet.pages(&filter, 50, &maker).await;
        assert_eq!(found, expected.iter().map(|row| row.0).collect::<Vec<_>>(), "{text}");
        assert!(looked.contains(&most), "{text}: {most} rows");
    }
    // a page that is short says why, and goes on
    let filter = Filter::parse(&format!("product={product}")).unwrap();
    let first = find(&filter, 0, 50, &maker, fleet.world.cx()).await.unwrap();
    assert!(first.devices.is_empty() && first.cut && first.next.is_some() && first.looked == BUDGET);
    let second = find(&filter, first.next.unwrap(), 50, &maker, fleet.world.cx()).await.unwrap();
    assert!(second.devices.len() == 1 && !second.cut && second.next.is_none());
}

#[tokio::test]
async fn a_search_finds_a_number_or_the_begin_of_a_serial() {
    let fleet = Fleet::new().await;
    let (cx, maker) = (fleet.world.cx(), fleet.world.maker());
    let rows = fleet.put(&mixed(60, organisation(&fleet.clinic))).await;
    let all = fleet.all(&maker).await;
    let number = all[10].number.to_string();
    let found = |text: String, actor: Actor| async move {
        let found = search(&text, 20, &actor, cx).await.unwrap();
        found.into_iter().map(|seen| seen.device.row).collect::<Vec<_>>()
    };
    for text in [number.clone(), number.to_lowercase(), format!(" {} ", number.replace('-', ""))] {
        assert_eq!(found(text, maker.clone()).await, [all[10].device.row]);
    }
    let serial = &all[20].device.serial;
    assert_eq!(found(serial.clone(), maker.clone()).await, [all[20].device.row]);
    assert_eq!(found("SN-".into(), maker.clone()).await.len(), 20);
    assert_eq!(found("nothing".into(), maker.clone()).await, []);
    assert_eq!(found(String::new(), maker.clone()).await, []);
    let own: BTreeSet<_> = fleet.all(&fleet.clinic).await.iter().map(|seen| seen.device.row).collect();
    let (mut mine, mut others) = (0, 0);
    for seen in &all {
        let there = !found(seen.device.serial.clone(), fleet.clinic.clone()).await.is_empty();
        assert_eq!(there, own.contains(&seen.device.row), "another's device is not there");
        assert_eq!(!found(seen.number.to_string(), fleet.clinic.clone()).await.is_empty(), there);
        *if there { &mut mine } else { &mut others } += 1;
    }
    assert!(mine > 5 && others > 5 && mine + others == rows.len());
    assert_eq!(search("a\u{0}b", 20, &maker, cx).await.err().unwrap().code, "search");
    assert_eq!(search(&"x".repeat(81), 20, &maker, cx).await.err().unwrap().code, "search");
}

#[tokio::test]
async fn an_overview_says_how_devices_stand_and_what_changed() {
    let fleet = Fleet::new().await;
    let (cx, maker) = (fleet.world.cx(), fleet.world.maker());
    let used = As {
        product: 0,
        owner: organisation(&fleet.clinic),
        stage: Stage::InUse,
        condition: Condition::Well,
        release: Some(0),
        heard: None,
    };
    let fresh = As { owner: OrganisationRow(1), stage: Stage::Made, release: None, product: 1, ..used };
    fleet.put(&[used, used, As { release: Some(2), ..used }, fresh]).await;
    let standing = tally::read(&fleet.clinic, cx).await.unwrap().unwrap();
    let [owned, made] = standing.now;
    assert_eq!((owned.devices, owned.stages[Stage::InUse as usize], owned.conditions[0], made.devices), (3, 3, 3, 0));
    assert!(standing.before.is_none(), "nothing was written down yet");
    assert_eq!(standing.updates, [2, 1, 0]);
    let releases: Vec<_> =
        standing.releases.iter().map(|r| (r.release.clone().unwrap().1, r.update, r.devices)).collect();
    assert_eq!(releases, [("1.0".to_owned(), Update::Waiting, 2), ("2.0".to_owned(), Update::Current, 1)]);
    let standing = tally::read(&maker, cx).await.unwrap().unwrap();
    assert_eq!(standing.now.map(|counts| counts.devices), [1, 3]);
    let products: Vec<_> = standing.products.iter().map(|one| (one.product.uid, one.devices)).collect();
    assert_eq!(products, [(fleet.products[0].1, [0, 3]), (fleet.products[1].1, [1, 0])]);
    assert_eq!(standing.updates, [2, 1, 1], "nothing is known of the fresh one");
    assert_eq!(standing.events.iter().map(|(_, _, events)| events).sum::<u64>(), 4, "four were made");
    assert!(tally::write_down(cx).await.unwrap() && !tally::write_down(cx).await.unwrap(), "once a day");
    fleet.world.clock.pass(day(1));
    fleet.put(&[fresh, fresh]).await;
    let standing = tally::read(&maker, cx).await.unwrap().unwrap();
    let (at, before) = standing.before.unwrap();
    assert_eq!((at.rfc3339().as_str(), before[0].devices, standing.now[0].devices), ("2026-11-22T00:00:00.000Z", 1, 3));
    assert_eq!(tally::curves(fleet.products[0].1, 3, &maker, cx).await.unwrap().len(), 2);
    let curves = tally::curves(fleet.products[0].1, 3, &maker, cx).await.unwrap();
    let shares: Vec<_> = curves.iter().map(|curve| (curve.version.as_str(), curve.shares.clone())).collect();
    assert_eq!(shares, [("2.0", vec![(0, 333)]), ("1.0", vec![(0, 666)])]);
}

/// Real acts, one after the other: counts stay what a count says.
#[tokio::test]
async fn counts_hold_through_a_life() {
    let mut world = World::new().await;
    let holds = |world: &World| {
        let cx = world.cx().clone();
        async move { assert_eq!(cx.store.tally().recount(10).await.unwrap(), []) }
    };
    let ticket = world.ticket(5).await;
    let serials: Vec<String> = (0..4).map(|i| format!("L{i}")).collect();
    let made = world.make(&ticket, &serials).await;
    let numbers: Vec<Number> = made.iter().map(|(_, m)| Number::parse(&m.as_ref().unwrap().number).unwrap()).collect();
    let (home, owner) = world.enter("Home", Household).await;
    let maker = world.maker();
    world.hand_over(numbers[0], &maker, &owner).await;
    holds(&world).await;
    for (number, what, who) in [
        (1, Act::Ship, &maker),
        (2, Act::Quarantine, &maker),
        (2, Act::Release, &maker),
        (0, Act::Install, &owner),
        (0, Act::Recall, &maker),
        (0, Act::Repair, &owner),
        (3, Act::Retire, &maker),
        (0, Act::Retire, &owner),
    ] {
        act(numbers[number], what, Saying::default(), who, world.cx()).await.unwrap();
        holds(&world).await;
    }
    ledger::sequence(tegata_domain::ledger::Log::Devices, world.cx()).await.unwrap();
    let (before, _) = (tally::read(&maker, world.cx()).await.unwrap().unwrap(), ());
    assert_eq!(before.now.map(|counts| counts.devices), [3, 1]);
    erase(home.uid, "Home", &maker, world.cx()).await.unwrap();
    holds(&world).await;
    assert_eq!(world.cx().store.pulse().since(home.row, 0).await.unwrap(), []);
    assert_eq!(examine(world.cx()).await.problems, Vec::<String>::new());
    // somebody changes a device behind our back
    world.close();
    let behind = Behind::of(&world.data).await;
    assert_eq!(behind.change("update device set condition = 3 where serial = 'L1'").await, 1);
    drop(behind);
    world.open().await.unwrap();
    let problems = examine(world.cx()).await.problems;
    assert!(problems.len() == 1 && problems[0].contains("2 counts of devices are wrong"), "{problems:?}");
    // the next day all is well
    world.clock.pass(day(1));
    assert!(tally::write_down(world.cx()).await.unwrap());
    holds(&world).await;
    assert_eq!(examine(world.cx()).await.problems, Vec::<String>::new());
}
