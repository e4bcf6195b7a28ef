//! What is written of people, each with its guard. SQL stands with the nouns.

use crate::apply::guard;
use crate::engine::Connection;
use crate::error::Error;
use crate::{account, filter, invitation, login, membership, organisation, passkey};
use tegata_domain::change::Refused;
use tegata_domain::person::PersonWrite;

pub(crate) fn apply(c: &Connection, write: &PersonWrite) -> Result<Result<(), Refused>, Error> {
    Ok(match write {
        PersonWrite::Account(value) => guard(account::insert(c, value)?, Refused::Exists),
        PersonWrite::AccountChange { decided_on, account } => {
            guard(account::update(c, account, *decided_on)?, Refused::Stale)
        }
        PersonWrite::AccountEnd(row) => guard(account::delete(c, *row)?, Refused::Stale),
        PersonWrite::Membership(value) => guard(membership::insert(c, value)?, Refused::Exists),
        PersonWrite::MembershipRole(organisation, account, role) => {
            guard(membership::change(c, *organisation, *account, *role)?, Refused::Last)
        }
        PersonWrite::MembershipEnd(organisation, account) => {
            guard(membership::end(c, *organisation, *account)?, Refused::Last)
        }
        PersonWrite::Passkey(value) => guard(passkey::insert(c, value)?, Refused::Exists),
        PersonWrite::PasskeyUse(row, state, at) => guard(passkey::used(c, *row, state, *at)?, Refused::Stale),
        PersonWrite::PasskeyName(row, account, name) => {
            guard(passkey::rename(c, (*row, *account), name)?, Refused::Stale)
        }
        PersonWrite::PasskeyEnd(row, account) => guard(passkey::end(c, *row, *account)?, Refused::Stale),
        PersonWrite::Identity(issuer, subject, account, at) => {
            guard(account::insert_identity(c, (issuer, subject), *account, *at)?, Refused::Exists)
        }
        PersonWrite::IdentityEnd(account) => account::end_identities(c, *account).map(Ok)?,
        PersonWrite::Login(value) => guard(login::insert(c, value)?, Refused::Exists),
        PersonWrite::LoginEnd(row, at) => guard(login::end(c, *row, *at)?, Refused::Stale),
        PersonWrite::LoginsEnd { account, organisation, but, at } => {
            login::end_all(c, *account, (*organisation, *but), *at).map(Ok)?
        }
        PersonWrite::Invitation(value) => guard(invitation::insert(c, value)?, Refused::Exists),
        PersonWrite::InvitationUse(row, at) => guard(invitation::used(c, *row, *at)?, Refused::Stale),
        PersonWrite::InvitationEnd(row, at) => guard(invitation::end(c, *row, *at)?, Refused::Stale),
        PersonWrite::Filter(value) => guard(filter::insert(c, value)?, Refused::Stale),
        PersonWrite::FilterEnd(row, account) => guard(filter::end(c, *row, *account)?, Refused::Stale),
        PersonWrite::FactorDemand(row, demanded) => guard(organisation::demand(c, *row, *demanded)?, Refused::Stale),
    })
}
