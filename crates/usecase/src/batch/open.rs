//! Opens a batch: a permit to make devices.

use crate::cx::{IdempotencyKey, Inner};
use crate::error::{Error, Result};
use tegata_domain::batch::{Batch, NewBatch};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{BatchRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_store::Row;

/// Opens a batch of a product. `key` is the asker's Idempotency-Key: the same request again gets the same batch.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "batch::open", skip_all)]
pub async fn open(product: Uuid, new: NewBatch, key: Option<&str>, actor: &Actor, cx: &Inner) -> Result<Batch> {
    let product = crate::product::by_uid(product, actor, cx).await?;
    let permit = actor.permit(Operation::CreateBatch, Subject::of(product.organisation))?;
    let now = cx.now()?;
    let key = key.map(|key| IdempotencyKey { organisation: product.organisation, noun: "batch", key });
    let uid = cx.uid_of(now, key);
    let row = BatchRow(cx.store.reserve(Row::Batch, 1).await?);
    let batch = new.open(row, uid, &product, now).map_err(|e| Error::invalid("batch", &e).case(e.case()))?;
    let change = Change::of(batch.uid.to_string(), vec![Write::Batch(batch.clone())]);
    match cx.store.save(change, &permit, now).await.map_err(Error::from) {
        Ok(()) => Ok(batch),
        Err(e) if e.code == "exists" => match cx.store.batch().by_uid(batch.uid).await? {
            Some(known)
                if (known.product, known.quantity, known.confirmation)
                    == (batch.product, batch.quantity, batch.confirmation) =>
            {
                Ok(known)
            }
            Some(_) | None => {
                Err(Error::conflict("idempotency_key", "this Idempotency-Key was used for another batch"))
            }
        },
        Err(e) => Err(e),
    }
}
