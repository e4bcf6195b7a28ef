//! Logs in with a passkey: the authenticator tells who it belongs to, and that its holder is there.

use super::carried::{carried, carry, over};
use super::open::{Attempt, Attempted, Opened, establish_with, shortened};
use crate::account::passkey::{LIFE, refused, relying};
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use tegata_domain::login::Strength;
use tegata_domain::person::PersonWrite;
use tegata_keys::passkey::Passkey;

const LABEL: &str = "tegata-passkey-open/v1";

/// What the browser is asked, as JSON, and a ticket for [`open`]. Nothing is written: anybody may begin.
pub fn begin(cx: &Inner) -> Result<(String, String)> {
    let begun = relying(cx)?.begin_login().map_err(refused)?;
    Ok((begun.options, carry(LABEL, begun.state.as_bytes(), LIFE, cx)?))
}

/// Logs in with what the browser answered, JSON too. An answer opens once.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "login::passkey", skip_all)]
pub async fn open(ticket: &str, answer: &str, attempt: Attempt<'_>, cx: &Inner) -> Result<Opened> {
    let unknown = || {
        let text = "this passkey is not known here, or not any more; choose another one, or log in another way";
        Error::new(Kind::NoCredential, "passkey_unknown", text)
    };
    let state = carried(LABEL, ticket, cx)?;
    let state = std::str::from_utf8(&state).map_err(|_| over())?;
    let relying = relying(cx)?;
    let named = relying.identify(answer).map_err(refused)?;
    let kept = cx.store.passkey().by_credential(&named.credential).await?.ok_or_else(unknown)?;
    let account = cx.store.account().by_row(kept.account).await?.ok_or_else(unknown)?;
    if account.uid != named.user {
        return Err(unknown());
    }
    let passkey = Passkey { credential: kept.credential, state: kept.state };
    let opened = relying.finish_login(answer, state, &passkey).map_err(refused)?;
    let used = PersonWrite::PasskeyUse(kept.row, opened.passkey.state, cx.now()?);
    let attempted = Attempted {
        agent: shortened(attempt.agent),
        strength: Strength::Passkey,
        proof: Some(opened.proof),
        since: None,
    };
    establish_with(&account, (None, vec![used]), attempted, cx).await
}
