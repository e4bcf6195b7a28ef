//! Reads of invitations.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::id::InvitationRow;
use tegata_domain::invitation::Invitation;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};

/// Those of the actor's organisation, newest first, before `before`, at most `limit`.
pub async fn list(before: Option<i64>, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Invitation>> {
    let Scope::Organisation(house) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadAccount, Subject::of(house))?;
    Ok(cx.store.invitation().page(house, InvitationRow(before.unwrap_or(i64::MAX)), limit).await?)
}

/// Those of the actor's organisation after `after`, at most `limit`, in the order of their rows.
pub async fn list_after(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Invitation>> {
    let Scope::Organisation(house) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadAccount, Subject::of(house))?;
    Ok(cx.store.invitation().after(house, InvitationRow(after), limit).await?)
}
