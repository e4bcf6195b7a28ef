//! Reads of organisations.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::id::OrganisationRow;
use tegata_domain::organisation::{Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Operation, Subject};

/// The actor's own organisation.
pub async fn own(actor: &Actor, cx: &Inner) -> Result<Organisation> {
    let Actor::Member(member) = actor else { return Err(Error::not_found("organisation")) };
    actor.permit(Operation::ReadOrganisation, Subject::of(member.organisation))?;
    let found = cx.store.organisation().by_row(member.organisation).await?;
    found.ok_or_else(|| Error::not_found("organisation"))
}

/// All organisations for the platform, the own one for all others: after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Organisation>> {
    let own = own(actor, cx).await?;
    if own.kinds.has(OrganisationKind::Platform) {
        return Ok(cx.store.organisation().page(OrganisationRow(after), limit).await?);
    }
    Ok(if own.row.0 > after { vec![own] } else { Vec::new() })
}
