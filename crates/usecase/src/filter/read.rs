//! Reads of kept filters.

use crate::cx::Inner;
use crate::error::Result;
use crate::login::Visitor;
use tegata_domain::filter::Kept;
use tegata_domain::permit::{Operation, Subject};

/// Those that the visitor keeps for this organisation.
pub async fn list(visitor: &Visitor, cx: &Inner) -> Result<Vec<Kept>> {
    let organisation = visitor.organisation.row;
    visitor.actor().permit(Operation::KeepFilter, Subject::of(organisation))?;
    Ok(cx.store.filter().of(organisation, visitor.account.row).await?)
}
