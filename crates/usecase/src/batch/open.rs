//! Opens a batch: a permit to make devices.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::batch::{Batch, NewBatch};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{BatchRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_store::Row;

/// Opens a batch of a product.
pub async fn open(product: Uuid, new: NewBatch, actor: &Actor, cx: &Inner) -> Result<Batch> {
    let product = crate::product::by_uid(product, actor, cx).await?;
    let permit = actor.permit(Operation::CreateBatch, Subject::of(product.organisation))?;
    let now = cx.now()?;
    let row = BatchRow(cx.store.reserve(Row::Batch, 1).await?);
    let batch = new.open(row, cx.uid(now), &product, now).map_err(|e| Error::invalid("batch", e))?;
    let change = Change::of(batch.uid.to_string(), vec![Write::Batch(batch.clone())]);
    cx.store.save(change, &permit, now).await?;
    Ok(batch)
}
