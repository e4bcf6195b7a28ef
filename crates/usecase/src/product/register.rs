//! Registers a product; the fact goes to the public log.

use crate::cx::{IdempotencyKey, Inner};
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::fact::Fact;
use tegata_domain::id::ProductRow;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::product::{NewProduct, Product};
use tegata_store::Row;

/// Registers a product of the actor's organisation.
/// `key` is the asker's Idempotency-Key: the same request again gets the same product.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "product::register", skip_all)]
pub async fn register(new: NewProduct, key: Option<&str>, actor: &Actor, cx: &Inner) -> Result<Product> {
    let maker = crate::organisation::own(actor, cx).await?;
    let permit = actor.permit(Operation::CreateProduct, Subject::of(maker.row))?;
    let now = cx.now()?;
    let key = key.map(|key| IdempotencyKey { organisation: maker.row, noun: "product", key });
    let uid = cx.uid_of(now, key);
    let row = ProductRow(cx.store.reserve(Row::Product, 1).await?);
    let product = new.register(row, uid, maker.row, now).map_err(|e| Error::invalid("product", &e).case(e.case()))?;
    let fact = Fact::product_registered(&product, &maker.name);
    let change = Change::of(product.uid.to_string(), vec![Write::Product(product.clone()), Write::Fact(fact)]);
    match cx.store.save(change, &permit, now).await.map_err(Error::from) {
        Ok(()) => Ok(product),
        Err(e) if e.code == "exists" => again(product, cx).await,
        Err(e) => Err(e),
    }
}

/// The same request again is answered with what it made before.
async fn again(product: Product, cx: &Inner) -> Result<Product> {
    let same = |known: &Product| {
        (&known.model, &known.gtin, &known.name, known.support_end, known.sector)
            == (&product.model, &product.gtin, &product.name, product.support_end, product.sector)
    };
    match cx.store.product().by_uid(product.uid).await? {
        Some(known) if same(&known) => Ok(known),
        Some(_) => Err(Error::conflict("idempotency_key", "this Idempotency-Key was used for another product")),
        None => {
            let text = format!("this maker already has a product with model {}", product.model);
            Err(Error::conflict("exists", text).case("exists.model"))
        }
    }
}
