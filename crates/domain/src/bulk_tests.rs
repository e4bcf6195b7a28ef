//! Transitions of a bulk: each from each state, the refused ones too.

use super::*;
use crate::id::{LoginRow, TokenRow};

fn now() -> Timestamp {
    Timestamp::from_millis(1_000_000_000)
}
const RIGHT: (Right, Option<AccountRow>) = (Right::Token(TokenRow(7)), None);

fn bulk(state: BulkState) -> Bulk {
    let begun = matches!(state, BulkState::Running | BulkState::Finished);
    let over = matches!(state, BulkState::Stopped | BulkState::Finished);
    Bulk {
        row: BulkRow(1),
        uid: Uuid::nil(),
        organisation: OrganisationRow(1),
        account: Some(AccountRow(3)),
        right: Right::Login(LoginRow(5)),
        operation: Operation::QuarantineDevice,
        reason: "leaking valve".to_owned(),
        filter: Filter::default(),
        upto: DeviceRow(100),
        cursor: DeviceRow(100),
        state,
        halt: (state == BulkState::Stopped).then_some(Halt::Person),
        counts: BulkCounts { chosen: 10, left: 2, done: 0, passed: 0 },
        moves: 0,
        created_at: now(),
        gathered_at: (state != BulkState::Gathering).then_some(now()),
        started_at: begun.then_some(now()),
        ended_at: over.then_some(now()),
    }
}

#[test]
fn starts_once_with_the_count_that_was_shown() {
    let start = |state, count| bulk(state).start(count, RIGHT, now());
    let started = start(BulkState::Ready, 10).unwrap();
    assert_eq!((started.state, started.started_at), (BulkState::Running, Some(now())));
    assert_eq!((started.right, started.account), RIGHT, "it rests on who confirmed it");
    assert_eq!(start(BulkState::Ready, 12), Err(BulkError::Count(10)), "all that were looked at is not all touched");
    assert_eq!(start(BulkState::Ready, 0), Err(BulkError::Count(10)));
    for (state, why) in [
        (BulkState::Gathering, BulkError::Gathering),
        (BulkState::Running, BulkError::Started),
        (BulkState::Stopped, BulkError::Over),
        (BulkState::Finished, BulkError::Over),
    ] {
        assert_eq!(start(state, 10), Err(why), "{state:?}");
    }
}

#[test]
fn what_was_looked_at_long_ago_is_looked_at_anew() {
    let start = |after| bulk(BulkState::Ready).start(10, RIGHT, now().plus(after));
    assert!(start(CONFIRM_WITHIN - Duration::from_millis(1)).is_ok());
    assert_eq!(start(CONFIRM_WITHIN), Err(BulkError::Old));
}

#[test]
fn nobody_is_not_started() {
    let empty = Bulk { counts: BulkCounts { left: 9, ..BulkCounts::default() }, ..bulk(BulkState::Ready) };
    assert_eq!(empty.start(0, RIGHT, now()), Err(BulkError::Nobody));
}

#[test]
fn stops_from_everywhere_but_the_end() {
    for state in [BulkState::Gathering, BulkState::Ready, BulkState::Running, BulkState::Stopped] {
        let stopped = bulk(state).stop(Halt::Right, now()).unwrap();
        assert_eq!((stopped.state, stopped.ended_at), (BulkState::Stopped, Some(now())), "{state:?}");
        let halt = if state == BulkState::Stopped { Halt::Person } else { Halt::Right };
        assert_eq!(stopped.halt, Some(halt), "the first reason stays");
    }
    assert_eq!(bulk(BulkState::Finished).stop(Halt::Person, now()), Err(BulkError::Over));
}

#[test]
fn goes_on_only_where_it_was_confirmed() {
    let stopped = bulk(BulkState::Running).stop(Halt::Right, now()).unwrap();
    let on = stopped.resume(RIGHT).unwrap();
    assert_eq!((on.state, on.halt, on.ended_at, on.right), (BulkState::Running, None, None, RIGHT.0));
    for state in [BulkState::Gathering, BulkState::Ready, BulkState::Stopped] {
        assert_eq!(bulk(state).resume(RIGHT), Err(BulkError::NotStarted), "{state:?}");
    }
    assert_eq!(bulk(BulkState::Finished).resume(RIGHT), Err(BulkError::Over));
}

#[test]
fn every_refusal_has_its_outcome() {
    for error in [
        DeviceError::Retired,
        DeviceError::Unconfirmed,
        DeviceError::Held("recalled"),
        DeviceError::TooLate("installed"),
        DeviceError::NotQuarantined("well"),
    ] {
        assert!(Outcome::of_life(&error).is_passed(), "{error}");
    }
    assert_eq!(Outcome::of_refusal(&Refusal::NotFound), Some(Outcome::Gone));
    let role = Refusal::Role { role: "auditor", needed: "operator".to_owned() };
    assert_eq!(Outcome::of_refusal(&role), None, "who may do it to no device is not passed over: it stops");
    assert!(!Outcome::Waiting.is_passed() && !Outcome::Done.is_passed());
}

#[test]
fn codes_and_counts() {
    assert!(Outcome::ALL.iter().enumerate().all(|(code, one)| *one as usize == code));
    assert!(BulkState::ALL.iter().enumerate().all(|(code, one)| *one as usize == code));
    let counts = BulkCounts { chosen: 10, left: 3, done: 6, passed: 1 };
    assert_eq!((counts.waiting(), counts.looked()), (3, 13));
}
