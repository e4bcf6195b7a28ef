//! Look-ups, questions to devices, reports: their guards, and what goes with a claim.

use crate::fixture::*;
use std::time::Duration;
use tegata_domain::challenge::{Answered, Challenge, PACE};
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::id::*;
use tegata_domain::report::{A_DAY, Report, ReportKind, Tongue};
use tegata_domain::scan::{Count, Countries, Day, Noted, Place};
use tegata_domain::time::Timestamp;
use tegata_store::Store;
use tegata_store::version::Thing;

const DEVICE: DeviceRow = DeviceRow(1);

fn at(seconds: u64) -> Timestamp {
    Timestamp::parse("2027-11-18T00:00:00Z").unwrap().plus(Duration::from_secs(seconds))
}

async fn save(store: &Store, writes: Vec<Write>) -> Result<(), Refused> {
    store.save_all(vec![Change::of("", writes)], &permit(), NOW).await.unwrap().remove(0)
}

async fn one() -> World {
    let world = World::new(1).await;
    save(&world.store, made(DEVICE.0, "A", 1).writes).await.unwrap();
    world
}

async fn looked(store: &Store) -> bool {
    store.device().glance(DEVICE, 0).await.unwrap().unwrap().0.looked
}

fn noted(day: i64, place: Place, count: u32, countries: &str) -> Noted {
    let counts = vec![Count { day: Day(day), place, count }];
    Noted { device: DEVICE, counts, countries: Countries::parse(countries) }
}

#[tokio::test]
async fn counts_add_up_and_move_the_version_where_they_say_something_else() {
    let world = one().await;
    let store = &world.store;
    let jp = Place::Country(*b"JP");
    assert!(!looked(store).await && store.scan().of_device(DEVICE).await.unwrap().is_none());
    let before = store.version(Thing::Device(DEVICE));
    store.scan().note(vec![noted(7, jp, 2, "JP")], vec![DEVICE]).await.unwrap();
    let after = store.version(Thing::Device(DEVICE));
    assert!(before.is_none() || before != after);
    store.scan().note(vec![noted(7, jp, 1, "JP")], vec![]).await.unwrap();
    store.scan().note(vec![noted(9, Place::Unknown, 1, "JP")], vec![]).await.unwrap();
    assert!(after.is_none() || store.version(Thing::Device(DEVICE)) == after);
    let all = store.scan().of_device(DEVICE).await.unwrap().unwrap();
    assert_eq!((all.first, all.total, all.countries.text()), (Day(7), 4, "JP".to_owned()));
    let counts = store.scan().counts(DEVICE, Day(0)).await.unwrap();
    let expect = [Count { day: Day(7), place: jp, count: 3 }, Count { day: Day(9), place: Place::Unknown, count: 1 }];
    assert_eq!(counts, expect);
    assert_eq!(store.scan().counts(DEVICE, Day(8)).await.unwrap(), expect[1..]);
    assert!(looked(store).await);
    assert_eq!(store.scan().sweep(Day(9), 10).await.unwrap(), 1);
    assert_eq!(store.scan().sweep(Day(9), 10).await.unwrap(), 0);
}

#[tokio::test]
async fn an_alarm_stands_once_and_an_exemption_ends_it() {
    let world = one().await;
    let store = &world.store;
    let alarm = |at| save(store, vec![Write::Alarm(DEVICE, at)]);
    assert_eq!(alarm(Some(at(0))).await, Err(Refused::Stale), "nothing was looked up");
    store.scan().note(vec![noted(7, Place::Group(3), 1, "")], vec![DEVICE]).await.unwrap();
    assert_eq!(alarm(None).await, Err(Refused::Stale), "none stands");
    assert_eq!(alarm(Some(at(0))).await, Ok(()));
    assert_eq!(alarm(Some(at(1))).await, Err(Refused::Stale), "of two nodes one enters it");
    let exempt = |period| save(store, vec![Write::Exempt(DEVICE, period, Some(at(9)))]);
    assert_eq!(exempt(1).await, Err(Refused::Stale), "another owner's time");
    assert_eq!(exempt(0).await, Ok(()));
    let all = store.scan().of_device(DEVICE).await.unwrap().unwrap();
    assert_eq!((all.alarmed_at, all.exempt_until, all.total), (None, Some(at(9)), 1));
}

