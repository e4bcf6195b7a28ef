//! The acts of a device's life: one way for all of them.

use super::read::load;
use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::{life, revocation};
use tegata_domain::bulk::Outcome;
use tegata_domain::change::{Change, DisposalEnd, Write};
use tegata_domain::credential::Digest;
use tegata_domain::device::{Device, DeviceError, Said, Step};
use tegata_domain::disposal;
use tegata_domain::finding::FindingKind;
use tegata_domain::notice::NoticeKind;
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation, Permit};
use tegata_domain::revocation::Reason;
use tegata_domain::time::Timestamp;

/// An act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// The line read it back.
    Confirm,
    /// It left.
    Ship,
    /// It arrived.
    Receive,
    /// It was put in its place.
    Install,
    /// It is held.
    Quarantine,
    /// It is let back.
    Release,
    /// It was repaired.
    Repair,
    /// Its maker calls it back.
    Recall,
    /// Its life ends.
    Retire,
}

type Transition = fn(Device, Said, Timestamp) -> Result<Step, DeviceError>;

/// Word in the URL, act, right, transition.
const ACTS: [(&str, Act, Operation, Transition); 9] = [
    ("confirm", Act::Confirm, Operation::ConfirmDevice, Device::confirm),
    ("ship", Act::Ship, Operation::ShipDevice, Device::ship),
    ("receive", Act::Receive, Operation::ReceiveDevice, Device::receive),
    ("install", Act::Install, Operation::InstallDevice, Device::install),
    ("quarantine", Act::Quarantine, Operation::QuarantineDevice, Device::quarantine),
    ("release", Act::Release, Operation::ReleaseDevice, Device::release),
    ("repair", Act::Repair, Operation::RepairDevice, Device::repair),
    ("recall", Act::Recall, Operation::RecallDevice, Device::recall),
    ("retire", Act::Retire, Operation::RetireDevice, disposal::retire),
];

impl Act {
    /// All, in the order of a life.
    pub fn all() -> impl Iterator<Item = (&'static str, Act)> {
        ACTS.iter().map(|(name, act, ..)| (*name, *act))
    }

    /// From its word in the URL.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::all().find(|(known, _)| *known == name).map(|(_, act)| act)
    }

    /// Its word in the URL.
    pub fn name(self) -> &'static str {
        ACTS[self as usize].0
    }

    /// The right that it takes.
    pub fn operation(self) -> Operation {
        ACTS[self as usize].2
    }

    /// The act that takes this right.
    pub(crate) fn by_operation(operation: Operation) -> Option<Self> {
        ACTS.iter().find(|known| known.2 == operation).map(|known| known.1)
    }
}

/// The acts that the actor may do to a device now, as far as its life goes: what a page offers.
pub fn fitting(device: &Device, actor: &Actor, cx: &Inner) -> Result<Vec<Act>> {
    let now = cx.reading()?;
    let fits = |(_, act, operation, transition): &(&str, Act, Operation, Transition)| {
        let changes = |step: Step| !step.events.is_empty();
        let goes = transition(device.clone(), Said::by(hand(actor, device)), now).is_ok_and(changes);
        (goes && actor.permit(*operation, device).is_ok()).then_some(*act)
    };
    Ok(ACTS.iter().filter_map(fits).collect())
}

/// What is said with an act.
#[derive(Debug, Clone, Default)]
pub struct Saying {
    /// Why: at most 500 characters.
    pub reason: Option<String>,
    /// When it happened, as reported.
    pub at: Option<Timestamp>,
    /// To whom it goes: at most 500 characters.
    pub to: Option<String>,
    /// With *retire*: who saw that the device's secrets were erased; at most 500 characters.
    pub witness: Option<String>,
    /// With *confirm*: what is kept of the initial password.
    pub credential: Option<Digest>,
}

/// What would become of a device by an act now: it waits for it, or is passed over. A refusal is one of all devices.
pub(crate) fn judge(device: &Device, act: Act, actor: &Actor, now: Timestamp) -> Result<Outcome> {
    let (_, _, operation, transition) = ACTS[act as usize];
    if let Err(refusal) = actor.permit(operation, device) {
        return Outcome::of_refusal(&refusal).ok_or_else(|| refusal.into());
    }
    Ok(match transition(device.clone(), Said::by(hand(actor, device)), now) {
        Ok(step) if step.events.is_empty() => Outcome::Already,
        Ok(_) => Outcome::Waiting,
        Err(error) => Outcome::of_life(&error),
    })
}

