//! Guards: what is refused leaves no trace, and takes no neighbour with it.

use crate::fixture::*;
use tegata_domain::change::{Change, Refused, Revocation, Write};
use tegata_domain::device::{Condition, Device};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::*;
use tegata_domain::organisation::{Kinds, Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Member, Operation, Permit, Right, Role, Subject};
use tegata_domain::revocation::{Crl, Reason};
use tegata_domain::time::Timestamp;
use tegata_domain::token::Token;
use tegata_domain::transfer::{Claim, Offer};
use tegata_store::{Ended, Row, SaveError, ShardDue};

#[tokio::test]
async fn a_refused_change_undoes_nothing_of_its_neighbours() {
    let world = World::new(10).await;
    let changes = vec![made(1, "A", 1), made(2, "A", 2), made(3, "B", 1), made(4, "C", 4)];
    let outcomes = world.store.save_all(changes, &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Ok(()), Err(Refused::Exists), Err(Refused::Exists), Ok(())]);
    assert_eq!(world.issued().await, 2, "refused devices take no room");
    for (row, there) in [(1, true), (2, false), (3, false), (4, true)] {
        assert_eq!(world.store.device().by_row(DeviceRow(row)).await.unwrap().is_some(), there, "row {row}");
        assert_eq!(world.store.certificate().by_row(CertificateRow(row)).await.unwrap().is_some(), there);
    }
    assert_eq!(world.store.ledger().waiting().await.unwrap(), 2);
}

#[tokio::test]
async fn a_change_is_whole_or_absent() {
    let world = World::new(10).await;
    let mut twice = made(1, "A", 1);
    twice.writes.push(Write::Product(product()));
    let refused = world.store.save(twice, &permit(), NOW).await.unwrap_err();
    assert!(matches!(refused, SaveError::Refused(Refused::Exists)));
    assert!(world.store.device().by_row(DeviceRow(1)).await.unwrap().is_none());
    assert_eq!((world.issued().await, world.store.ledger().waiting().await.unwrap()), (0, 0));
}

#[tokio::test]
async fn a_batch_permits_exactly_its_quantity() {
    let world = World::new(100).await;
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8i64 {
        let store = world.store.clone();
        tasks.spawn(async move {
            let changes: Vec<Change> = (0..25)
                .map(|i| {
                    let row = task * 25 + i + 1;
                    made(row, &format!("S{row}"), row as u8)
                })
                .collect();
            let outcomes = store.save_all(changes, &permit(), NOW).await.unwrap();
            (outcomes.iter().filter(|o| o.is_ok()).count(), outcomes.contains(&Err(Refused::Full)))
        });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().map(|o| o.0).sum::<usize>(), 100);
    assert!(outcomes.iter().any(|o| o.1));
    assert_eq!(world.issued().await, 100);
}

fn quarantined(decided_on: u32) -> Change {
    let device = Device { condition: Condition::Quarantined, sequence: decided_on + 1, ..device(1, "A", 1) };
    Change::of("", vec![Write::Device { decided_on, device: Box::new(device), events: vec![event(decided_on + 1)] }])
}

