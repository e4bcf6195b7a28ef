//! What stands for a password that was right, while the second factor is asked for: sealed, so that no memory is needed
//! and any node opens it.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use std::time::Duration;
use tegata_domain::account::Account;
use tegata_domain::id::AccountRow;

const LABEL: &str = "tegata-ticket/v1";
/// How long somebody may look for the code.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// For this account as it is now: a change of password or factor ends it.
pub(crate) fn ticket(account: &Account, cx: &Inner) -> Result<String> {
    let until = cx.reading()?.plus(LIFE).millis();
    let plain = [account.row.0, i64::from(account.version), until].map(i64::to_be_bytes).concat();
    Ok(data_encoding::BASE64URL_NOPAD.encode(&cx.seal.seal(LABEL, &plain)?))
}

/// Whose password it stands for.
#[expect(dead_code, reason = "the step that asks for the second factor calls it")]
pub(crate) async fn holder(ticket: &str, cx: &Inner) -> Result<Account> {
    let over = || Error::new(Kind::NoCredential, "ticket", "that took too long; begin the log-in anew");
    let sealed = data_encoding::BASE64URL_NOPAD.decode(ticket.as_bytes()).map_err(|_| over())?;
    let plain = cx.seal.open(LABEL, &sealed).map_err(|_| over())?;
    let (numbers, _) = plain.as_chunks::<8>();
    let [row, version, until] = *numbers else { return Err(over()) };
    let [row, version, until] = [row, version, until].map(i64::from_be_bytes);
    let account = cx.store.account().by_row(AccountRow(row)).await?.ok_or_else(over)?;
    let holds = cx.reading()?.millis() < until && i64::from(account.version) == version;
    if holds { Ok(account) } else { Err(over()) }
}
