//! Anybody asks a device to sign. Of who asks, the network is known for as long as the question lives, in memory alone.

use crate::address::{Network, Quota};
use crate::cx::Inner;
use crate::device;
use crate::error::{Error, Kind, Result};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tegata_domain::challenge::{Challenge, NONCE, SHOWN, patience};
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::{Condition, Device, Stage};
use tegata_domain::enrolment;
use tegata_domain::id::DeviceRow;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::time::Timestamp;

/// Questions an hour from one network.
const A_NETWORK: u32 = 10;
const HOUR: Duration = Duration::from_secs(3600);
/// Questions whose asker is remembered; of more, nobody can tell whether the answer came from nearby.
const KEPT: usize = 100_000;

/// Who asked, while the question lives.
pub struct Askers {
    quota: Quota,
    asked: Mutex<HashMap<DeviceRow, Asker>>,
}

/// Who asked which question when.
struct Asker {
    nonce: [u8; NONCE],
    network: Network,
    at: Timestamp,
}

impl Default for Askers {
    fn default() -> Self {
        Askers { quota: Quota::new(A_NETWORK, HOUR), asked: Mutex::default() }
    }
}

impl Askers {
    fn lock(&self) -> MutexGuard<'_, HashMap<DeviceRow, Asker>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, asked: &Challenge, address: IpAddr, cx: &Inner) {
        let lives = patience(cx.settings.heartbeat) + SHOWN;
        let mut known = self.lock();
        if known.len() >= KEPT && !known.contains_key(&asked.device) {
            known.retain(|_, asker| asked.asked_at.since(asker.at) < lives);
        }
        if known.len() < KEPT || known.contains_key(&asked.device) {
            let (nonce, network, at) = (asked.nonce, Network::of(address), asked.asked_at);
            known.insert(asked.device, Asker { nonce, network, at });
        }
    }

    /// Whether the question came from the network of `address`; `None` where this node does not know.
    pub(super) fn is_near(&self, asked: &Challenge, address: IpAddr) -> Option<bool> {
        let known = self.lock();
        let asker = known.get(&asked.device).filter(|asker| asker.nonce == asked.nonce)?;
        asker.network.is_same(&Network::of(address))
    }

    /// Forgets who asked what was asked before a moment.
    pub(crate) fn sweep(&self, before: Timestamp) {
        self.lock().retain(|_, asker| asker.at >= before);
    }
}

/// Why a device cannot be asked.
fn cannot(device: &Device) -> Option<Error> {
    let error = |text: String| Error::conflict("life", text);
    if let Err(why) = enrolment::admits(device) {
        return Some(error(format!("{why}, so it cannot be asked to sign")));
    }
    debug_assert!(!matches!(device.condition, Condition::Quarantined | Condition::Recalled));
    let away = device.stage < Stage::Installed;
    away.then(|| error("this device was not put into use yet; it signs once it is connected".to_owned()))
}

/// Asks a device to sign now, for somebody at `address`. While a question waits that was asked just now, that one stands
/// for both.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "challenge::ask", skip_all)]
pub async fn ask(number: Number, address: IpAddr, cx: &Inner) -> Result<()> {
    let device = device::load(number, cx).await.map_err(|_| Error::not_found("number in the register"))?;
    if let Some(why) = cannot(&device) {
        return Err(why);
    }
    let now = cx.now()?;
    let known = cx.store.challenge().of_device(device.row).await?;
    if known.is_some_and(|known| !known.may_ask_again(now)) {
        return Ok(());
    }
    if !cx.askers.quota.take(address, now, cx) {
        let text = "devices were asked often enough from this network; try again in an hour";
        return Err(Error::new(Kind::Throttled, "too_many", text));
    }
    let permit = Actor::Platform.permit(Operation::AskDevice, &device)?;
    let asked = Challenge { device: device.row, nonce: chance::bytes(&*cx.chance), asked_at: now, answer: None };
    let change = Change::of(number.masked(), vec![Write::Challenge(asked.clone())]);
    match cx.store.save(change, &permit, now).await.map_err(Error::from) {
        // somebody else asked in the same moment
        Err(e) if e.code == "stale" => Ok(()),
        Err(e) => Err(e),
        Ok(()) => {
            cx.askers.note(&asked, address, cx);
            Ok(())
        }
    }
}
