//! A new way in for who lost all others, made at the machine itself.
//!
//! Why here and not a new password: the link is used by the person alone, and says once more that whoever made it cannot
//! log in as her afterwards.

use super::create::save;
use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::account;
use tegata_domain::invitation::Invitation;
use tegata_domain::permit::{Actor, Operation, Subject};

/// A link for the account of this log-in name. It stands in the audit of the person's organisation.
pub async fn reset(name: &str, cx: &Inner) -> Result<(Invitation, String)> {
    let unknown = || Error::not_found("account");
    let name = account::name(name).map_err(|e| Error::invalid("login_name", e))?;
    let account = cx.store.account().by_name(&name).await?.ok_or_else(unknown)?;
    let membership = cx.store.membership().of(account.row).await?.first().copied().ok_or_else(unknown)?;
    let permit = Actor::Platform.permit(Operation::ResetAccount, Subject::of(membership.organisation))?;
    save((membership.organisation, Some(account.row)), (membership.role, &account.name), permit, cx).await
}