#[tokio::test]
async fn a_stale_decision_is_refused() {
    let world = World::new(10).await;
    world.store.save(made(1, "A", 1), &permit(), NOW).await.unwrap();
    let outcomes = world.store.save_all(vec![quarantined(1), quarantined(1)], &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Ok(()), Err(Refused::Stale)]);
    let device = world.store.device().by_row(DeviceRow(1)).await.unwrap().unwrap();
    assert_eq!((device.sequence, device.condition), (2, Condition::Quarantined));
    assert_eq!(world.store.event().page(DeviceRow(1), 0, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn each_station_has_its_own_count() {
    let world = World::new(10).await;
    let (now, later) = (Timestamp::from_millis(1_000), Timestamp::from_millis(2_000));
    let tokens = [1, 2].map(|row| Write::Token(token(row, Timestamp::from_millis(60_000))));
    world.store.save(Change::of("t", tokens.into()), &permit(), now).await.unwrap();
    let outcomes = world.store.save_all(vec![made(1, "A", 1), made(2, "B", 2)], &of_token(1), now).await.unwrap();
    assert_eq!(outcomes, [Ok(()), Ok(())]);
    // B is there already: refused without a finding, so nobody counts it
    let outcomes = world.store.save_all(vec![made(3, "B", 3), made(4, "C", 4)], &of_token(2), now).await.unwrap();
    assert_eq!(outcomes, [Err(Refused::Exists), Ok(())]);
    let found = |finding| Change::of("", vec![Write::Finding(finding)]);
    world.store.save(found(refusal(1, None, later)), &of_token(2), later).await.unwrap();
    // of the device, not of the station
    world.store.save(found(refusal(2, Some(DeviceRow(1)), later)), &of_token(1), later).await.unwrap();
    // on nobody's token
    world.store.save(made(5, "D", 5), &permit(), now).await.unwrap();
    let stations = world.store.batch().stations(BatchRow(1)).await.unwrap();
    let told: Vec<_> = stations.iter().map(|one| (one.made, one.refused, one.last_at)).collect();
    assert_eq!(told, [(2, 0, NOW), (1, 1, later)]);
    assert_eq!(world.store.batch().stations(BatchRow(2)).await.unwrap(), []);
}

fn refusal(n: u128, device: Option<DeviceRow>, at: Timestamp) -> Finding {
    let kind = FindingKind::WeakKey;
    Finding {
        uid: uid(900 + n),
        organisation: OrganisationRow(1),
        device,
        batch: Some(BatchRow(1)),
        kind: kind.name().to_owned(),
        level: kind.level(),
        at,
        data: serde_json::json!({}),
        closed: None,
    }
}

#[tokio::test]
async fn a_device_comes_back_as_it_was_saved() {
    let world = World::new(10).await;
    world.store.save(made(1, "A", 1), &permit(), NOW).await.unwrap();
    let expected = Some(device(1, "A", 1));
    assert_eq!(world.store.device().by_row(DeviceRow(1)).await.unwrap(), expected);
    assert_eq!(world.store.device().by_serial(ProductRow(1), "A").await.unwrap(), expected);
    assert_eq!(world.store.device().by_key(&[1; 16]).await.unwrap(), expected);
    assert_eq!(world.store.product().by_gtin("04512345678906").await.unwrap(), Some(product()));
}

#[tokio::test]
async fn a_revocation_between_reading_and_publishing_is_not_lost() {
    let world = World::new(10).await;
    let both = vec![made(1, "A", 1), made(2, "B", 2)];
    world.store.save_all(both, &permit(), NOW).await.unwrap();
    let revoke = |row| {
        let revocation = Revocation {
            certificate: CertificateRow(row),
            authority: AuthorityRow(1),
            shard: 3,
            at: NOW,
            reason: Reason::KeyCompromise,
        };
        Change::of("", vec![Write::Revocation(revocation)])
    };
    let due = ShardDue { authority: AuthorityRow(1), shard: 3 };
    let crls = world.store.crl();
    world.store.save(revoke(1), &permit(), NOW).await.unwrap();
    let number = crls.next_number(due).await.unwrap();
    let held = crls.revoked(due).await.unwrap().len();
    world.store.save(revoke(2), &permit(), NOW).await.unwrap();
    crls.publish(due, Crl { number, der: vec![1], next_update: NOW }, held).await.unwrap();
    assert_eq!(crls.due(tegata_domain::time::Timestamp::from_millis(0)).await.unwrap(), [due], "still stale");
    assert_eq!(crls.revoked(due).await.unwrap().len(), 2);
    let erased = ShardDue { authority: AuthorityRow(9), shard: 3 };
    assert!(crls.next_number(erased).await.is_err(), "no list of an authority that is not there");
    assert!(crls.next_number(due).await.unwrap() > number);
    let again = world.store.save(revoke(1), &permit(), NOW).await.unwrap_err();
    assert!(matches!(again, SaveError::Refused(Refused::Stale)), "a second end is refused");
}

#[tokio::test]
async fn row_numbers_are_given_once() {
    let world = World::new(1).await;
    let mut seen = std::collections::HashSet::new();
    for count in [1u32, 5, 20_000, 3] {
        let first = world.store.reserve(Row::Device, count).await.unwrap();
        assert!((first..first + i64::from(count)).all(|row| seen.insert(row)));
    }
    let (folder, store) = (world.folder, world.store);
    drop(store);
    let again = open(folder.path(), tegata_store::Mode::Existing).unwrap();
    let first = again.reserve(Row::Device, 1).await.unwrap();
    assert!(seen.insert(first), "{first} was given before the restart");
}

fn offer(giver: i64, period: u32, hash: u8) -> Change {
    let offer = Offer {
        device: DeviceRow(1),
        giver: OrganisationRow(giver),
        period,
        hash: [hash; 32],
        to: None,
        reason: None,
        offered_at: NOW,
        expires_at: NOW,
    };
    Change::of("", vec![Write::Offer(offer)])
}

fn claim(hash: u8) -> Change {
    let (device, owner) = (DeviceRow(1), OrganisationRow(2));
    let claim = Claim { device, hash: [hash; 32], owner, period: 1, epoch_key: [8; 32], at: NOW };
    Change::of("", vec![Write::Claim(claim)])
}

#[tokio::test]
async fn a_code_is_its_owners_and_works_once() {
    let world = World::new(10).await;
    world.store.save(made(1, "A", 1), &permit(), NOW).await.unwrap();
    let all = [offer(2, 0, 1), offer(1, 1, 1), offer(1, 0, 1), offer(1, 0, 2), claim(1), claim(2), claim(2)];
    let stale = Err(Refused::Stale);
    let outcomes = world.store.save_all(all.to_vec(), &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [stale, stale, Ok(()), Ok(()), stale, Ok(()), stale]);
    assert_eq!(world.store.period().held(DeviceRow(1), OrganisationRow(2)).await.unwrap(), [1]);
    assert_eq!(world.store.event().epoch_key(DeviceRow(1), 1).await.unwrap(), [8; 32]);
}

#[tokio::test]
async fn a_request_to_erase_ends_with_its_period() {
    let world = World::new(10).await;
    world.store.save(made(1, "A", 1), &permit(), NOW).await.unwrap();
    let ask = |period| Change::of("", vec![Write::DisposalAsk(DeviceRow(1), period, NOW)]);
    let outcomes = world.store.save_all(vec![ask(1), ask(0), ask(0)], &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Err(Refused::Stale), Ok(()), Ok(())]);
    let taken = vec![offer(1, 0, 1), claim(1)];
    world.store.save_all(taken, &permit(), NOW).await.unwrap();
    assert_eq!(world.store.disposal().of_device(DeviceRow(1)).await.unwrap(), None);
}

#[tokio::test]
async fn who_holds_something_is_not_erased() {
    let world = World::new(10).await;
    world.store.save(made(1, "A", 1), &permit(), NOW).await.unwrap();
    let home = Organisation { row: OrganisationRow(2), uid: uid(22), name: "Home".into(), ..organisation() };
    let taken = vec![Change::of("", vec![Write::Organisation(home)]), offer(1, 0, 1), claim(1)];
    world.store.save_all(taken, &permit(), NOW).await.unwrap();
    let erase = |organisation| {
        Change::of("", vec![Write::Erasure { organisation: OrganisationRow(organisation), replayed: false }])
    };
    let outcomes = world.store.save_all(vec![erase(1), erase(2), erase(3)], &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Err(Refused::Stale); 3], "a maker, a holder, nobody");
    let ended = Ended { device: DeviceRow(1), period: 1, next_key: None };
    world.store.erasure().periods(vec![ended], NOW, &permit()).await.unwrap();
    assert_eq!(
        world.store.save_all(vec![erase(2), erase(2)], &permit(), NOW).await.unwrap(),
        [Ok(()), Err(Refused::Stale)]
    );
    assert_eq!(world.store.event().epoch_key_left(DeviceRow(1), 1).await.unwrap(), None);
    assert!(world.store.event().epoch_key_left(DeviceRow(1), 0).await.unwrap().is_some());
    assert!(world.store.organisation().by_row(OrganisationRow(2)).await.unwrap().is_none());
}

