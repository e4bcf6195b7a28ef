//! Kept filters: each person's own, and no more than there is room for.

use crate::fixture::*;
use tegata_domain::account::Account;
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::filter::{Filter, KEPT_MAX, Kept};
use tegata_domain::id::*;
use tegata_domain::membership::Membership;
use tegata_domain::permit::Role;
use tegata_domain::person::PersonWrite;

fn person(write: PersonWrite) -> Change {
    Change::of("", vec![Write::Person(write)])
}

fn account(n: i64) -> Account {
    Account {
        row: AccountRow(n),
        uid: uid(100 + n as u128),
        name: format!("p{n}"),
        password_hash: None,
        language: None,
        factor: None,
        version: 1,
        created_at: NOW,
        changed_at: NOW,
    }
}

fn kept(n: i64, account: i64) -> Kept {
    Kept {
        row: FilterRow(n),
        uid: uid(1000 + n as u128),
        organisation: OrganisationRow(1),
        account: AccountRow(account),
        name: format!("f{n}"),
        filter: Some(Filter::parse("stage=in_use&silent=7").unwrap()),
        created_at: NOW,
    }
}

#[tokio::test]
async fn filters_are_their_keepers() {
    let world = World::new(1).await;
    let (organisation, member) = (OrganisationRow(1), AccountRow(1));
    let membership = Membership { organisation, account: member, role: Role::Auditor, created_at: NOW };
    let people =
        [PersonWrite::Account(account(1)), PersonWrite::Membership(membership), PersonWrite::Account(account(2))];
    world.store.save_all(people.map(person).into(), &permit(), NOW).await.unwrap();
    let all = [kept(1, 1), kept(2, 2), kept(3, 1)];
    let all = all.into_iter().map(|one| person(PersonWrite::Filter(one))).collect();
    let outcomes = world.store.save_all(all, &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Ok(()), Err(Refused::Stale), Ok(())], "who is no member keeps none");
    let there = || async { world.store.filter().of(organisation, member).await.unwrap() };
    assert_eq!(there().await, [kept(1, 1), kept(3, 1)]);
    let end = |row, account| person(PersonWrite::FilterEnd(FilterRow(row), AccountRow(account)));
    let outcomes = world.store.save_all(vec![end(1, 2), end(1, 1), end(1, 1)], &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Err(Refused::Stale), Ok(()), Err(Refused::Stale)]);
    let more = (10..10 + i64::from(KEPT_MAX)).map(|n| person(PersonWrite::Filter(kept(n, 1)))).collect();
    let outcomes = world.store.save_all(more, &permit(), NOW).await.unwrap();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count() as u32, KEPT_MAX - 1);
    assert_eq!(outcomes.last(), Some(&Err(Refused::Stale)), "one was there");
    assert_eq!(there().await.len() as u32, KEPT_MAX);
}
