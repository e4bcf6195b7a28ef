//! What stands for a password that was right, while the second factor is asked for.

use super::carried::{carried, carry, over};
use crate::cx::Inner;
use crate::error::Result;
use std::time::Duration;
use tegata_domain::account::Account;
use tegata_domain::id::AccountRow;

const LABEL: &str = "tegata-ticket/v1";
/// How long somebody may look for the code.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// For this account as it is now: a change of password or factor ends it.
pub(crate) fn ticket(account: &Account, cx: &Inner) -> Result<String> {
    carry(LABEL, &[account.row.0, i64::from(account.version)].map(i64::to_be_bytes).concat(), LIFE, cx)
}

/// Whose password it stands for.
pub(crate) async fn holder(ticket: &str, cx: &Inner) -> Result<Account> {
    let plain = carried(LABEL, ticket, cx)?;
    let (numbers, _) = plain.as_chunks::<8>();
    let [row, version] = *numbers else { return Err(over()) };
    let [row, version] = [row, version].map(i64::from_be_bytes);
    let account = cx.store.account().by_row(AccountRow(row)).await?.ok_or_else(over)?;
    if i64::from(account.version) == version { Ok(account) } else { Err(over()) }
}
