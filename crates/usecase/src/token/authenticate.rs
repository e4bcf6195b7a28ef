//! From a bearer token to an actor.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::organisation::Organisation;
use tegata_domain::permit::{Actor, Member, Right};
use tegata_domain::token::Token;

/// Who shows this token. An unknown, ended or expired one is refused in the same words.
pub async fn authenticate(token: &str, cx: &Inner) -> Result<Actor> {
    let refused = Error::ended_token;
    let hash = tegata_keys::secret::token_hash(token).ok_or_else(refused)?;
    let token = cx.store.token().by_hash(&hash).await?.ok_or_else(refused)?;
    standing(token, cx).await?.ok_or_else(refused)
}

/// Who stands behind a token now; `None` where it holds no more.
pub(crate) async fn standing(token: Token, cx: &Inner) -> Result<Option<Actor>> {
    if !token.holds(cx.reading()?) {
        return Ok(None);
    }
    let organisation = cx.store.organisation().by_row(token.organisation).await?;
    let member = |organisation: Organisation| Member {
        organisation: organisation.row,
        kinds: organisation.kinds,
        role: token.role,
        name: format!("token {}", token.name),
        right: Some(Right::Token(token.row)),
    };
    Ok(organisation.map(|organisation| Actor::Member(member(organisation))))
}
