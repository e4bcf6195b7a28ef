//! Findings: what somebody should look at.

use crate::id::{BatchRow, DeviceRow, OrganisationRow, Uuid};
use crate::time::Timestamp;
use serde_json::Value;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingKind {
    /// A serial came again with another key.
    SerialWithAnotherKey,
    /// A key came again under another serial.
    KeyUnderAnotherSerial,
    /// More devices were asked for than the batch permits.
    OverQuantity,
    /// A request outside the time of the batch.
    OutsideValidity,
    /// A request whose proof of possession failed.
    NoPossession,
    /// A key that is too weak or of a foreign type.
    WeakKey,
    /// Two bodies live under one identity.
    TwoBodies,
    /// A device came back with an older state: restored from a backup, or a copy.
    RolledBack,
    /// A device that was given session tokens showed none that is known.
    CannotConfirm,
    /// A device still has the password that it was born with.
    InitialPassword,
    /// A release whose signature fits none of the product's release keys.
    BadReleaseSignature,
    /// A release whose security version is older than one that is out: refused, or let through by an administrator.
    OlderRelease,
    /// A campaign that the stop rule ended.
    CampaignStopped,
    /// A confirmed device came again with another initial password.
    AnotherCredential,
    /// An identity was issued that the line never confirmed.
    NeverConfirmed,
    /// A number is looked up in more places than one label can be.
    CodeInManyPlaces,
    /// Somebody who looked a device up says that something is wrong with it.
    ProblemReported,
}

impl FindingKind {
    /// All.
    pub const ALL: [FindingKind; 15] = [
        FindingKind::SerialWithAnotherKey,
        FindingKind::KeyUnderAnotherSerial,
        FindingKind::OverQuantity,
        FindingKind::OutsideValidity,
        FindingKind::NoPossession,
        FindingKind::WeakKey,
        FindingKind::TwoBodies,
        FindingKind::RolledBack,
        FindingKind::CannotConfirm,
        FindingKind::InitialPassword,
        FindingKind::BadReleaseSignature,
        FindingKind::OlderRelease,
        FindingKind::CampaignStopped,
        FindingKind::AnotherCredential,
        FindingKind::NeverConfirmed,
    ];

    /// Its word in the API and in the store.
    pub fn name(self) -> &'static str {
        match self {
            FindingKind::SerialWithAnotherKey => "serial_with_another_key",
            FindingKind::KeyUnderAnotherSerial => "key_under_another_serial",
            FindingKind::OverQuantity => "over_quantity",
            FindingKind::OutsideValidity => "outside_validity",
            FindingKind::NoPossession => "no_possession",
            FindingKind::WeakKey => "weak_key",
            FindingKind::TwoBodies => "two_bodies",
            FindingKind::RolledBack => "rolled_back",
            FindingKind::CannotConfirm => "cannot_confirm",
            FindingKind::InitialPassword => "initial_password",
            FindingKind::BadReleaseSignature => "bad_release_signature",
            FindingKind::OlderRelease => "older_release",
            FindingKind::CampaignStopped => "campaign_stopped",
            FindingKind::AnotherCredential => "another_credential",
            FindingKind::NeverConfirmed => "never_confirmed",
            FindingKind::CodeInManyPlaces => "code_in_many_places",
            FindingKind::ProblemReported => "problem_reported",
        }
    }

    /// How much it asks of a person, 1–5; 4 and 5 call somebody.
    pub fn level(self) -> u8 {
        match self {
            FindingKind::KeyUnderAnotherSerial | FindingKind::TwoBodies => 5,
            FindingKind::SerialWithAnotherKey | FindingKind::OverQuantity | FindingKind::AnotherCredential => 4,
            FindingKind::BadReleaseSignature | FindingKind::CampaignStopped => 4,
            FindingKind::CodeInManyPlaces => 4,
            FindingKind::OlderRelease | FindingKind::ProblemReported => 3,
            FindingKind::OutsideValidity | FindingKind::NoPossession => 3,
            FindingKind::RolledBack | FindingKind::InitialPassword => 3,
            FindingKind::WeakKey | FindingKind::CannotConfirm | FindingKind::NeverConfirmed => 2,
        }
    }
}

/// A finding to be entered.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Outward id.
    pub uid: Uuid,
    /// Whose it is to look at.
    pub organisation: OrganisationRow,
    /// The device, where one is known.
    pub device: Option<DeviceRow>,
    /// The batch, where one is known.
    pub batch: Option<BatchRow>,
    /// What was found: [`FindingKind::name`].
    pub kind: String,
    /// 1–5.
    pub level: u8,
    /// When.
    pub at: Timestamp,
    /// The evidence: an object without personal data.
    pub data: Value,
    /// When and why it was closed.
    pub closed: Option<(Timestamp, String)>,
}

/// How a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingState {
    /// Somebody should look at it.
    Open,
    /// Somebody did, or its cause is gone.
    Closed,
}

impl FindingState {
    /// From its word in the API.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "open" => Some(FindingState::Open),
            "closed" => Some(FindingState::Closed),
            _ => None,
        }
    }
}
