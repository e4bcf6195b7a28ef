//! How the devices of an organisation stand: by stage, condition, release, product, sector; and what changed.
//!
//! Invariant: nothing here reads a device; what it says rests on counts alone, so it costs the same for ten devices and
//! for ten million.

use super::day::{begin, day};
use crate::cx::Inner;
use crate::error::Result;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::device::Stage;
use tegata_domain::event::EventKind;
use tegata_domain::filter::Update;
use tegata_domain::id::{OrganisationRow, ProductRow, ReleaseRow, Uuid};
use tegata_domain::permit::{Actor, Operation, Scope, Subject};
use tegata_domain::product::{Product, Sector};
use tegata_domain::pulse;
use tegata_domain::tally::Place;
use tegata_domain::time::Timestamp;
use tegata_store::Ran;

/// What changed is told against how it stood at least so long ago.
const AGO: Duration = Duration::from_secs(12 * 3600);
/// Products and releases that are told, those with the most devices first.
const TOLD: usize = 200;
/// Days of a curve.
const DAYS: i64 = 60;

/// Counts of one side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub devices: u64,
    /// By [`Stage`], in the order of the codes.
    pub stages: [u64; 6],
    /// By [`tegata_domain::device::Condition`], in the order of the codes.
    pub conditions: [u64; 4],
}

impl Counts {
    fn add(&mut self, place: &Place, devices: u64) {
        self.devices += devices;
        self.stages[place.stage as usize] += devices;
        self.conditions[place.condition as usize] += devices;
    }
}

/// Devices of one product.
pub struct OfProduct {
    /// The product.
    pub product: Arc<Product>,
    /// Devices: owned, made and another's.
    pub devices: [u64; 2],
}

/// Living devices that run one release, on both sides.
pub struct OfRelease {
    /// The product.
    pub product: Arc<Product>,
    /// Outward id and version; `None`: what they run is no release that is known here.
    pub release: Option<(Uuid, String)>,
    /// How it stands against what is out.
    pub update: Update,
    /// How many.
    pub devices: u64,
}

/// How an organisation stands.
pub struct Standing {
    /// Owned, made and another's.
    pub now: [Counts; 2],
    /// The same some time ago, and when; `None` where nothing was written down by then.
    pub before: Option<(Timestamp, [Counts; 2])>,
    /// Living devices by [`Update`], on both sides.
    pub updates: [u64; 3],
    /// By product, most devices first, 200 at most.
    pub products: Vec<OfProduct>,
    /// By sector, in the order of the codes; those with none are left out.
    pub sectors: Vec<(Sector, [u64; 2])>,
    /// By release, most devices first, 200 at most.
    pub releases: Vec<OfRelease>,
    /// Life events of the last 24 hours, by hour (since 1970) and kind.
    pub events: Vec<(i64, EventKind, u64)>,
}

/// Releases that devices run, by their rows.
pub(crate) async fn ran(organisation: OrganisationRow, cx: &Inner) -> Result<BTreeMap<ReleaseRow, Ran>> {
    let all = cx.store.find().ran(organisation).await?;
    Ok(all.into_iter().map(|ran| (ran.release, ran)).collect())
}

/// How what runs at a place stands against what is out; `None` of devices whose life has ended.
pub(crate) fn update(place: &Place, ran: &BTreeMap<ReleaseRow, Ran>) -> Option<Update> {
    if place.stage == Stage::Retired {
        return None;
    }
    Some(match place.release.and_then(|release| ran.get(&release)) {
        None => Update::Unknown,
        Some(ran) if ran.security_version < ran.highest => Update::Waiting,
        Some(_) => Update::Current,
    })
}

fn counts(places: &[(Place, u64)]) -> [Counts; 2] {
    let mut sides = [Counts::default(); 2];
    places.iter().for_each(|(place, devices)| sides[place.side as usize].add(place, *devices));
    sides
}

/// Whose counts the actor sees.
pub(crate) fn whose(actor: &Actor) -> Result<Option<OrganisationRow>> {
    let Scope::Organisation(organisation) = actor.scope() else { return Ok(None) };
    actor.permit(Operation::ReadDevice, Subject::of(organisation))?;
    Ok(Some(organisation))
}

/// How the actor's organisation stands; `None` for an actor of none.
pub async fn read(actor: &Actor, cx: &Inner) -> Result<Option<Standing>> {
    let Some(organisation) = whose(actor)? else { return Ok(None) };
    let now = cx.clock.reading()?;
    let places = cx.store.tally().of(organisation).await?;
    let ran = ran(organisation, cx).await?;
    let mut updates = [0; 3];
    for (place, devices) in &places {
        if let Some(update) = update(place, &ran) {
            updates[update as usize] += devices;
        }
    }
    let products = of_products(&places, cx).await?;
    let mut sectors: BTreeMap<u8, (Sector, [u64; 2])> = BTreeMap::new();
    for one in &products {
        let (_, sums) = sectors.entry(one.product.sector as u8).or_insert((one.product.sector, [0; 2]));
        sums.iter_mut().zip(one.devices).for_each(|(sum, devices)| *sum += devices);
    }
    let releases = releases(&places, &ran, cx).await?;
    let events = cx.store.pulse().since(organisation, pulse::hour(now) - 23).await?;
    Ok(Some(Standing {
        now: counts(&places),
        before: before(organisation, now, cx).await?,
        updates,
        products: products.into_iter().take(TOLD).collect(),
        sectors: sectors.into_values().collect(),
        releases,
        events: events.into_iter().map(|(beat, events)| (beat.hour, beat.kind, events)).collect(),
    }))
}

