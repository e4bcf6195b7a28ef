//! Memberships: in which organisations a person acts, and as what.

use crate::id::{AccountRow, OrganisationRow, Uuid};
use crate::permit::Role;
use crate::time::Timestamp;

/// A person in an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Membership {
    /// The organisation.
    pub organisation: OrganisationRow,
    /// The person.
    pub account: AccountRow,
    /// What the person may do in it.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
}

/// A member as an administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The account's row: the place in the list.
    pub account: AccountRow,
    /// The account's outward id.
    pub uid: Uuid,
    /// Log-in name.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// Since when it belongs here.
    pub created_at: Timestamp,
    /// Whether it has a second factor or a passkey.
    pub secured: bool,
    /// When it was last here.
    pub seen_at: Option<Timestamp>,
}
