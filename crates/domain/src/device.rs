//! A device and its life: one state machine.
//!
//! Stages go forward only; conditions stand beside them. A stage that nobody reported is written as *presumed*, with
//! its evidence, never silently.

use crate::event::{EventKind, NewEvent};
use crate::finding::FindingKind;
use crate::id::{BatchRow, CertificateRow, DeviceRow, OrganisationRow, ProductRow, Uuid};
use crate::time::Timestamp;
use serde_json::{Map, Value, json};

/// Where a device stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Stage {
    /// Identity issued.
    Made = 0,
    /// Left the maker.
    Shipped,
    /// Has an owner who is not its maker.
    Sold,
    /// In its place.
    Installed,
    /// Was heard from in its place.
    InUse,
    /// Out of use for good.
    Retired,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Stage; 6] =
        [Stage::Made, Stage::Shipped, Stage::Sold, Stage::Installed, Stage::InUse, Stage::Retired];

    /// From its code in the store.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Its word in the API.
    pub fn name(self) -> &'static str {
        ["made", "shipped", "sold", "installed", "in_use", "retired"][self as usize]
    }
}

/// How a device is, beside its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Condition {
    /// Nothing is known against it.
    Well = 0,
    /// Something was reported.
    Suspect,
    /// Held away from all services.
    Quarantined,
    /// Called back by its maker.
    Recalled,
}

impl Condition {
    /// All, in the order of their codes.
    pub const ALL: [Condition; 4] = [Condition::Well, Condition::Suspect, Condition::Quarantined, Condition::Recalled];

    /// Its word in the API.
    pub fn name(self) -> &'static str {
        ["well", "suspect", "quarantined", "recalled"][self as usize]
    }
}

/// A stamp of the pass: when a stage was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The stage.
    pub stage: Stage,
    /// When it was reached, or noticed where it is presumed.
    pub at: Timestamp,
    /// The life event that proves it; `None` where nobody reported the stage.
    pub sequence: Option<u32>,
}

/// A device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Row; the management number is its permutation.
    pub row: DeviceRow,
    /// Outward id.
    pub uid: Uuid,
    /// What it is.
    pub product: ProductRow,
    /// The permit that it was made under.
    pub batch: BatchRow,
    /// Its maker.
    pub maker: OrganisationRow,
    /// Its present owner; the maker until a transfer.
    pub owner: OrganisationRow,
    /// The maker's serial number, unique within the product.
    pub serial: String,
    /// First 16 bytes of the SHA-256 of its public key (SubjectPublicKeyInfo).
    pub key: [u8; 16],
    /// Its IDevID.
    pub idevid: CertificateRow,
    /// Where it stands.
    pub stage: Stage,
    /// How it is.
    pub condition: Condition,
    /// Whether the line confirmed it, or need not.
    pub confirmed: bool,
    /// Which owner it has by number: 0 in the factory.
    pub period: u32,
    /// Sequence number of its last life event; the version that changes are decided on.
    pub sequence: u32,
    /// Commitment of its last life event.
    pub head: [u8; 32],
    /// Stamps, in the order of the stages.
    pub stamps: Vec<Stamp>,
}

/// Why an act does not fit a device's life.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// Its life ended.
    #[error("this device was retired; its life has ended")]
    Retired,
    /// The line never confirmed it.
    #[error("the production line has not confirmed this device; confirm it first")]
    Unconfirmed,
    /// It is held or recalled.
    #[error("this device is {0}; it stays where it is until the quarantine is released or the recall repaired")]
    Held(&'static str),
    /// It is in the hands of who uses it.
    #[error("this device is already {0}")]
    TooLate(&'static str),
    /// It is not quarantined.
    #[error("this device is not quarantined but {0}")]
    NotQuarantined(&'static str),
    /// It was confirmed, or may still be.
    #[error("this device was confirmed, or may still be")]
    NotVoid,
}

impl DeviceError {
    /// Which it is, for catalogues of texts.
    pub fn case(&self) -> &'static str {
        match self {
            DeviceError::Retired => "life.retired",
            DeviceError::Unconfirmed => "life.unconfirmed",
            DeviceError::Held(_) => "life.held",
            DeviceError::TooLate(_) => "life.too_late",
            DeviceError::NotQuarantined(_) => "life.not_quarantined",
            DeviceError::NotVoid => "life.not_void",
        }
    }
}

/// What a person says with an act; all of it may be absent.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// Who acts: `maker`, `owner`, `device` or `platform`.
    pub by: &'static str,
    /// Why.
    pub reason: Option<String>,
    /// When it happened, as reported.
    pub at: Option<Timestamp>,
    /// To whom it goes.
    pub to: Option<String>,
    /// Who saw that its secrets were erased.
    pub witness: Option<String>,
}

