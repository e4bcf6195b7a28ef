//! Reads of products.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::id::{ProductRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Scope, Subject};
use tegata_domain::product::Product;

/// One product.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Product> {
    let product = cx.store.product().by_uid(uid).await?.ok_or_else(|| Error::not_found("product"))?;
    actor.permit(Operation::ReadProduct, Subject::of(product.organisation)).map_err(|e| match e {
        tegata_domain::permit::Refusal::NotFound => Error::not_found("product"),
        other => other.into(),
    })?;
    Ok(product)
}

/// The products of the actor's organisation after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Product>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    actor.permit(Operation::ReadProduct, Subject::of(organisation))?;
    Ok(cx.store.product().page(organisation, ProductRow(after), limit).await?)
}
