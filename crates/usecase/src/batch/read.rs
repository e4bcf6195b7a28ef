//! Reads of batches.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::batch::Batch;
use tegata_domain::id::{BatchRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Refusal, Scope, Subject};
use tegata_domain::product::Product;
use tegata_store::station::Station;

/// A batch, with what stands on the labels of its devices, and who works on it.
pub struct Seen {
    /// The batch.
    pub batch: Batch,
    /// The product.
    pub product: Arc<Product>,
    /// The maker's name.
    pub maker: Arc<str>,
    /// Where labels lead to.
    pub public_url: String,
    /// Who works on it, in the order in which their tokens were made.
    pub stations: Vec<Station>,
}

/// One batch.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Seen> {
    let batch = cx.store.batch().by_uid(uid).await?.ok_or_else(|| Error::not_found("batch"))?;
    actor.permit(Operation::ReadBatch, Subject::of(batch.organisation)).map_err(|e| match e {
        Refusal::NotFound => Error::not_found("batch"),
        other => other.into(),
    })?;
    let entry = crate::lookup::entry(batch.product, cx).await?;
    let (product, maker) = (Arc::clone(&entry.product), Arc::clone(&entry.maker));
    let stations = cx.store.batch().stations(batch.row).await?;
    Ok(Seen { batch, product, maker, public_url: cx.names.public_url.clone(), stations })
}

/// The batches of the actor's organisation after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Batch>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadBatch, Subject::of(organisation))?;
    Ok(cx.store.batch().page(organisation, BatchRow(after), limit).await?)
}

/// The same with the product of each.
pub async fn list_with_products(
    after: i64,
    limit: u32,
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<(Batch, Arc<Product>)>> {
    let mut all = Vec::new();
    for batch in list(after, limit, actor, cx).await? {
        let product = Arc::clone(&crate::lookup::entry(batch.product, cx).await?.product);
        all.push((batch, product));
    }
    Ok(all)
}
