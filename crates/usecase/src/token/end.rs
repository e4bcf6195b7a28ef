//! Ends an API token at once.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Subject};

/// Ends a token. A second time changes nothing.
pub async fn end(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<()> {
    let token = cx.store.token().by_uid(uid).await?.ok_or_else(|| Error::not_found("token"))?;
    let permit = actor.permit(Operation::EndToken, Subject::of(token.organisation))?;
    if token.ended_at.is_some() {
        return Ok(());
    }
    let now = cx.now()?;
    cx.store.save(Change::of(uid.to_string(), vec![Write::TokenEnd(token.row, now)]), &permit, now).await?;
    Ok(())
}
