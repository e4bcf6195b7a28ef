//! The first sign of life of a device: it is in use from then on.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::life;
use tegata_domain::change::Change;
use tegata_domain::device::{Device, Stage};
use tegata_domain::permit::{Actor, Operation};

/// How often it is decided again when another request came between.
const TRIES: usize = 16;

/// Notes that a device was heard from. The first time is an event, at once; later ones cost nothing here.
/// `evidence` says how, as `heartbeat`.
pub async fn heard(device: &Device, evidence: &'static str, cx: &Inner) -> Result<()> {
    if device.stage >= Stage::InUse {
        return Ok(());
    }
    let permit = Actor::Device(device.row).permit(Operation::HearDevice, device)?;
    let mut device = device.clone();
    for _ in 0..TRIES {
        let (row, now) = (device.row, cx.now()?);
        let Some((write, _)) = life::write(cx, device.hear(evidence, now)).await? else { return Ok(()) };
        match cx.store.save(Change::of("", vec![write]), &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => {
                let fresh = cx.store.device().by_row(row).await?;
                device = fresh.ok_or_else(|| Error::not_found("device"))?;
            }
            other => return other,
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}
