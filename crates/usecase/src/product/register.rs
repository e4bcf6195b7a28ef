//! Registers a product; the fact goes to the public log.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::id::ProductRow;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::product::{NewProduct, Product};
use tegata_store::Row;

/// Registers a product of the actor's organisation.
pub async fn register(new: NewProduct, actor: &Actor, cx: &Inner) -> Result<Product> {
    let maker = crate::organisation::own(actor, cx).await?;
    let permit = actor.permit(Operation::CreateProduct, Subject::of(maker.row))?;
    let now = cx.now()?;
    let row = ProductRow(cx.store.reserve(Row::Product, 1).await?);
    let product = new.register(row, cx.uid(now), maker.row, now).map_err(|e| Error::invalid("product", e))?;
    let fact = Fact::product_registered(&product, &maker.name);
    let change = Change::of(product.uid.to_string(), vec![Write::Product(product.clone()), Write::Fact(fact)]);
    cx.store.save(change, &permit, now).await.map_err(|e| match Error::from(e) {
        e if e.code == "exists" => {
            Error::conflict("exists", format!("this maker already has a product with model {}", product.model))
        }
        other => other,
    })?;
    Ok(product)
}
