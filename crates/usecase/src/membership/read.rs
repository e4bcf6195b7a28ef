//! Reads of members.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::account::Account;
use tegata_domain::id::{AccountRow, OrganisationRow, Uuid};
use tegata_domain::membership::Listed;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};

/// The members of the actor's organisation after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Listed>> {
    let Scope::Organisation(house) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadAccount, Subject::of(house))?;
    Ok(cx.store.membership().page(house, AccountRow(after), limit).await?)
}

/// A member of the actor's organisation; another's is not there.
pub(crate) async fn of_house(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<(OrganisationRow, Account)> {
    let not_found = || Error::not_found("member");
    let Scope::Organisation(house) = actor.scope() else { return Err(not_found()) };
    let account = cx.store.account().by_uid(uid).await?.ok_or_else(not_found)?;
    match cx.store.membership().role(house, account.row).await? {
        Some(_) => Ok((house, account)),
        None => Err(not_found()),
    }
}
