//! A login that proved more goes on under a new secret: who saw the old one has nothing of it.

use super::open::{Attempt, Attempted, Opened, establish_with, shortened};
use super::visitor::Visitor;
use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::account::Account;
use tegata_domain::login::Strength;
use tegata_domain::person::PersonWrite;

/// Ends the visitor's login and opens one in its place, in one commit; never weaker than it was.
pub(crate) async fn raise(
    account: &Account,
    visitor: &Visitor,
    (strength, attempt): (Strength, Attempt<'_>),
    cx: &Inner,
) -> Result<Opened> {
    let ended = PersonWrite::LoginEnd(visitor.login.row, cx.now()?);
    let strength = strength.max(visitor.login.strength);
    let attempted = Attempted { agent: shortened(attempt.agent), strength, proof: None, since: None };
    establish_with(account, (Some(visitor.organisation.row), vec![ended]), attempted, cx).await
}
