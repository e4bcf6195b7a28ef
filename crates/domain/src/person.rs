//! What may be written of people: how they are known, where they belong, where they are logged in.

use crate::account::{Account, Passkey};
use crate::filter::Kept;
use crate::id::{AccountRow, FilterRow, InvitationRow, LoginRow, OrganisationRow, PasskeyRow};
use crate::invitation::Invitation;
use crate::login::Login;
use crate::membership::Membership;
use crate::permit::Role;
use crate::time::Timestamp;

/// One write about a person. Each has a guard in the store, as every [`crate::change::Write`].
#[derive(Debug, Clone)]
pub enum PersonWrite {
    /// A new account; its log-in name is free.
    Account(Account),
    /// The next state of an account that is still at the version the decision was made on.
    AccountChange {
        /// That version.
        decided_on: u32,
        /// The new state.
        account: Box<Account>,
    },
    /// An account goes with its passkeys, identities, logins and filters; it belongs to no organisation.
    AccountEnd(AccountRow),
    /// A person joins an organisation; it was no member.
    Membership(Membership),
    /// What a member may do from now on; somebody stays who administers.
    MembershipRole(OrganisationRow, AccountRow, Role),
    /// The end of a membership, and of its logins; somebody stays who administers.
    MembershipEnd(OrganisationRow, AccountRow),
    /// A new passkey; its credential is new.
    Passkey(Passkey),
    /// A passkey was used: its next state, and when.
    PasskeyUse(PasskeyRow, String, Timestamp),
    /// What its holder calls a passkey of this account from now on.
    PasskeyName(PasskeyRow, AccountRow, String),
    /// The end of a passkey of this account.
    PasskeyEnd(PasskeyRow, AccountRow),
    /// A person at a provider (issuer, subject) is this account; it is nobody's yet.
    Identity(String, String, AccountRow, Timestamp),
    /// Providers' persons are this account no more.
    IdentityEnd(AccountRow),
    /// A login; what proved it proved no other.
    Login(Login),
    /// The end of a login; it had not ended.
    LoginEnd(LoginRow, Timestamp),
    /// The end of all logins of an account that stand, of one organisation or of all, but one.
    LoginsEnd {
        /// Whose.
        account: AccountRow,
        /// For which organisation; all where none is named.
        organisation: Option<OrganisationRow>,
        /// This one goes on.
        but: Option<LoginRow>,
        /// When.
        at: Timestamp,
    },
    /// An invitation.
    Invitation(Invitation),
    /// An invitation was used; it stood.
    InvitationUse(InvitationRow, Timestamp),
    /// An invitation is taken back; it stood.
    InvitationEnd(InvitationRow, Timestamp),
    /// A kept filter; its keeper has room for it.
    Filter(Kept),
    /// The end of a kept filter of this account.
    FilterEnd(FilterRow, AccountRow),
    /// Whether an organisation demands a second factor of its members.
    FactorDemand(OrganisationRow, bool),
}

impl PersonWrite {
    /// Whether a right that rests on a login may end with it.
    pub fn ends_rights(&self) -> bool {
        matches!(self, PersonWrite::LoginEnd(..) | PersonWrite::LoginsEnd { .. } | PersonWrite::MembershipEnd(..))
    }
}
