//! Reads of the audit.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::audit::AuditEntry;
use tegata_domain::permit::{Actor, Operation, Scope, Subject};

/// The audit of the actor's organisation after `after`, at most `limit`, each entry with its cursor.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<(i64, AuditEntry)>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadAudit, Subject::of(organisation))?;
    Ok(cx.store.audit().page(organisation, after, limit).await?)
}
