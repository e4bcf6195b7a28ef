//! Takes an invitation up with a passkey in place of a password.
//!
//! Invariant: what the authenticator was told (who she is, under which name) is sealed into the ticket with the state of
//! the ceremony, under a label of this invitation: the answer makes that account and no other.

use super::accept::{Newcomer, name_of, row_of, settle, shown};
use crate::account::passkey::{LIFE, kept, named, refused, relying};
use crate::cx::Inner;
use crate::error::Result;
use crate::login::{Attempt, Opened, carried, carry, over};
use tegata_domain::id::Uuid;

fn label(invitation: Uuid) -> String {
    format!("tegata-invited-passkey/v1/{invitation}")
}

/// What the browser is asked, as JSON, and a ticket for [`accept_with`]. Nothing is written: the name is taken there.
pub async fn begin_with(link: &str, name: &str, cx: &Inner) -> Result<(String, String)> {
    let invited = shown(link, cx).await?;
    let name = name_of(&invited, name)?;
    let (mut uid, mut existing) = (cx.uid(cx.now()?), Vec::new());
    if let Some(row) = invited.invitation.account {
        let account = cx.store.account().by_row(row).await?.ok_or_else(over)?;
        uid = account.uid;
        existing = cx.store.passkey().of(row).await?.into_iter().map(|passkey| passkey.credential).collect();
    }
    let begun = relying(cx)?.begin_registration(uid, &name, &existing).map_err(refused)?;
    let left = [uid.as_bytes().as_slice(), name.as_bytes(), b"\n", begun.state.as_bytes()].concat();
    Ok((begun.options, carry(&label(invited.invitation.uid), &left, LIFE, cx)?))
}

/// Takes it up with the passkey that the browser's answer (JSON) brings, called `called`, and logs in.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "invitation::accept_with", skip_all)]
pub async fn accept_with(
    link: &str,
    (ticket, answer): (&str, &str),
    called: &str,
    attempt: Attempt<'_>,
    cx: &Inner,
) -> Result<Opened> {
    let invited = shown(link, cx).await?;
    let left = carried(&label(invited.invitation.uid), ticket, cx)?;
    let (uid, rest) = left.split_first_chunk::<16>().ok_or_else(over)?;
    let (name, state) = std::str::from_utf8(rest).ok().and_then(|rest| rest.split_once('\n')).ok_or_else(over)?;
    let made = relying(cx)?.finish_registration(answer, state).map_err(refused)?;
    let (account, now) = (row_of(&invited, cx).await?, cx.now()?);
    let passkey = Some(kept(made, (account, named(called)?), now, cx).await?);
    let (uid, name) = (Uuid::from_bytes(*uid), name.to_owned());
    settle(&invited, Newcomer { account, uid, name, password_hash: None, passkey }, attempt, cx).await
}