/// How often an act is decided again when another request came between.
const TRIES: usize = 16;

/// Does an act; answers the device after it.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "device::act", skip_all)]
pub async fn act(number: Number, act: Act, saying: Saying, actor: &Actor, cx: &Inner) -> Result<Device> {
    check(act, &saying)?;
    for _ in 0..TRIES {
        let device = load(number, cx).await?;
        let permit = actor.permit(act.operation(), &device).map_err(|e| super::read::hide(e, "device"))?;
        let now = cx.now()?;
        let by = hand(actor, &device);
        let Some((writes, after)) = decide(device.clone(), act, (saying.clone(), by, now), &permit, cx).await? else {
            return Ok(device);
        };
        match cx.store.save(Change::of(number.masked(), writes), &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => continue,
            Err(e) => return Err(e),
            Ok(()) => return Ok(after),
        }
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

/// What an act comes to: all that is written in one change, and the device after it. `None` where nothing changes.
pub(crate) async fn decide(
    device: Device,
    act: Act,
    (saying, by, now): (Saying, &'static str, Timestamp),
    permit: &Permit,
    cx: &Inner,
) -> Result<Option<(Vec<Write>, Device)>> {
    let Saying { reason, at, to, witness, credential } = saying;
    let said = Said { by, reason, at, to, witness };
    let erasure = disposal::erasure_of(&said);
    let (mut writes, after) = if act == Act::Confirm {
        let decided = super::confirm::decide(device, credential, (said, now), permit, cx).await?;
        let Some(decided) = decided else { return Ok(None) };
        decided
    } else {
        let (.., transition) = ACTS[act as usize];
        let step = transition(device, said, now).map_err(|e| Error::conflict("life", &e).case(e.case()))?;
        let Some((write, after)) = life::write(cx, step).await? else { return Ok(None) };
        (vec![write], after)
    };
    if act == Act::Retire {
        let end = DisposalEnd { device: after.row, erasure, receipt: None, at: now };
        writes.push(Write::DisposalEnd(Box::new(end)));
        // what is under way ends first: the end is refused where something is left
        writes.splice(0..0, crate::action::leave(after.row, now, cx).await?);
        writes.extend(revocation::end_all(&after, |_| true, Reason::CessationOfOperation, now, cx).await?);
    }
    if act == Act::Recall {
        writes.push(crate::notice::notice(NoticeKind::Recalled, &after, now, cx));
    }
    if act == Act::Release {
        writes.extend(begin_anew(&after, now));
    }
    Ok(Some((writes, after)))
}

fn check(act: Act, saying: &Saying) -> Result<()> {
    let words = [&saying.reason, &saying.to, &saying.witness];
    if words.into_iter().flatten().any(|w| w.chars().count() > 500 || w.chars().any(char::is_control)) {
        let text = "reason, to and witness have at most 500 characters, without control characters";
        return Err(Error::invalid("words", text));
    }
    if saying.witness.is_some() && act != Act::Retire {
        return Err(Error::invalid("words", "a witness is named when a device is retired"));
    }
    if saying.credential.is_some() && act != Act::Confirm {
        return Err(Error::invalid("credential", "credential belongs to the act confirm only"));
    }
    Ok(())
}

/// In whose hand the act lies: owner, maker or the device itself.
pub(crate) fn hand(actor: &Actor, device: &Device) -> &'static str {
    match actor {
        Actor::Member(member) if member.organisation == device.owner && device.owner != device.maker => "owner",
        Actor::Device(_) => "device",
        Actor::Platform => "platform",
        Actor::Member(_) | Actor::Public => "maker",
    }
}

/// Somebody looked at the device and let it back: what its sessions showed is past, its tokens too.
fn begin_anew(device: &Device, at: Timestamp) -> Vec<Write> {
    let kinds = [FindingKind::TwoBodies, FindingKind::RolledBack, FindingKind::CannotConfirm];
    let close = |kind| Write::FindingClose(device.row, kind, at, "released from quarantine".to_owned());
    std::iter::once(Write::SessionEpoch(device.row)).chain(kinds.map(close)).collect()
}
