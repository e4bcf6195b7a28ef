//! On whose right a bulk rests: written down when it is confirmed, asked for again before every page of devices.
//!
//! Invariant: the background work never acts as anybody but who confirmed it, and with no more than they may do now.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::{login, token};
use tegata_domain::bulk::Bulk;
use tegata_domain::id::AccountRow;
use tegata_domain::permit::{Actor, Member, Right, Subject};

/// What an actor's acts rest on, and the person where it is one.
pub(super) async fn of(actor: &Actor, cx: &Inner) -> Result<(Right, Option<AccountRow>)> {
    let Actor::Member(Member { right: Some(right), .. }) = actor else {
        return Err(Error::new(Kind::NoCredential, "no_credential", "a bulk takes a login or a token"));
    };
    let account = match right {
        Right::Login(row) => cx.store.login().by_row(*row).await?.map(|login| login.account),
        Right::Token(_) => None,
    };
    Ok((*right, account))
}

/// Who acts, as they stand now; `None` where what it rests on has ended, or they may not do this any more.
pub(super) async fn actor(bulk: &Bulk, cx: &Inner) -> Result<Option<Actor>> {
    let actor = match bulk.right {
        Right::Login(row) => match cx.store.login().by_row(row).await? {
            Some(found) => login::standing(found, cx).await?.map(|visitor| visitor.actor().clone()),
            None => None,
        },
        Right::Token(row) => match cx.store.token().by_row(row).await? {
            Some(found) => token::standing(found, cx).await?,
            None => None,
        },
    };
    Ok(actor.filter(|actor| actor.permit(bulk.operation, Subject::of(bulk.organisation)).is_ok()))
}

/// How who stands behind it is called, as far as they are still there.
pub(super) async fn name(bulk: &Bulk, cx: &Inner) -> Result<Option<String>> {
    if let Some(account) = bulk.account {
        return Ok(cx.store.account().by_row(account).await?.map(|account| account.name));
    }
    match bulk.right {
        Right::Token(row) => Ok(cx.store.token().by_row(row).await?.map(|token| token.name)),
        Right::Login(_) => Ok(None),
    }
}
