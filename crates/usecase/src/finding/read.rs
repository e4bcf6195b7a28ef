//! Reads of findings.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::finding::Finding;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};

/// The findings of the actor's organisation after `after`, at most `limit`, each with its cursor.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<(i64, Finding)>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadFinding, Subject::of(organisation))?;
    Ok(cx.store.finding().page(organisation, after, limit).await?)
}
