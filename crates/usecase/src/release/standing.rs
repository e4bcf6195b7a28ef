//! How what a device runs stands against the releases of its product.

use crate::cx::Inner;
use crate::device::Seen;
use crate::error::Result;
use tegata_domain::device::Stage;
use tegata_domain::filter::Update;
use tegata_domain::release::Release;

/// Releases that are looked at, and those that are told.
const LOOKED: u32 = 1000;
/// See [`LOOKED`].
const TOLD: usize = 6;

/// How it stands.
pub struct Standing {
    /// Whether something waits for it; `None` where its life has ended.
    pub update: Option<Update>,
    /// The newest releases of the product, the last first.
    pub newest: Vec<Release>,
    /// The release that it runs, where one is known here.
    pub running: Option<Release>,
}

/// That of a device which its asker may read.
pub async fn standing(seen: &Seen, cx: &Inner) -> Result<Standing> {
    let running = seen.running.as_ref().and_then(|(running, _)| running.release);
    let running = match running {
        Some(row) => cx.store.release().by_row(row).await?,
        None => None,
    };
    let product = seen.device.product;
    let highest = cx.store.release().security_version(product).await?;
    let update = match &running {
        _ if seen.device.stage == Stage::Retired => None,
        None => Some(Update::Unknown),
        Some(release) if Some(release.security_version) < highest => Some(Update::Waiting),
        Some(_) => Some(Update::Current),
    };
    let mut newest = cx.store.release().page_of(product, 0, LOOKED).await?;
    newest.reverse();
    newest.truncate(TOLD);
    Ok(Standing { update, newest, running })
}
