//! Changes what a member may do, or ends a membership. Somebody who administers stays.

use super::of_house;
use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Role, Subject};
use tegata_domain::person::PersonWrite;

/// Changes the role of a member. What stands open in a browser goes on under the new one.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "membership::change", skip_all)]
pub async fn change(member: Uuid, role: Role, actor: &Actor, cx: &Inner) -> Result<()> {
    let (house, account) = of_house(member, actor, cx).await?;
    let permit = actor.permit(Operation::ChangeMember, Subject::of(house))?;
    let write = PersonWrite::MembershipRole(house, account.row, role);
    let change = Change::of(format!("{member} {}", role.name()), vec![Write::Person(write)]);
    Ok(cx.store.save(change, &permit, cx.now()?).await?)
}

/// Ends a membership, with its logins. The account goes too where it belongs nowhere else.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "membership::end", skip_all)]
pub async fn end(member: Uuid, actor: &Actor, cx: &Inner) -> Result<()> {
    let (house, account) = of_house(member, actor, cx).await?;
    let permit = actor.permit(Operation::ChangeMember, Subject::of(house))?;
    let mut writes = vec![Write::Person(PersonWrite::MembershipEnd(house, account.row))];
    if cx.store.membership().of(account.row).await?.len() == 1 {
        writes.push(Write::Person(PersonWrite::AccountEnd(account.row)));
    }
    Ok(cx.store.save(Change::of(member.to_string(), writes), &permit, cx.now()?).await?)
}