impl Said {
    /// Who acts, and nothing more.
    pub fn by(by: &'static str) -> Self {
        Said { by, ..Said::default() }
    }

    fn data(self) -> Value {
        Value::Object(self.object())
    }

    fn object(self) -> Map<String, Value> {
        let mut data = Map::new();
        data.insert("by".into(), self.by.into());
        if let Some(reason) = self.reason {
            data.insert("reason".into(), reason.into());
        }
        if let Some(to) = self.to {
            data.insert("to".into(), to.into());
        }
        if let Some(witness) = self.witness {
            data.insert("witness".into(), witness.into());
        }
        if let Some(at) = self.at {
            data.insert("reported_at".into(), at.rfc3339().into());
        }
        data
    }
}

/// The device after an act, and the events that tell of it. No event means that nothing changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The new state; sequence and head are still those before the events.
    pub device: Device,
    /// What happened, in order.
    pub events: Vec<NewEvent>,
}

impl Step {
    /// No change yet.
    pub fn new(device: Device) -> Self {
        Step { device, events: Vec::new() }
    }

    /// Adds an event.
    pub fn event(&mut self, kind: EventKind, at: Timestamp, data: Value) {
        self.events.push(NewEvent { kind, at, data });
    }

    fn next_sequence(&self) -> u32 {
        self.device.sequence + self.events.len() as u32 + 1
    }

    /// Reaches `stage` unless it was reached; stages that were passed over are presumed, with the evidence.
    pub fn reach(&mut self, stage: Stage, said: Said, evidence: &str, now: Timestamp) {
        if self.device.stage >= stage {
            return;
        }
        let passed = Stage::ALL.into_iter().filter(|s| *s > self.device.stage && *s < stage);
        let presumed: Vec<Stage> = passed.filter(|s| *s != Stage::InUse && stage != Stage::Retired).collect();
        let mut data = said.object();
        if !presumed.is_empty() {
            data.insert("presumed".into(), presumed.iter().map(|s| s.name()).collect());
        }
        data.insert("evidence".into(), evidence.into());
        if stage == Stage::InUse {
            data.insert("stage".into(), stage.name().into());
        }
        let sequence = self.next_sequence();
        self.device.stamps.extend(presumed.iter().map(|s| Stamp { stage: *s, at: now, sequence: None }));
        self.stamp(stage, now, sequence);
        let kind = match stage {
            Stage::Made => EventKind::Made,
            Stage::Shipped => EventKind::Shipped,
            Stage::Sold => EventKind::Transferred,
            Stage::Installed | Stage::InUse => EventKind::Installed,
            Stage::Retired => EventKind::Retired,
        };
        self.event(kind, now, Value::Object(data));
    }

    fn stamp(&mut self, stage: Stage, at: Timestamp, sequence: u32) {
        self.device.stage = stage;
        self.device.stamps.push(Stamp { stage, at, sequence: Some(sequence) });
    }
}

impl Device {
    /// Its life has not ended.
    pub(crate) fn alive(&self) -> Result<(), DeviceError> {
        if self.stage == Stage::Retired { Err(DeviceError::Retired) } else { Ok(()) }
    }

    /// May it move from hand to hand?
    pub(crate) fn movable(&self) -> Result<(), DeviceError> {
        self.alive()?;
        if !self.confirmed {
            return Err(DeviceError::Unconfirmed);
        }
        match self.condition {
            Condition::Quarantined | Condition::Recalled => Err(DeviceError::Held(self.condition.name())),
            Condition::Well | Condition::Suspect => Ok(()),
        }
    }

    /// The line read the device back. A second time changes nothing.
    pub fn confirm(mut self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.alive()?;
        let known = std::mem::replace(&mut self.confirmed, true);
        let mut step = Step::new(self);
        if !known {
            step.event(EventKind::Confirmed, now, said.data());
        }
        Ok(step)
    }

    /// The device left its maker or a seller.
    pub fn ship(self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.movable()?;
        if self.stage >= Stage::Installed {
            return Err(DeviceError::TooLate(self.stage.name()));
        }
        let mut step = Step::new(self);
        if step.device.stage < Stage::Shipped {
            let sequence = step.next_sequence();
            step.stamp(Stage::Shipped, now, sequence);
        }
        step.event(EventKind::Shipped, now, said.data());
        Ok(step)
    }

