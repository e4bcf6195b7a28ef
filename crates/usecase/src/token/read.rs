//! Reads of tokens.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::id::TokenRow;
use tegata_domain::permit::{Actor, Operation, Subject};
use tegata_domain::token::Token;

/// The tokens of the actor's organisation after `after`, at most `limit`.
pub async fn list(after: i64, limit: u32, actor: &Actor, cx: &Inner) -> Result<Vec<Token>> {
    let Actor::Member(member) = actor else { return Err(Error::not_found("organisation")) };
    actor.permit(Operation::ReadToken, Subject::of(member.organisation))?;
    Ok(cx.store.token().page(member.organisation, TokenRow(after), limit).await?)
}
