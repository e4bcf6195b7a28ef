//! Makes an API token. Its secret is shown once; the store keeps a hash.

use crate::cx::Inner;
use crate::error::{Error, Result};
use std::time::Duration;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{OrganisationRow, TokenRow};
use tegata_domain::permit::{Actor, Operation, Role, Subject};
use tegata_domain::time::Timestamp;
use tegata_domain::token::{TOKEN_LIFE_MAX, Token};
use tegata_keys::secret;
use tegata_store::Row;

/// What is said of a new token.
pub struct NewToken {
    /// A name for people, 1–60 characters.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// How long it holds; at most a year.
    pub life: Duration,
}

/// Makes a token for the actor's own organisation; answers it with its secret.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "token::create", skip_all)]
pub async fn create(new: NewToken, actor: &Actor, cx: &Inner) -> Result<(Token, String)> {
    let Actor::Member(member) = actor else { return Err(Error::not_found("organisation")) };
    let permit = actor.permit(Operation::CreateToken, Subject::of(member.organisation))?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(Error::invalid("name", "a token's name has 1 to 60 characters"));
    }
    if new.life.is_zero() || new.life > TOKEN_LIFE_MAX {
        return Err(Error::invalid("expiry", "a token holds for at least a second and at most a year"));
    }
    let now = cx.now()?;
    let (token, text) = new_token(cx, member.organisation, (name, new.role, now.plus(new.life))).await?;
    let change = Change::of(token.uid.to_string(), vec![Write::Token(token.clone())]);
    cx.store.save(change, &permit, now).await?;
    Ok((token, text))
}

/// A token (name, role, end) that is not saved yet, with its secret.
pub(crate) async fn new_token(
    cx: &Inner,
    organisation: OrganisationRow,
    (name, role, expires_at): (&str, Role, Timestamp),
) -> Result<(Token, String)> {
    let now = cx.now()?;
    let text = secret::token(&*cx.chance);
    let hash = secret::token_hash(&text).ok_or_else(|| Error::internal("a new token has another form"))?;
    let token = Token {
        row: TokenRow(cx.store.reserve(Row::Token, 1).await?),
        uid: cx.uid(now),
        organisation,
        name: name.to_owned(),
        role,
        hash,
        created_at: now,
        expires_at,
        ended_at: None,
    };
    Ok((token, text))
}
