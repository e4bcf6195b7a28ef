//! Sessions, standing findings, signs of life: their guards.

use crate::fixture::*;
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::finding::{Finding, FindingKind, FindingState};
use tegata_domain::id::*;
use tegata_domain::ratchet::{Ratchet, Shown};
use tegata_domain::session::Session;
use tegata_domain::time::Timestamp;
use tegata_store::Store;

const DEVICE: DeviceRow = DeviceRow(1);

async fn save(store: &Store, writes: Vec<Write>) -> Result<(), Refused> {
    store.save_all(vec![Change::of("", writes)], &permit(), NOW).await.unwrap().remove(0)
}

fn next(session: &Session) -> Session {
    let ratchet = session.ratchet.clone().show(Shown::Nothing).0;
    Session { ratchet, ..session.clone() }
}

#[tokio::test]
async fn of_two_decisions_on_one_session_one_stands() {
    let world = World::new(1).await;
    let of_device = || async { world.store.session().of_device(DEVICE).await.unwrap() };
    assert_eq!(of_device().await, None);
    let mut session = Session::first(DEVICE, 0);
    for version in 0..3 {
        assert_eq!(session.version, version);
        let decided = next(&session);
        let write = || vec![Write::Session(Box::new(decided.clone()))];
        assert_eq!(save(&world.store, write()).await, Ok(()));
        assert_eq!(save(&world.store, write()).await, Err(Refused::Stale), "version {version}");
        let stored = of_device().await.unwrap();
        assert_eq!(stored, Session { version: version + 1, ..decided });
        session = stored;
    }
}

#[tokio::test]
async fn a_new_epoch_forgets_tokens_and_makes_decisions_stale() {
    let world = World::new(1).await;
    assert_eq!(save(&world.store, vec![Write::SessionEpoch(DEVICE)]).await, Ok(()), "nothing was given yet");
    assert_eq!(world.store.session().of_device(DEVICE).await.unwrap(), None);
    let first = next(&Session::first(DEVICE, 4));
    save(&world.store, vec![Write::Session(Box::new(first))]).await.unwrap();
    let before = world.store.session().of_device(DEVICE).await.unwrap().unwrap();
    save(&world.store, vec![Write::SessionEpoch(DEVICE)]).await.unwrap();
    let after = world.store.session().of_device(DEVICE).await.unwrap().unwrap();
    assert_eq!((after.epoch, after.period, &after.ratchet), (1, 4, &Ratchet::default()));
    let stale = save(&world.store, vec![Write::Session(Box::new(next(&before)))]).await;
    assert_eq!(stale, Err(Refused::Stale));
}

fn finding(n: u128, kind: FindingKind) -> Finding {
    Finding {
        uid: uid(n),
        organisation: OrganisationRow(1),
        device: Some(DEVICE),
        batch: None,
        kind: kind.name().to_owned(),
        level: kind.level(),
        at: NOW,
        data: serde_json::json!({}),
        closed: None,
    }
}

async fn listed(store: &Store, state: Option<FindingState>) -> Vec<u128> {
    let all = store.finding().page(OrganisationRow(1), state, 0, 100).await.unwrap();
    all.into_iter().map(|(_, finding)| finding.uid.as_u128()).collect()
}

#[tokio::test]
async fn a_standing_finding_is_open_once() {
    use FindingKind::{RolledBack, TwoBodies, WeakKey};
    let world = World::new(1).await;
    let store = &world.store;
    save(store, made(DEVICE.0, "FOUND", 9).writes).await.unwrap();
    let open = |n, kind| vec![Write::FindingOpen(finding(n, kind))];
    for n in [11, 12] {
        assert_eq!(save(store, open(n, TwoBodies)).await, Ok(()));
    }
    save(store, open(13, RolledBack)).await.unwrap();
    // those of the line stand each for itself
    for n in [14, 15] {
        save(store, vec![Write::Finding(finding(n, WeakKey))]).await.unwrap();
    }
    assert_eq!(listed(store, None).await, [11, 13, 14, 15]);
    let newest = |organisation| async move {
        let newest = store.finding().newest(DEVICE, TwoBodies, OrganisationRow(organisation)).await.unwrap();
        newest.map(|finding| (finding.uid.as_u128(), finding.closed.is_none()))
    };
    assert_eq!((newest(1).await, newest(2).await), (Some((11, true)), None));
    let close = || vec![Write::FindingClose(DEVICE, TwoBodies, NOW, "looked at".into())];
    for _ in 0..2 {
        assert_eq!(save(store, close()).await, Ok(()), "also where nothing stands open");
    }
    assert_eq!(newest(1).await, Some((11, false)));
    save(store, open(16, TwoBodies)).await.unwrap();
    assert_eq!(newest(1).await, Some((16, true)));
    assert_eq!(listed(store, Some(FindingState::Open)).await, [13, 14, 15, 16]);
    assert_eq!(listed(store, Some(FindingState::Closed)).await, [11]);
    let end = |n| vec![Write::FindingEnd(uid(n), NOW, "a test".into())];
    assert_eq!(save(store, end(14)).await, Ok(()));
    assert_eq!(save(store, end(14)).await, Err(Refused::Stale));
    assert_eq!(save(store, end(99)).await, Err(Refused::Stale));
    let closed = store.finding().by_uid(uid(14)).await.unwrap().unwrap().closed;
    assert_eq!(closed, Some((NOW, "a test".into())));
}

#[tokio::test]
async fn an_initial_password_is_noted_where_it_stands_otherwise() {
    let world = World::new(1).await;
    let note = |changed| vec![Write::InitialPassword { device: DEVICE, changed, at: NOW }];
    let is_changed = || async { world.store.initial_password().is_changed(DEVICE).await.unwrap() };
    assert!(!is_changed().await);
    for (changed, outcome) in [(true, Ok(())), (true, Err(Refused::Stale)), (false, Ok(())), (true, Ok(()))] {
        assert_eq!(save(&world.store, note(changed)).await, outcome);
        assert_eq!(is_changed().await, changed);
    }
}

#[tokio::test]
async fn the_last_sign_of_life_only_grows() {
    let world = World::new(1).await;
    for (millis, last) in [(5, 5), (9, 9), (7, 9)] {
        world.store.seen().note(vec![(DEVICE, Timestamp::from_millis(millis))]).await.unwrap();
        assert_eq!(world.store.seen().at(DEVICE).await.unwrap(), Some(Timestamp::from_millis(last)));
    }
    assert_eq!(world.store.seen().at(DeviceRow(2)).await.unwrap(), None);
}
