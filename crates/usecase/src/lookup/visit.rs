//! A person looks a device up: what the page tells beside what programs are told, and the look-up is counted.

use super::read::find;
use crate::cx::Inner;
use crate::error::Result;
use crate::release::{self, running};
use crate::{challenge, scan};
use std::net::IpAddr;
use tegata_domain::device::Condition;
use tegata_domain::event::EventKind;
use tegata_domain::id::DeviceRow;
use tegata_domain::lookup::{Beside, Lookup, Waiting};
use tegata_domain::number::Number;
use tegata_domain::release::Running;

/// Who looks, as far as it matters.
#[derive(Debug, Clone, Copy)]
pub struct Visitor {
    /// From where; it is not kept.
    pub address: IpAddr,
    /// Whether a person looks: what a program fetches ahead is not counted.
    pub counts: bool,
}

/// The device of a number, for a page.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "lookup::visit", skip_all)]
pub async fn visit(number: Number, visitor: Visitor, cx: &Inner) -> Result<Lookup> {
    let (mut lookup, ticket) = find(number, cx).await?;
    let row = ticket.device;
    lookup.seen = scan::with_waiting(row, lookup.seen, cx).await?;
    let asked_here;
    (lookup.signed, asked_here) = challenge::signed(row, Some(visitor.address), lookup.at, cx).await?;
    let beside = Beside { asked_here, ..beside(row, &lookup, cx).await? };
    if visitor.counts {
        cx.scans.note(row, visitor.address, lookup.at, cx);
    }
    Ok(lookup.with(beside))
}

async fn beside(row: DeviceRow, lookup: &Lookup, cx: &Inner) -> Result<Beside> {
    let running = running::of(row, cx).await?;
    let waiting = match &running {
        Some(running) => waiting(running, lookup, cx).await?,
        None => None,
    };
    let recalled_at = match lookup.condition {
        Condition::Recalled => cx.store.event().newest(row, EventKind::Recalled).await?,
        _ => None,
    };
    Ok(Beside {
        running: running.map(|running| (running.version, running.at)),
        waiting,
        recalled_at,
        reported: cx.store.report().waits(row).await?,
        asked_here: false,
        beat_minutes: cx.settings.heartbeat.as_secs().div_ceil(60),
    })
}

/// Whether a release closes weaknesses that the one in use has; not known where that is no release of the register.
async fn waiting(running: &Running, lookup: &Lookup, cx: &Inner) -> Result<Option<Waiting>> {
    let Some(row) = running.release else { return Ok(None) };
    let runs = release::by_row(row, cx).await?;
    let newer = cx.store.release().newer(lookup.product.row, runs.security_version).await?;
    Ok(Some(newer.map_or(Waiting::Nothing, Waiting::Release)))
}