/// What was too large to be written anew while it was in use is written anew at the next start.
#[tokio::test]
async fn a_large_database_is_written_anew_at_the_next_start() {
    let world = World::new(10).await;
    assert!(world.store.compact().await.unwrap());
    world.store.secret().fix("compact", "due".into()).await.unwrap();
    let World { store, folder } = world;
    drop(store);
    let again = open(folder.path(), tegata_store::Mode::Existing).unwrap();
    assert_eq!(again.secret().fixed("compact").await.unwrap(), None);
}

/// A right of the holder of this token.
fn of_token(row: i64) -> Permit {
    let (organisation, kinds) = (OrganisationRow(1), Kinds::of(&[OrganisationKind::Maker]));
    let member = Member {
        organisation,
        kinds,
        role: Role::Administrator,
        name: "t".into(),
        right: Some(Right::Token(TokenRow(row))),
    };
    Actor::Member(member).permit(Operation::CreateToken, Subject::of(organisation)).unwrap()
}

fn token(row: i64, expires_at: Timestamp) -> Token {
    Token {
        row: TokenRow(row),
        uid: uid(100 + row as u128),
        organisation: OrganisationRow(1),
        name: "t".into(),
        role: Role::Administrator,
        hash: [row as u8; 32],
        created_at: Timestamp::from_millis(0),
        expires_at,
        ended_at: None,
    }
}

