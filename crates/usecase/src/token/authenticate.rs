//! From a bearer token to an actor.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::permit::{Actor, Member, Right};

/// Who shows this token. An unknown, ended or expired one is refused in the same words.
pub async fn authenticate(token: &str, cx: &Inner) -> Result<Actor> {
    let refused = Error::ended_token;
    let hash = tegata_keys::secret::token_hash(token).ok_or_else(refused)?;
    let token = cx.store.token().by_hash(&hash).await?.ok_or_else(refused)?;
    if !token.holds(cx.reading()?) {
        return Err(refused());
    }
    let organisation = cx.store.organisation().by_row(token.organisation).await?.ok_or_else(refused)?;
    Ok(Actor::Member(Member {
        organisation: organisation.row,
        kinds: organisation.kinds,
        role: token.role,
        name: format!("token {}", token.name),
        right: Some(Right::Token(token.row)),
    }))
}
