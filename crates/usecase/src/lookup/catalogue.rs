//! Products with their makers, kept in memory: they never change once they are registered.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tegata_domain::id::ProductRow;
use tegata_domain::measure::Counter;
use tegata_domain::product::Product;

/// A product and its maker's name.
pub struct Entry {
    /// The product.
    pub product: Arc<Product>,
    /// The maker's name.
    pub maker: Arc<str>,
}

/// How many products are kept; past that the memory starts anew.
const KEPT: usize = 10_000;

/// The products that were looked up lately.
#[derive(Default)]
pub struct Catalogue {
    kept: RwLock<HashMap<ProductRow, Arc<Entry>>>,
    hits: Counter,
    misses: Counter,
}

impl Catalogue {
    /// Products found in it, products that were not, products in it.
    pub fn counts(&self) -> [u64; 3] {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner).len();
        [self.hits.read(), self.misses.read(), kept as u64]
    }
}

/// A product with its maker.
pub(crate) async fn entry(row: ProductRow, cx: &Inner) -> Result<Arc<Entry>> {
    if let Some(known) = cx.catalogue.kept.read().unwrap_or_else(PoisonError::into_inner).get(&row) {
        cx.catalogue.hits.one();
        return Ok(Arc::clone(known));
    }
    cx.catalogue.misses.one();
    let lost = || Error::internal("a device without product or maker");
    let product = cx.store.product().by_row(row).await?.ok_or_else(lost)?;
    let maker = cx.store.organisation().by_row(product.organisation).await?.ok_or_else(lost)?;
    let entry = Arc::new(Entry { product: Arc::new(product), maker: maker.name.into() });
    let mut kept = cx.catalogue.kept.write().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= KEPT {
        kept.clear();
    }
    kept.insert(row, Arc::clone(&entry));
    Ok(entry)
}