/// A request is judged before its change is committed; what comes between is judged in the transaction.
#[tokio::test]
async fn nothing_is_committed_on_a_token_that_ended() {
    let world = World::new(1).await;
    let (now, later) = (Timestamp::from_millis(1_000), Timestamp::from_millis(2_000));
    let save = |change, row, at| {
        let store = world.store.clone();
        async move { store.save_all(vec![change], &of_token(row), at).await.unwrap().remove(0) }
    };
    let enter = |row| Change::of("", vec![Write::Token(token(row, later))]);
    assert_eq!(save(enter(2), 1, now).await, Err(Refused::Ended), "there is no such token");
    for row in [1, 2] {
        world.store.save(enter(row), &permit(), now).await.unwrap();
    }
    assert_eq!(save(enter(3), 1, now).await, Ok(()));
    assert_eq!(save(enter(4), 1, later).await, Err(Refused::Ended), "it expired");
    let audited = async || world.store.audit().page(OrganisationRow(1), 0, 1000).await.unwrap().len();
    let before = audited().await;
    assert_eq!(save(Change::default(), 1, now).await, Ok(()), "a change of nothing asks only");
    assert_eq!(audited().await, before, "and stands in no audit");
    // in one transaction: what came before the end stands, what comes after it does not
    let end = Change::of("", vec![Write::TokenEnd(TokenRow(1), now)]);
    let outcomes = world.store.save_all(vec![enter(5), end, enter(6)], &of_token(1), now).await.unwrap();
    assert_eq!(outcomes, [Ok(()), Ok(()), Err(Refused::Ended)]);
    assert_eq!(save(Change::default(), 1, now).await, Err(Refused::Ended));
    assert_eq!(save(enter(7), 1, now).await, Err(Refused::Ended));
    assert_eq!(save(enter(8), 2, now).await, Ok(()), "others hold");
    let there = world.store.token().page(OrganisationRow(1), TokenRow(0), 100).await.unwrap();
    assert_eq!(there.iter().map(|token| token.row.0).collect::<Vec<_>>(), [1, 2, 3, 5, 8]);
}

/// Two devices that enrol one key at one moment: the second is refused; the first may use it again.
#[tokio::test]
async fn a_key_in_use_is_no_other_devices() {
    use tegata_domain::certificate::{Certificate, CertificateKind};
    let world = World::new(10).await;
    world.store.save_all(vec![made(1, "A", 1), made(2, "B", 2)], &permit(), NOW).await.unwrap();
    let operational = |row: i64, device: i64, key: u8| {
        let kind = CertificateKind::Ldevid;
        let value = Certificate { kind, device: DeviceRow(device), key: Some([key; 16]), ..certificate(row) };
        Change::of("", vec![Write::Certificate(value)])
    };
    let changes = vec![operational(11, 1, 9), operational(12, 2, 9), operational(13, 1, 9), operational(14, 2, 1)];
    let outcomes = world.store.save_all(changes, &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Ok(()), Err(Refused::Stale), Ok(()), Err(Refused::Stale)]);
    assert!(world.store.certificate().by_row(CertificateRow(12)).await.unwrap().is_none());
}
