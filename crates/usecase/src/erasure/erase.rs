//! Erases an organisation that owned devices: names, accounts, tokens, claims, findings, and the payloads and keys of
//! its owner periods.
//!
//! Intent first (law 11): a tombstone is on disk before anything goes, so that a restored backup forgets again.

use super::tombstone;
use crate::cx::{Cx, Inner};
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{OrganisationRow, Uuid};
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::time::Timestamp;
use tegata_store::{Ended, Held};

/// The organisation that runs the platform: `init` enters it first.
const PLATFORM: OrganisationRow = OrganisationRow(1);
/// Periods that go in one transaction.
const TOGETHER: u32 = 200;

/// What was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Erased {
    /// When.
    pub at: Timestamp,
    /// Owner periods of devices.
    pub periods: u64,
    /// Whether the files hold no trace any more. False: the database is too large to be written anew while it runs;
    /// the next start does it.
    pub compacted: bool,
}

/// Erases an organisation; `confirm` is its name.
pub async fn erase(uid: Uuid, confirm: &str, actor: &Actor, cx: &Cx) -> Result<Erased> {
    let not_found = || Error::not_found("organisation");
    let organisation = cx.store.organisation().by_uid(uid).await?.ok_or_else(not_found)?;
    let subject = Subject::tenant(organisation.row, PLATFORM);
    let permit =
        actor.permit(Operation::EraseOrganisation, subject).map_err(|e| crate::device::hide(e, "organisation"))?;
    check(&organisation, confirm, cx).await?;
    let at = cx.now()?;
    // a change of nothing: the token is judged before the first thing goes, since nothing of this is taken back
    cx.store.save(Change::of(uid.to_string(), Vec::new()), &permit, at).await?;
    let (cx, permit) = (cx.clone(), permit.begun());
    // what was begun is finished, also when whoever asked went away
    tokio::spawn(async move { bury(&organisation, at, &permit, &cx).await }).await.map_err(Error::internal)?
}

async fn bury(organisation: &Organisation, at: Timestamp, permit: &Permit, cx: &Inner) -> Result<Erased> {
    let uid = organisation.uid;
    cx.store.erasure().bury(&tombstone::line(uid, at, false)?)?;
    let done = forget(organisation, (at, false), permit, cx).await;
    if done.is_err() && cx.store.organisation().by_uid(uid).await?.is_some() {
        cx.store.erasure().bury(&tombstone::line(uid, at, true)?)?;
    }
    let periods = done?;
    let compacted = cx.store.compact().await?;
    if !compacted {
        tracing::warn!("an organisation was erased, but files may keep traces; start anew when it suits");
    }
    Ok(Erased { at, periods, compacted })
}

async fn check(organisation: &Organisation, confirm: &str, cx: &Inner) -> Result<()> {
    if organisation.row == PLATFORM {
        return Err(Error::conflict("platform", "the organisation that runs this platform cannot be erased"));
    }
    if organisation.name != confirm.trim() {
        let text = "this cannot be undone: send the organisation's name as confirm";
        return Err(Error::invalid("confirm", text));
    }
    let standing = cx.store.erasure().standing(organisation.row).await?;
    if standing.products > 0 {
        let text = "this organisation is a maker: its products stand in the register, and their devices rest on it";
        return Err(Error::conflict("maker", text));
    }
    if standing.devices > 0 {
        let text = format!(
            "this organisation still owns {}{} devices; hand them on or retire them first",
            standing.devices,
            if standing.devices >= 1000 { " or more" } else { "" }
        );
        return Err(Error::conflict("owns_devices", text));
    }
    Ok(())
}

/// Periods first, some at a time, then the organisation with all that hangs on it; answers how many periods.
pub(super) async fn forget(
    organisation: &Organisation,
    (at, replayed): (Timestamp, bool),
    permit: &Permit,
    cx: &Inner,
) -> Result<u64> {
    let mut periods = 0;
    loop {
        let held = cx.store.erasure().held(organisation.row, TOGETHER).await?;
        if held.is_empty() {
            break;
        }
        // the check was overtaken by a claim
        if held.iter().any(|one| one.lives) && !replayed {
            return Err(Error::conflict("owns_devices", "this organisation took a device over meanwhile"));
        }
        periods += held.len() as u64;
        let key = |lives: bool| lives.then(|| tegata_domain::chance::bytes::<32>(&*cx.chance));
        let ended = |one: Held| Ended { device: one.device, period: one.period, next_key: key(one.lives) };
        cx.store.erasure().periods(held.into_iter().map(ended).collect(), at, permit).await?;
    }
    crate::notice::withdraw(organisation.row, cx).await?;
    let write = Write::Erasure { organisation: organisation.row, replayed };
    let change = Change::of(organisation.uid.to_string(), vec![write]);
    let saved = cx.store.save(change, permit, at).await;
    let text = "this organisation took up something new meanwhile; hand its devices on or retire them first";
    saved
        .map_err(Error::from)
        .map_err(|e| if e.code == "stale" { Error::conflict("owns_devices", text) } else { e })?;
    cx.issuers.forget(organisation.row);
    Ok(periods)
}