async fn before(organisation: OrganisationRow, now: Timestamp, cx: &Inner) -> Result<Option<(Timestamp, [Counts; 2])>> {
    let newest = day(now.minus(AGO)) + 1;
    let Some(day) = cx.store.tally().day_before(organisation, newest).await? else { return Ok(None) };
    let places = cx.store.tally().at(organisation, day).await?;
    Ok(Some((begin(day), counts(&places))))
}

/// Products of which the actor's organisation has devices, those with the most first, 200 at most.
pub async fn products(actor: &Actor, cx: &Inner) -> Result<Vec<Arc<Product>>> {
    let Some(organisation) = whose(actor)? else { return Ok(Vec::new()) };
    let all = of_products(&cx.store.tally().of(organisation).await?, cx).await?;
    Ok(all.into_iter().take(TOLD).map(|one| one.product).collect())
}

async fn of_products(places: &[(Place, u64)], cx: &Inner) -> Result<Vec<OfProduct>> {
    let mut sums: BTreeMap<ProductRow, [u64; 2]> = BTreeMap::new();
    for (place, devices) in places {
        sums.entry(place.product).or_default()[place.side as usize] += devices;
    }
    let mut all = Vec::with_capacity(sums.len());
    for (row, devices) in sums {
        let product = Arc::clone(&crate::lookup::entry(row, cx).await?.product);
        all.push(OfProduct { product, devices });
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.devices.iter().sum::<u64>()));
    Ok(all)
}

async fn releases(places: &[(Place, u64)], ran: &BTreeMap<ReleaseRow, Ran>, cx: &Inner) -> Result<Vec<OfRelease>> {
    let mut sums: BTreeMap<(ProductRow, Option<ReleaseRow>), (Update, u64)> = BTreeMap::new();
    for (place, devices) in places {
        // one that was never in anybody's hands says nothing of what it runs
        let Some(update) = update(place, ran).filter(|_| !place.is_fresh()) else { continue };
        sums.entry((place.product, place.release)).or_insert((update, 0)).1 += devices;
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by_key(|(_, (_, devices))| std::cmp::Reverse(*devices));
    let mut all = Vec::new();
    for ((product, release), (update, devices)) in sums.into_iter().take(TOLD) {
        let product = Arc::clone(&crate::lookup::entry(product, cx).await?.product);
        let release = release.and_then(|release| ran.get(&release)).map(|ran| (ran.uid, ran.version.clone()));
        all.push(OfRelease { product, release, update, devices });
    }
    Ok(all)
}

/// How many devices ran a release, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Curve {
    /// Its version.
    pub version: String,
    /// Days since it came out, and thousandths of the product's living devices that ran it then.
    pub shares: Vec<(u16, u16)>,
}

/// How fast releases of a product arrived at the actor's devices in use: the newest first, at most `limit`, each over its
/// first sixty days, as far as they were written down.
pub async fn curves(product: Uuid, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Curve>> {
    let Some(organisation) = whose(actor)? else { return Ok(Vec::new()) };
    let Some(product) = cx.store.product().by_uid(product).await? else { return Ok(Vec::new()) };
    let today = day(cx.clock.reading()?);
    let mut ran: Vec<Ran> =
        ran(organisation, cx).await?.into_values().filter(|ran| ran.product == product.row).collect();
    ran.sort_by_key(|ran| std::cmp::Reverse(ran.release));
    ran.truncate(limit as usize);
    let mut curves: Vec<(i64, Curve)> = Vec::new();
    for one in &ran {
        let Some(release) = cx.store.release().by_row(one.release).await? else { continue };
        curves.push((day(release.created_at), Curve { version: release.version, shares: Vec::new() }));
    }
    let Some(first) = curves.iter().map(|(out, _)| *out).min() else { return Ok(Vec::new()) };
    for on in first.max(today - DAYS)..=today {
        let places = cx.store.tally().at(organisation, on).await?;
        let used = |(place, _): &&(Place, u64)| place.product == product.row && place.stage == Stage::InUse;
        let all: u64 = places.iter().filter(used).map(|(_, devices)| devices).sum();
        for ((out, curve), one) in curves.iter_mut().zip(&ran).filter(|((out, _), _)| on >= *out && all > 0) {
            let of = |p: &&(Place, u64)| used(p) && p.0.release == Some(one.release);
            let devices: u64 = places.iter().filter(of).map(|(_, devices)| devices).sum();
            let age = u16::try_from(on - *out).unwrap_or(u16::MAX);
            curve.shares.push((age, u16::try_from(devices * 1000 / all).unwrap_or(1000)));
        }
    }
    Ok(curves.into_iter().map(|(_, curve)| curve).collect())
}
