//! What a filter reaches: the places where devices of an organisation stand that it takes.
//!
//! Why here: a list, a count and a bulk act must mean the same devices. Invariant: a place is taken whole or not at all;
//! what a place does not tell (silence) is asked of each device.

use crate::cx::Inner;
use crate::error::Result;
use crate::tally::{ran, update};
use std::collections::BTreeMap;
use std::time::Duration;
use tegata_domain::device::Stage;
use tegata_domain::filter::{Filter, Update};
use tegata_domain::id::{OrganisationRow, ProductRow, ReleaseRow};
use tegata_domain::tally::{Place, Side};
use tegata_store::Ran;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What a filter reaches.
pub(crate) struct Reach {
    /// Whose.
    pub organisation: OrganisationRow,
    /// Places that are taken, in order, with how many devices stand there.
    pub places: Vec<(Place, u64)>,
    /// Whether all devices of a side are taken.
    pub whole: [bool; 2],
    /// Devices in use that were not heard from for so long.
    pub silent: Option<Duration>,
    wanted: Wanted,
}

/// A filter with its ids looked up.
struct Wanted {
    filter: Filter,
    product: Option<Option<ProductRow>>,
    release: Option<Option<ReleaseRow>>,
    older: Option<Option<(ProductRow, ReleaseRow)>>,
    ran: BTreeMap<ReleaseRow, Ran>,
}

impl Wanted {
    async fn of(filter: &Filter, organisation: OrganisationRow, cx: &Inner) -> Result<Wanted> {
        let product = match filter.product {
            Some(uid) => Some(cx.store.product().by_uid(uid).await?.map(|product| product.row)),
            None => None,
        };
        let release = match filter.release {
            Some(uid) => Some(cx.store.release().by_uid(uid).await?.map(|release| release.row)),
            None => None,
        };
        let older = match filter.older {
            Some(uid) => Some(cx.store.release().by_uid(uid).await?.map(|release| (release.product, release.row))),
            None => None,
        };
        let ran = if filter.update.is_all() { BTreeMap::new() } else { ran(organisation, cx).await? };
        Ok(Wanted { filter: *filter, product, release, older, ran })
    }

    fn takes(&self, place: &Place) -> bool {
        let filter = &self.filter;
        let silent = filter.silent.is_none() || (place.side == Side::Owned && place.stage == Stage::InUse);
        let updates = || update(place, &self.ran).is_some_and(|update: Update| filter.update.has(update as u8));
        let older = |(product, release)| place.product == product && place.release.is_some_and(|row| row < release);
        filter.whose.is_none_or(|side| place.side == side)
            && silent
            && filter.stage.has(place.stage as u8)
            && filter.condition.has(place.condition as u8)
            && self.product.is_none_or(|product| product == Some(place.product))
            && self.release.is_none_or(|release| release.is_some() && release == place.release)
            && self.older.is_none_or(|older_than| older_than.is_some_and(older))
            && (filter.update.is_all() || updates())
    }
}

impl Reach {
    /// Whether a device that stands there is taken, as far as its place tells.
    pub fn takes(&self, place: &Place) -> bool {
        self.wanted.takes(place)
    }

    /// How many devices, as far as their places tell.
    pub fn devices(&self) -> u64 {
        self.places.iter().map(|(_, devices)| devices).sum()
    }
}

/// What `filter` reaches of an organisation's devices.
pub(crate) async fn reach(filter: &Filter, organisation: OrganisationRow, cx: &Inner) -> Result<Reach> {
    let wanted = Wanted::of(filter, organisation, cx).await?;
    let all = cx.store.tally().of(organisation).await?;
    let mut whole = [true; 2];
    let mut places = Vec::new();
    for (place, devices) in all {
        if wanted.takes(&place) {
            places.push((place, devices));
        } else {
            whole[place.side as usize] = false;
        }
    }
    let silent = filter.silent.map(|days| DAY * u32::from(days));
    Ok(Reach { organisation, places, whole, silent, wanted })
}
