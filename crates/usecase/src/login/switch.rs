//! Acts for another organisation: another login, with a secret of its own.

use super::open::{Attempted, establish};
use super::{Opened, Visitor};
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::{Operation, Role};
use tegata_domain::person::PersonWrite;

/// Where the visitor belongs.
pub async fn houses(visitor: &Visitor, cx: &Inner) -> Result<Vec<(Organisation, Role)>> {
    let mut houses = Vec::new();
    for membership in cx.store.membership().of(visitor.account.row).await? {
        if let Some(organisation) = cx.store.organisation().by_row(membership.organisation).await? {
            houses.push((organisation, membership.role));
        }
    }
    Ok(houses)
}

/// Ends this login and opens one for another organisation of the same person, proven no better and no later.
pub async fn switch(to: Uuid, visitor: &Visitor, cx: &Inner) -> Result<Opened> {
    let house = houses(visitor, cx).await?.into_iter().find(|(house, _)| house.uid == to);
    let (house, _) = house.ok_or_else(|| Error::not_found("organisation of yours"))?;
    let now = cx.now()?;
    let left =
        Change::of(visitor.login.uid.to_string(), vec![Write::Person(PersonWrite::LoginEnd(visitor.login.row, now))]);
    cx.store.save(left, &visitor.own(Operation::ChangeSelf)?.begun(), now).await?;
    let attempted = Attempted {
        agent: visitor.login.agent.clone(),
        strength: visitor.login.strength,
        proof: None,
        since: Some(visitor.login.created_at),
    };
    establish(&visitor.account, Some(house.row), attempted, cx).await
}
