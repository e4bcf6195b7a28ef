//! Reads of releases: for their maker, and for who owns devices of the product.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::sync::Arc;
use tegata_domain::id::{OrganisationRow, ProductRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Scope, Subject};
use tegata_domain::product::Product;
use tegata_domain::release::Release;

/// Whose the releases of a product are for this actor: its maker's, and everybody's who owns such a device.
async fn reach((product, maker): (ProductRow, OrganisationRow), actor: &Actor, cx: &Inner) -> Result<Subject> {
    let mut subject = Subject { maker: Some(maker), owner: None, device: None };
    if let Scope::Organisation(organisation) = actor.scope()
        && organisation != maker
        && cx.store.release().is_owned_by(product, organisation).await?
    {
        subject.owner = Some(organisation);
    }
    Ok(subject)
}

/// A release, with the outward id of its product.
#[derive(Debug, Clone)]
pub struct Published {
    /// The release.
    pub release: Arc<Release>,
    /// Outward id of the product.
    pub product: Uuid,
}

/// One release.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Published> {
    let release = cx.store.release().by_uid(uid).await?.ok_or_else(|| Error::not_found("release"))?;
    let subject = reach((release.product, release.organisation), actor, cx).await?;
    actor.permit(Operation::ReadRelease, subject).map_err(|e| crate::device::hide(e, "release"))?;
    let product = product_of(&release, cx).await?.uid;
    Ok(Published { release: Arc::new(release), product })
}

/// The releases of the actor's organisation after `after`, at most `limit`; or those of one product, which may be
/// another's whose devices it owns.
pub async fn list(
    product: Option<Uuid>,
    (after, limit): (i64, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<Published>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    let Some(product) = product else {
        actor.permit(Operation::ReadRelease, Subject::of(organisation))?;
        let mut all = Vec::new();
        for release in cx.store.release().page(organisation, after, limit).await? {
            let product = product_of(&release, cx).await?.uid;
            all.push(Published { release: Arc::new(release), product });
        }
        return Ok(all);
    };
    let product = cx.store.product().by_uid(product).await?.ok_or_else(|| Error::not_found("product"))?;
    let subject = reach((product.row, product.organisation), actor, cx).await?;
    actor.permit(Operation::ReadRelease, subject).map_err(|e| crate::device::hide(e, "product"))?;
    let published = |release| Published { release: Arc::new(release), product: product.uid };
    Ok(cx.store.release().page_of(product.row, after, limit).await?.into_iter().map(published).collect())
}

/// A release with its product.
pub async fn by_uid_with_product(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<(Published, Arc<Product>)> {
    let published = by_uid(uid, actor, cx).await?;
    let product = product_of(&published.release, cx).await?;
    Ok((published, product))
}

/// The same as [`list`], with the product of each.
pub async fn list_with_products(
    product: Option<Uuid>,
    page: (i64, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<(Published, Arc<Product>)>> {
    let mut all = Vec::new();
    for published in list(product, page, actor, cx).await? {
        let product = product_of(&published.release, cx).await?;
        all.push((published, product));
    }
    Ok(all)
}

/// The product of a release.
pub(crate) async fn product_of(release: &Release, cx: &Inner) -> Result<Arc<Product>> {
    Ok(Arc::clone(&crate::lookup::entry(release.product, cx).await?.product))
}
