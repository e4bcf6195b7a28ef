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

/// Entries that are looked at for one page that shows one act alone.
const LOOKED_AT: u32 = 5_000;

/// The newest entries of the actor's organisation before `before`, at most `limit`, of one act alone where it is named; and
/// the row that the next ones stand before. One act is looked for among so many entries and no more, so a page may have
/// fewer, and a next one all the same.
pub async fn newest(
    (before, limit): (Option<i64>, u32),
    only: Option<&str>,
    actor: &Actor,
    cx: &Inner,
) -> Result<(Vec<AuditEntry>, Option<i64>)> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok((Vec::new(), None)) };
    actor.permit(Operation::ReadAudit, Subject::of(organisation))?;
    let (mut found, mut before) = (Vec::new(), before.unwrap_or(i64::MAX));
    let (wanted, mut looked) = (limit as usize, 0);
    while found.len() < wanted && looked < LOOKED_AT {
        let entries = cx.store.audit().before(organisation, before, limit).await?;
        let full = entries.len() == limit as usize;
        for (row, entry) in entries {
            if found.len() == wanted {
                break;
            }
            (looked, before) = (looked + 1, row);
            if only.is_none_or(|only| entry.operation == only) {
                found.push(entry);
            }
        }
        if !full {
            return Ok((found, None));
        }
    }
    Ok((found, Some(before)))
}
