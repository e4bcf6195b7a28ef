//! The second step of a log-in: a code of the person's phone, or one of her recovery codes.

use super::carried::over;
use super::open::{Attempt, Attempted, Opened, admitted, establish_with, shortened};
use super::ticket::holder;
use crate::account::factor::take;
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use tegata_domain::account::Account;
use tegata_domain::login::Strength;
use tegata_domain::person::PersonWrite;

/// A code that opens nothing.
pub(crate) fn wrong() -> Error {
    let text = "this code is not right, or was used before; wait for the next one, or use a recovery code";
    Error::new(Kind::NoCredential, "code", text)
}

/// Logs in with the ticket that stands for the password, and a code. The same code opens nothing else, whoever is faster.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "login::factor", skip_all)]
pub async fn factor(ticket: &str, code: &str, attempt: Attempt<'_>, cx: &Inner) -> Result<Opened> {
    let account = holder(ticket, cx).await?;
    // counted by itself: who has no password cannot use these up, and wrong codes leave the password's alone
    let counted = admitted(&format!("factor/{}", account.name), Some(&account), attempt, cx)?;
    let taken = take(&account, code, cx.now()?, cx)?.ok_or_else(wrong)?;
    cx.logins.right(&counted);
    let decided_on = account.version;
    let account = Account { factor: Some(taken.factor), ..account };
    let change = PersonWrite::AccountChange { decided_on, account: Box::new(account.clone()) };
    let account = Account { version: decided_on + 1, ..account };
    let attempted = Attempted {
        agent: shortened(attempt.agent),
        strength: Strength::Factor,
        proof: Some(taken.proof),
        since: None,
    };
    let opened = establish_with(&account, (None, vec![change]), attempted, cx).await;
    opened.map_err(|error| if error.code == "stale" { over() } else { error })
}
