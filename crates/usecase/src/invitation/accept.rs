//! Takes an invitation up: a new account, a new password for one that is there, or one more organisation for who is
//! logged in.

use crate::account::{check, hashed};
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::login::{Attempt, Attempted, Opened, Visitor, establish, shortened};
use tegata_domain::account::{self, Account};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::AccountRow;
use tegata_domain::invitation::Invitation;
use tegata_domain::login::Strength;
use tegata_domain::membership::Membership;
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::{Actor, Member, Operation, Permit, Subject};
use tegata_domain::person::PersonWrite;
use tegata_domain::time::Timestamp;
use tegata_keys::secret;
use tegata_store::Row;

/// What an invitation says to who holds its link.
pub struct Invited {
    /// Into which organisation.
    pub organisation: Organisation,
    /// The invitation.
    pub invitation: Invitation,
    /// The log-in name, where it is a new way in for an account that is there.
    pub name: Option<String>,
}

/// What stands behind a link. An unknown, used or ended one is refused in the same words.
pub async fn shown(secret: &str, cx: &Inner) -> Result<Invited> {
    let over = || {
        let text = "this invitation is unknown, was used, taken back or is too old; ask for a new one";
        Error::new(Kind::Gone, "invitation", text)
    };
    let hash = secret::login_hash(secret).ok_or_else(over)?;
    let invitation = cx.store.invitation().by_hash(&hash).await?.ok_or_else(over)?;
    if !invitation.holds(cx.reading()?) {
        return Err(over());
    }
    let organisation = cx.store.organisation().by_row(invitation.organisation).await?.ok_or_else(over)?;
    let name = match invitation.account {
        Some(row) => Some(cx.store.account().by_row(row).await?.ok_or_else(over)?.name),
        None => None,
    };
    Ok(Invited { organisation, invitation, name })
}

/// Takes it up with a name and a password, and logs in.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "invitation::accept", skip_all)]
pub async fn accept(link: &str, (name, password): (&str, &str), attempt: Attempt<'_>, cx: &Inner) -> Result<Opened> {
    let invited = shown(link, cx).await?;
    let name = match &invited.name {
        Some(name) => name.clone(),
        None => account::name(name).map_err(|e| Error::invalid("login_name", e))?,
    };
    check(&name, password)?;
    let hash = hashed(password, cx).await?;
    let now = cx.now()?;
    let (account, writes) = match invited.invitation.account {
        Some(row) => renewed(row, hash, now, cx).await?,
        None => created((name.clone(), hash), &invited.invitation, now, cx).await?,
    };
    let permit = permit(&invited, &name)?;
    let used = PersonWrite::InvitationUse(invited.invitation.row, now);
    let writes = std::iter::once(used).chain(writes).map(Write::Person).collect();
    let saved = cx.store.save(Change::of(account.uid.to_string(), writes), &permit, now).await;
    saved.map_err(|error| match Error::from(error) {
        Error { code: "exists", .. } => Error::conflict("name_taken", "this log-in name is taken; choose another one"),
        other => other,
    })?;
    let attempted =
        Attempted { agent: shortened(attempt.agent), strength: Strength::Password, proof: None, since: None };
    establish(&account, Some(invited.organisation.row), attempted, cx).await
}

/// Takes it up for who is logged in: one more organisation.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "invitation::join", skip_all)]
pub async fn join(link: &str, visitor: &Visitor, cx: &Inner) -> Result<()> {
    let invited = shown(link, cx).await?;
    if invited.invitation.account.is_some() {
        return Err(Error::conflict("own_link", "this link sets a new password; log out, and open it again"));
    }
    let now = cx.now()?;
    let membership = Membership {
        organisation: invited.organisation.row,
        account: visitor.account.row,
        role: invited.invitation.role,
        created_at: now,
    };
    let used = PersonWrite::InvitationUse(invited.invitation.row, now);
    let writes = [used, PersonWrite::Membership(membership)].map(Write::Person).into();
    let permit = permit(&invited, &visitor.account.name)?;
    Ok(cx.store.save(Change::of(visitor.account.uid.to_string(), writes), &permit, now).await?)
}

/// It stands in the audit of the organisation that invited.
fn permit(invited: &Invited, name: &str) -> Result<Permit> {
    let actor = Actor::Member(Member {
        organisation: invited.organisation.row,
        kinds: invited.organisation.kinds,
        role: invited.invitation.role,
        name: name.to_owned(),
        right: None,
    });
    Ok(actor.permit(Operation::ChangeSelf, Subject::of(invited.organisation.row))?)
}

async fn created(
    (name, hash): (String, String),
    invitation: &Invitation,
    now: Timestamp,
    cx: &Inner,
) -> Result<(Account, Vec<PersonWrite>)> {
    let account = Account {
        row: AccountRow(cx.store.reserve(Row::Account, 1).await?),
        uid: cx.uid(now),
        name,
        password_hash: Some(hash),
        language: None,
        factor: None,
        version: 1,
        created_at: now,
        changed_at: now,
    };
    let membership = Membership {
        organisation: invitation.organisation,
        account: account.row,
        role: invitation.role,
        created_at: now,
    };
    Ok((account.clone(), vec![PersonWrite::Account(account), PersonWrite::Membership(membership)]))
}

/// A new password; the second factor goes, and so do all logins: whoever asks for this has lost them.
async fn renewed(row: AccountRow, hash: String, now: Timestamp, cx: &Inner) -> Result<(Account, Vec<PersonWrite>)> {
    let account = cx.store.account().by_row(row).await?.ok_or_else(|| Error::not_found("account"))?;
    let decided_on = account.version;
    let account = Account { password_hash: Some(hash), factor: None, changed_at: now, ..account };
    let writes = vec![
        PersonWrite::AccountChange { decided_on, account: Box::new(account.clone()) },
        PersonWrite::LoginsEnd { account: row, organisation: None, but: None, at: now },
    ];
    Ok((account, writes))
}
