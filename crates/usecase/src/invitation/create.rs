//! Makes an invitation. Its link is told this once; the store keeps a hash.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{AccountRow, InvitationRow, OrganisationRow, Uuid};
use tegata_domain::invitation::{INVITATION_LIFE, Invitation};
use tegata_domain::permit::{Actor, Operation, Permit, Role, Scope, Subject};
use tegata_domain::person::PersonWrite;
use tegata_keys::secret;
use tegata_store::Row;

/// Longest note.
const NOTE_MAX: usize = 100;

/// What is said of a new invitation.
pub struct NewInvitation {
    /// As what.
    pub role: Role,
    /// For whom, in the words of who invites.
    pub note: String,
}

/// Invites somebody into the actor's organisation; answers the invitation with the secret of its link.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "invitation::create", skip_all)]
pub async fn create(new: NewInvitation, actor: &Actor, cx: &Inner) -> Result<(Invitation, String)> {
    let Scope::Organisation(house) = actor.scope() else { return Err(Error::not_found("organisation")) };
    let permit = actor.permit(Operation::InviteAccount, Subject::of(house))?;
    let note = new.note.trim();
    if note.is_empty() || note.chars().count() > NOTE_MAX || note.chars().any(char::is_control) {
        return Err(Error::invalid("note", "say in 1 to 100 characters for whom the invitation is"));
    }
    save((house, None), (new.role, note), permit, cx).await
}

/// A new way in for a member who cannot log in any more: a link that sets a new password. It goes to the member by hand.
pub async fn again(member: Uuid, actor: &Actor, cx: &Inner) -> Result<(Invitation, String)> {
    let (house, account) = crate::membership::of_house(member, actor, cx).await?;
    let permit = actor.permit(Operation::ChangeMember, Subject::of(house))?;
    // who belongs to others too is not this administrator's alone
    if cx.store.membership().of(account.row).await?.len() > 1 {
        let text = "this person belongs to other organisations too: end the membership, and invite anew";
        return Err(Error::conflict("not_alone", text));
    }
    let role = cx.store.membership().role(house, account.row).await?.unwrap_or(Role::Auditor);
    save((house, Some(account.row)), (role, &account.name), permit, cx).await
}

pub(super) async fn save(
    (organisation, account): (OrganisationRow, Option<AccountRow>),
    (role, note): (Role, &str),
    permit: Permit,
    cx: &Inner,
) -> Result<(Invitation, String)> {
    let now = cx.now()?;
    let text = secret::login(&*cx.chance);
    let hash = secret::login_hash(&text).ok_or_else(|| Error::internal("a new secret has another form"))?;
    let invitation = Invitation {
        row: InvitationRow(cx.store.reserve(Row::Invitation, 1).await?),
        uid: cx.uid(now),
        organisation,
        account,
        role,
        hash,
        note: note.to_owned(),
        created_at: now,
        expires_at: now.plus(INVITATION_LIFE),
        used_at: None,
        ended_at: None,
    };
    let write = Write::Person(PersonWrite::Invitation(invitation.clone()));
    cx.store.save(Change::of(invitation.uid.to_string(), vec![write]), &permit, now).await?;
    Ok((invitation, text))
}
