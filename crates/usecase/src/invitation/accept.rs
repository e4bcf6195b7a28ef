//! Takes an invitation up: a new account, a new way in for one that is there, or one more organisation for who is logged
//! in. By a password here; by a passkey in `passkey`.

use crate::account::{check, hashed};
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::login::{Attempt, Attempted, Opened, Visitor, establish, shortened};
use tegata_domain::account::{self, Account, Passkey};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{AccountRow, Uuid};
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

/// Who takes it up, and by what she will come in: a password's hash, or a passkey and no password.
pub(super) struct Newcomer {
    pub account: AccountRow,
    pub uid: Uuid,
    pub name: String,
    pub password_hash: Option<String>,
    pub passkey: Option<Passkey>,
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

/// The log-in name of who takes it up: her own, where the account is there.
pub(super) fn name_of(invited: &Invited, typed: &str) -> Result<String> {
    match &invited.name {
        Some(name) => Ok(name.clone()),
        None => account::name(typed).map_err(|e| Error::invalid("login_name", e)),
    }
}

/// The row of who takes it up.
pub(super) async fn row_of(invited: &Invited, cx: &Inner) -> Result<AccountRow> {
    match invited.invitation.account {
        Some(row) => Ok(row),
        None => Ok(AccountRow(cx.store.reserve(Row::Account, 1).await?)),
    }
}

/// Takes it up with a name and a password, and logs in.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "invitation::accept", skip_all)]
pub async fn accept(link: &str, (name, password): (&str, &str), attempt: Attempt<'_>, cx: &Inner) -> Result<Opened> {
    let invited = shown(link, cx).await?;
    let name = name_of(&invited, name)?;
    check(&name, password)?;
    let password_hash = Some(hashed(password, cx).await?);
    let (account, uid) = (row_of(&invited, cx).await?, cx.uid(cx.now()?));
    settle(&invited, Newcomer { account, uid, name, password_hash, passkey: None }, attempt, cx).await
}

/// Writes what came of it in one change, and opens a login.
pub(super) async fn settle(invited: &Invited, newcomer: Newcomer, attempt: Attempt<'_>, cx: &Inner) -> Result<Opened> {
    let now = cx.now()?;
    let strength = if newcomer.passkey.is_some() { Strength::Passkey } else { Strength::Password };
    let permit = permit(invited, &newcomer.name)?;
    let (account, writes) = match invited.invitation.account {
        Some(_) => renewed(newcomer, now, cx).await?,
        None => created(newcomer, &invited.invitation, now),
    };
    let used = PersonWrite::InvitationUse(invited.invitation.row, now);
    let writes = std::iter::once(used).chain(writes).map(Write::Person).collect();
    let saved = cx.store.save(Change::of(account.uid.to_string(), writes), &permit, now).await;
    saved.map_err(|error| match Error::from(error) {
        Error { code: "exists", .. } => Error::conflict("name_taken", "this log-in name is taken; choose another one"),
        other => other,
    })?;
    let attempted = Attempted { agent: shortened(attempt.agent), strength, proof: None, since: None };
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

fn created(newcomer: Newcomer, invitation: &Invitation, now: Timestamp) -> (Account, Vec<PersonWrite>) {
    let account = Account {
        row: newcomer.account,
        uid: newcomer.uid,
        name: newcomer.name,
        password_hash: newcomer.password_hash,
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
    let passkey = newcomer.passkey.map(PersonWrite::Passkey);
    let writes = [PersonWrite::Account(account.clone()), PersonWrite::Membership(membership)];
    (account, writes.into_iter().chain(passkey).collect())
}

/// A new way in; the old password and the second factor go, and so do all logins: whoever asks for this has lost them.
async fn renewed(newcomer: Newcomer, now: Timestamp, cx: &Inner) -> Result<(Account, Vec<PersonWrite>)> {
    let account = cx.store.account().by_row(newcomer.account).await?.ok_or_else(|| Error::not_found("account"))?;
    let decided_on = account.version;
    let account = Account { password_hash: newcomer.password_hash, factor: None, changed_at: now, ..account };
    let passkey = newcomer.passkey.map(PersonWrite::Passkey);
    let writes = [
        PersonWrite::AccountChange { decided_on, account: Box::new(account.clone()) },
        PersonWrite::LoginsEnd { account: account.row, organisation: None, but: None, at: now },
    ];
    Ok((account, writes.into_iter().chain(passkey).collect()))
}
