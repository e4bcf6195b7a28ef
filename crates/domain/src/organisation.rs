//! Organisations: who takes part, and as what.

use crate::id::{OrganisationRow, Uuid};
use crate::time::Timestamp;

/// What an organisation does (design: one may be several).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum OrganisationKind {
    /// Runs this platform.
    Platform,
    /// Makes chips.
    ChipMaker,
    /// Makes devices.
    Maker,
    /// Sells devices.
    Seller,
    /// Installs devices for others.
    Integrator,
    /// Operates a fleet.
    Operator,
    /// A household.
    Household,
    /// Assesses products.
    Assessor,
    /// A public body.
    Authority,
}

impl OrganisationKind {
    /// Its word in the API.
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 9] = [
            "platform",
            "chip_maker",
            "maker",
            "seller",
            "integrator",
            "operator",
            "household",
            "assessor",
            "authority",
        ];
        NAMES[self as usize]
    }

    /// Every kind.
    pub const ALL: [OrganisationKind; 9] = [
        OrganisationKind::Platform,
        OrganisationKind::ChipMaker,
        OrganisationKind::Maker,
        OrganisationKind::Seller,
        OrganisationKind::Integrator,
        OrganisationKind::Operator,
        OrganisationKind::Household,
        OrganisationKind::Assessor,
        OrganisationKind::Authority,
    ];
}

/// A set of kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kinds(pub u16);

impl Kinds {
    /// The set of these kinds.
    pub fn of(kinds: &[OrganisationKind]) -> Self {
        Kinds(kinds.iter().fold(0, |set, kind| set | 1 << *kind as u16))
    }

    /// Whether `kind` is among them.
    pub fn has(self, kind: OrganisationKind) -> bool {
        self.0 & 1 << kind as u16 != 0
    }

    /// The kinds, in the order of their declaration.
    pub fn list(self) -> Vec<OrganisationKind> {
        OrganisationKind::ALL.into_iter().filter(|kind| self.has(*kind)).collect()
    }
}

/// An organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Row.
    pub row: OrganisationRow,
    /// Outward id.
    pub uid: Uuid,
    /// Name, 1–120 characters.
    pub name: String,
    /// What it does.
    pub kinds: Kinds,
    /// Since when it is here.
    pub created_at: Timestamp,
    /// Whether it demands a second factor of its members.
    pub factor: bool,
}

/// Why an organisation cannot be entered so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrganisationError {
    /// Name empty, too long, or with control characters.
    #[error("an organisation's name has 1 to 120 characters and no control characters")]
    Name,
    /// No kind was given.
    #[error("an organisation has at least one kind, as maker or operator")]
    NoKind,
    /// Only `init` makes the platform.
    #[error("the kind platform belongs to the organisation that runs this platform, which init made")]
    Platform,
}

/// Checks what a person asks for when a new organisation is entered.
pub fn check(name: &str, kinds: Kinds) -> Result<(), OrganisationError> {
    if name.trim().is_empty() || name.chars().count() > 120 || name.chars().any(char::is_control) {
        return Err(OrganisationError::Name);
    }
    if kinds.0 == 0 {
        return Err(OrganisationError::NoKind);
    }
    if kinds.has(OrganisationKind::Platform) { Err(OrganisationError::Platform) } else { Ok(()) }
}
