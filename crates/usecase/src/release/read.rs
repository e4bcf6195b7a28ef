//! Reads of releases: for their maker, and for who owns devices of the product.

use super::by_row;
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

/// One release.
pub async fn by_uid(uid: Uuid, actor: &Actor, cx: &Inner) -> Result<Arc<Release>> {
    let release = cx.store.release().by_uid(uid).await?.ok_or_else(|| Error::not_found("release"))?;
    let subject = reach((release.product, release.organisation), actor, cx).await?;
    actor.permit(Operation::ReadRelease, subject).map_err(|e| crate::device::hide(e, "release"))?;
    by_row(release.row, cx).await
}

/// The releases of the actor's organisation after `after`, at most `limit`; or those of one product, which may be
/// another's whose devices it owns.
pub async fn list(
    product: Option<Uuid>,
    (after, limit): (i64, u32),
    actor: &Actor,
    cx: &Inner,
) -> Result<Vec<Release>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(Vec::new()) };
    let Some(product) = product else {
        actor.permit(Operation::ReadRelease, Subject::of(organisation))?;
        return Ok(cx.store.release().page(organisation, after, limit).await?);
    };
    let product = cx.store.product().by_uid(product).await?.ok_or_else(|| Error::not_found("product"))?;
    let subject = reach((product.row, product.organisation), actor, cx).await?;
    actor.permit(Operation::ReadRelease, subject).map_err(|e| crate::device::hide(e, "product"))?;
    Ok(cx.store.release().page_of(product.row, after, limit).await?)
}

/// The product of a release that the actor was shown.
pub async fn product_of(release: &Release, cx: &Inner) -> Result<Arc<Product>> {
    Ok(Arc::clone(&crate::lookup::entry(release.product, cx).await?.product))
}
