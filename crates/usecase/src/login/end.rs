//! Ends logins: one's own, or those of a member.

use super::Visitor;
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::person::PersonWrite;

/// Ends one login of the visitor's own account.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "login::end", skip_all)]
pub async fn end(uid: Uuid, visitor: &Visitor, cx: &Inner) -> Result<()> {
    let login = cx.store.login().by_uid(uid).await?.filter(|login| login.account == visitor.account.row);
    let login = login.ok_or_else(|| Error::not_found("login"))?;
    let now = cx.now()?;
    let change = Change::of(uid.to_string(), vec![Write::Person(PersonWrite::LoginEnd(login.row, now))]);
    Ok(cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, now).await?)
}

/// Ends all logins of the visitor's own account but this one.
pub async fn end_others(visitor: &Visitor, cx: &Inner) -> Result<()> {
    let now = cx.now()?;
    let (account, but) = (visitor.account.row, Some(visitor.login.row));
    let write = PersonWrite::LoginsEnd { account, organisation: None, but, at: now };
    let change = Change::of(visitor.account.uid.to_string(), vec![Write::Person(write)]);
    Ok(cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, now).await?)
}

/// Ends the logins that a member of the actor's organisation has for it.
pub async fn end_of(member: Uuid, actor: &Actor, cx: &Inner) -> Result<()> {
    let (house, account) = crate::membership::of_house(member, actor, cx).await?;
    let permit = actor.permit(Operation::EndLogin, Subject::of(house))?;
    let now = cx.now()?;
    let write = PersonWrite::LoginsEnd { account: account.row, organisation: Some(house), but: None, at: now };
    Ok(cx.store.save(Change::of(member.to_string(), vec![Write::Person(write)]), &permit, now).await?)
}