#[tokio::test]
async fn a_code_may_be_on_show_before_anybody_looked() {
    let world = one().await;
    let store = &world.store;
    save(store, vec![Write::Exempt(DEVICE, 0, Some(at(9)))]).await.unwrap();
    store.scan().note(vec![noted(7, Place::Group(3), 1, "")], vec![DEVICE]).await.unwrap();
    let all = store.scan().of_device(DEVICE).await.unwrap().unwrap();
    assert_eq!((all.first, all.total, all.exempt_until), (Day(7), 1, Some(at(9))));
}

fn asked(nonce: u8, seconds: u64) -> Challenge {
    Challenge { device: DEVICE, nonce: [nonce; 16], asked_at: at(seconds), answer: None }
}

#[tokio::test]
async fn one_question_at_a_time_and_one_answer() {
    let world = one().await;
    let store = &world.store;
    let ask = |nonce, seconds| save(store, vec![Write::Challenge(asked(nonce, seconds))]);
    let answer = |nonce| {
        let told = Answered { at: at(70), near: Some(true), statement: "s".into(), signature: vec![1] };
        save(store, vec![Write::ChallengeAnswer(Box::new((asked(nonce, 0), told)))])
    };
    assert_eq!(answer(1).await, Err(Refused::Stale), "nobody asked");
    assert_eq!(ask(1, 0).await, Ok(()));
    assert!(looked(store).await);
    assert_eq!(ask(2, PACE.as_secs() - 1).await, Err(Refused::Stale), "just now");
    assert_eq!(answer(2).await, Err(Refused::Stale), "another nonce");
    assert_eq!(answer(1).await, Ok(()));
    assert_eq!(answer(1).await, Err(Refused::Stale), "once");
    let stored = store.challenge().of_device(DEVICE).await.unwrap().unwrap();
    assert_eq!(stored.answer.unwrap().near, Some(true));
    assert_eq!(ask(3, PACE.as_secs()).await, Ok(()));
    assert_eq!(store.challenge().of_device(DEVICE).await.unwrap().unwrap(), asked(3, PACE.as_secs()));
    assert_eq!(store.challenge().sweep(at(PACE.as_secs()), 9).await.unwrap(), 0);
    assert_eq!(store.challenge().sweep(at(PACE.as_secs() + 1), 9).await.unwrap(), 1);
}

#[tokio::test]
async fn so_many_reports_a_day() {
    let world = one().await;
    let store = &world.store;
    let report = |n: u128, seconds| Report {
        uid: uid(n),
        device: DEVICE,
        at: at(seconds),
        language: Tongue::Ja,
        kind: ReportKind::Other,
        text: format!("{n}"),
    };
    let day = 24 * 3600;
    for n in 0..u128::from(A_DAY) {
        assert_eq!(save(store, vec![Write::Report(report(n, day - 1))]).await, Ok(()));
    }
    assert_eq!(save(store, vec![Write::Report(report(90, day - 1))]).await, Err(Refused::Full));
    assert_eq!(save(store, vec![Write::Report(report(91, day))]).await, Ok(()), "the next day");
    let all = store.report().page(DEVICE, 0, 10).await.unwrap();
    assert_eq!(all.last().map(|(_, last)| last), Some(&report(91, day)));
    assert_eq!(store.report().page(DEVICE, all[0].0, 1).await.unwrap()[0].1.text, "1");
    assert_eq!(store.report().sweep(at(day), 10).await.unwrap(), A_DAY as usize);
}
