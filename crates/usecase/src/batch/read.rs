//! Reads of batches.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::batch::Batch;
use tegata_domain::id::{BatchRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Refusal, Scope, Subject};

/// One batch.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Batch> {
    let batch = cx.store.batch().by_uid(uid).await?.ok_or_else(|| Error::not_found("batch"))?;
    actor.permit(Operation::ReadBatch, Subject::of(batch.organisation)).map_err(|e| match e {
        Refusal::NotFound => Error::not_found("batch"),
        other => other.into(),
    })?;
    Ok(batch)
}

/// The batches of the actor's organisation after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Batch>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadBatch, Subject::of(organisation))?;
    Ok(cx.store.batch().page(organisation, BatchRow(after), limit).await?)
}