    /// The device arrived; that it was shipped is presumed when nobody said so.
    pub fn receive(self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.movable()?;
        let mut step = Step::new(self);
        if step.device.stage < Stage::Shipped {
            step.device.stage = Stage::Shipped;
            step.device.stamps.push(Stamp { stage: Stage::Shipped, at: now, sequence: None });
        }
        step.event(EventKind::Received, now, said.data());
        Ok(step)
    }

    /// The device was put in its place. A second time changes nothing.
    pub fn install(self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.movable()?;
        let mut step = Step::new(self);
        step.reach(Stage::Installed, said, "reported", now);
        Ok(step)
    }

    /// The device was heard from in its place: in use from its first sign of life on. Later signs change nothing, nor do
    /// those of a device that is held, ended or not confirmed.
    pub fn hear(self, evidence: &str, now: Timestamp) -> Step {
        let counts = self.movable().is_ok();
        let mut step = Step::new(self);
        if counts {
            step.reach(Stage::InUse, Said::by("device"), evidence, now);
        }
        step
    }

    /// The platform holds a device for what it found itself: *found*, then *quarantined*. Nothing changes where the
    /// device is held already.
    pub fn contain(mut self, kind: FindingKind, evidence: Value, now: Timestamp) -> Result<Step, DeviceError> {
        self.movable()?;
        self.condition = Condition::Quarantined;
        let mut step = Step::new(self);
        step.event(EventKind::Found, now, json!({ "by": "platform", "kind": kind.name(), "evidence": evidence }));
        step.event(EventKind::Quarantined, now, json!({ "by": "platform", "reason": kind.name() }));
        Ok(step)
    }

    /// Holds the device away from all services. A second time changes nothing.
    pub fn quarantine(mut self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.alive()?;
        if self.condition == Condition::Recalled {
            return Err(DeviceError::Held("recalled"));
        }
        let before = std::mem::replace(&mut self.condition, Condition::Quarantined);
        let mut step = Step::new(self);
        if before != Condition::Quarantined {
            step.event(EventKind::Quarantined, now, said.data());
        }
        Ok(step)
    }

    /// Lets a quarantined device back.
    pub fn release(mut self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.alive()?;
        if self.condition != Condition::Quarantined {
            return Err(DeviceError::NotQuarantined(self.condition.name()));
        }
        self.condition = Condition::Well;
        let mut step = Step::new(self);
        step.event(EventKind::Released, now, said.data());
        Ok(step)
    }

    /// The device was repaired: a recall or a suspicion ends, a quarantine does not.
    pub fn repair(mut self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.alive()?;
        if self.condition != Condition::Quarantined {
            self.condition = Condition::Well;
        }
        let mut step = Step::new(self);
        step.event(EventKind::Repaired, now, said.data());
        Ok(step)
    }

    /// The maker calls the device back. A second time changes nothing.
    pub fn recall(mut self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.alive()?;
        let before = std::mem::replace(&mut self.condition, Condition::Recalled);
        let mut step = Step::new(self);
        if before != Condition::Recalled {
            step.event(EventKind::Recalled, now, said.data());
        }
        Ok(step)
    }

    /// The line never confirmed the device: its life ends before it began. Its certificates are to be revoked in the
    /// same change.
    pub fn void(self, within: std::time::Duration, now: Timestamp) -> Result<Step, DeviceError> {
        self.alive()?;
        let due = self.stamps.first().is_none_or(|made| now.since(made.at) >= within);
        if self.confirmed || self.stage != Stage::Made || !due {
            return Err(DeviceError::NotVoid);
        }
        let reason = "the production line did not confirm it in time";
        self.retire(Said { reason: Some(reason.to_owned()), ..Said::by("platform") }, now)
    }

    /// The device's life ends. Its certificates are to be revoked in the same change.
    pub fn retire(self, said: Said, now: Timestamp) -> Result<Step, DeviceError> {
        self.alive()?;
        let mut step = Step::new(self);
        let sequence = step.next_sequence();
        step.stamp(Stage::Retired, now, sequence);
        step.event(EventKind::Retired, now, said.data());
        Ok(step)
    }
}

#[cfg(test)]
#[path = "device_tests.rs"]
pub(crate) mod tests;
