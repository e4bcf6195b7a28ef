//! Writes look-ups down in batches, and judges the codes that were seen.

use super::note::list;
use crate::cx::Inner;
use crate::device;
use crate::error::{Error, Result};
use serde_json::json;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Device;
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::id::{DeviceRow, OrganisationRow};
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::scan::{self, Count, Countries, Day, LOOK_BACK, Noted, Spread, Verdict};
use tegata_domain::time::Timestamp;

/// How many devices are written in one transaction.
const TOGETHER: usize = 500;
/// How many rows one statement forgets.
const FORGOTTEN: u32 = 5_000;

/// Writes down what was looked up; answers how many devices.
pub async fn flush(cx: &Inner) -> Result<usize> {
    let mut waiting: Vec<(DeviceRow, Vec<Count>)> =
        cx.scans.take(Day::of(cx.now()?)).into_iter().map(|(device, counts)| (device, list(&counts))).collect();
    waiting.sort_unstable_by_key(|(device, _)| *device);
    let count = waiting.len();
    let mut left = waiting.into_iter();
    loop {
        let together: Vec<_> = left.by_ref().take(TOGETHER).collect();
        if together.is_empty() {
            return Ok(count);
        }
        if let Err(error) = write(&together, cx).await {
            cx.scans.give_back(together.into_iter().chain(left));
            return Err(error);
        }
        for (device, _) in &together {
            // counts are on disk: a judgement that fails is made again with the next look-up
            judge(*device, cx).await?;
        }
    }
}

async fn write(together: &[(DeviceRow, Vec<Count>)], cx: &Inner) -> Result<()> {
    let (mut all, mut fresh) = (Vec::with_capacity(together.len()), Vec::new());
    for (device, counts) in together {
        let known = cx.store.scan().of_device(*device).await?;
        if known.as_ref().is_none_or(|known| known.total == 0) {
            fresh.push(*device);
        }
        let mut countries: Countries = known.map(|known| known.countries).unwrap_or_default();
        counts.iter().for_each(|count| countries.add(count.place));
        all.push(Noted { device: *device, counts: counts.clone(), countries });
    }
    Ok(cx.store.scan().note(all, fresh).await?)
}

/// Whether the code of a device is in too many places; an alarm goes to its owner, and to its maker while that is the same
/// time of its life.
async fn judge(row: DeviceRow, cx: &Inner) -> Result<()> {
    let Some(scanned) = cx.store.scan().of_device(row).await? else { return Ok(()) };
    let (limits, now) = (&cx.settings.lookup.limits, cx.now()?);
    if scanned.total < u64::from(limits.scans) || scanned.is_exempt(now) {
        return Ok(());
    }
    let today = Day::of(now);
    let spread = Spread::of(&cx.store.scan().counts(row, today.before(LOOK_BACK)).await?, today);
    let since = match scanned.judge(&spread, limits, now) {
        Verdict::Stays => return Ok(()),
        Verdict::Begins => Some(now),
        Verdict::Ends => None,
    };
    let Some(device) = cx.store.device().by_row(row).await? else { return Ok(()) };
    let permit = Actor::Platform.permit(Operation::WatchCode, &device)?;
    let number = device::number(&device, cx)?;
    let mut writes = vec![Write::Alarm(row, since)];
    for organisation in since.iter().flat_map(|_| whose(&device)) {
        let finding = finding(organisation, row, &spread, now, cx);
        writes.extend(crate::notice::found(&finding, cx));
        writes.push(Write::FindingOpen(finding));
    }
    match cx.store.save(Change::of(number.masked(), writes), &permit, now).await.map_err(Error::from) {
        // another node was there first
        Err(e) if e.code == "stale" => Ok(()),
        other => other,
    }
}

/// Who is told: the owner, and the maker until the device was handed on.
fn whose(device: &Device) -> impl Iterator<Item = OrganisationRow> + use<> {
    let maker = (device.period == 0 && device.maker != device.owner).then_some(device.maker);
    std::iter::once(device.owner).chain(maker)
}

fn finding(organisation: OrganisationRow, device: DeviceRow, spread: &Spread, now: Timestamp, cx: &Inner) -> Finding {
    let kind = FindingKind::CodeInManyPlaces;
    let Spread { countries, groups, days, scans } = *spread;
    Finding {
        uid: cx.uid(now),
        organisation,
        device: Some(device),
        batch: None,
        kind: kind.name().to_owned(),
        level: kind.level(),
        at: now,
        data: json!({ "countries": countries, "groups": groups, "days": days, "lookups": scans }),
        closed: None,
    }
}

/// Forgets what is kept no longer: counts, questions, reports. Answers how many rows.
pub async fn sweep(cx: &Inner) -> Result<usize> {
    let now = cx.now()?;
    let day = Day::of(now).before(scan::KEPT_DAYS);
    let asked = now.minus(tegata_domain::challenge::SHOWN + tegata_domain::challenge::patience(cx.settings.heartbeat));
    let told = Day::of(now).before(tegata_domain::report::KEPT_DAYS).begin();
    cx.askers.sweep(asked);
    let mut gone = cx.store.scan().sweep(day, FORGOTTEN).await?;
    gone += cx.store.challenge().sweep(asked, FORGOTTEN).await?;
    gone += cx.store.report().sweep(told, FORGOTTEN).await?;
    Ok(gone)
}
