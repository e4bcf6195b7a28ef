//! Takes an invitation back.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};
use tegata_domain::person::PersonWrite;

/// Takes back one of the actor's organisation; another's is not there.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "invitation::end", skip_all)]
pub async fn end(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<()> {
    let not_found = || Error::not_found("invitation");
    let Scope::Organisation(house) = actor.scope() else { return Err(not_found()) };
    let invitation = cx.store.invitation().by_uid(uid).await?.filter(|one| one.organisation == house);
    let invitation = invitation.ok_or_else(not_found)?;
    let permit = actor.permit(Operation::InviteAccount, Subject::of(house))?;
    let now = cx.now()?;
    let write = Write::Person(PersonWrite::InvitationEnd(invitation.row, now));
    Ok(cx.store.save(Change::of(uid.to_string(), vec![write]), &permit, now).await?)
}
