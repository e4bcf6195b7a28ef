//! One's own passkeys.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::login::{Attempt, Opened, Visitor, carried, carry, over, raise};
use std::time::Duration;
use tegata_domain::account::{PASSKEYS_MAX, Passkey};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{AccountRow, PasskeyRow, Uuid};
use tegata_domain::login::Strength;
use tegata_domain::permit::Operation;
use tegata_domain::person::PersonWrite;
use tegata_domain::time::Timestamp;
use tegata_keys::passkey::{Passkey as Made, PasskeyError, Relying};
use tegata_store::Row;

/// How long somebody may look for the authenticator.
pub(crate) const LIFE: Duration = Duration::from_secs(5 * 60);

/// What authenticators call the platform.
const NAME: &str = "Tegata";

/// Longest name of a passkey.
const NAME_MAX: usize = 60;

fn label(account: Uuid) -> String {
    format!("tegata-passkey-make/v1/{account}")
}

/// The platform as authenticators know it: by the host of its public address, for its pages there.
pub(crate) fn relying(cx: &Inner) -> Result<Relying> {
    let url = &cx.names.public_url;
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split('/').next().unwrap_or_default();
    let port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let host = authority.rsplit_once(':').filter(|(_, end)| port(end)).map_or(authority, |(host, _)| host);
    // on the machine itself the plain port serves the same pages
    let relying = match host {
        "localhost" => Relying::here(NAME),
        _ => Relying::new(host, &[&format!("{scheme}://{authority}")], NAME),
    };
    relying.map_err(refused)
}

/// Whether there are passkeys on this platform: browsers take them for a host name only.
pub fn offered(cx: &Inner) -> bool {
    relying(cx).is_ok()
}

/// Why it was not done, for people; what the library says goes to the log.
pub(crate) fn refused(error: PasskeyError) -> Error {
    let (kind, code, public) = match &error {
        PasskeyError::Host(_) => {
            let text = "there are no passkeys here: browsers take them for a host name only, and this platform's public \
                        address has none; log in with a password";
            (Kind::Conflict, "passkey_host", text)
        }
        PasskeyError::State => return over(),
        PasskeyError::Form => (Kind::Invalid, "passkey_form", "the browser's answer cannot be read; try again"),
        PasskeyError::Copied => {
            let text = "this passkey answered with an older count than before, so it may have been copied; log in another \
                        way, and take it off your account";
            (Kind::NoCredential, "passkey_copied", text)
        }
        PasskeyError::Refused(_) => {
            let text = "the passkey's answer does not hold; try again, and confirm with your finger, face or PIN";
            (Kind::NoCredential, "passkey", text)
        }
    };
    Error { source: Some(Box::new(error)), ..Error::new(kind, code, public) }
}

pub(crate) fn last_way() -> Error {
    let text = "without it nothing would let you in any more; set a password or make another passkey first";
    Error::conflict("last_way", text)
}

/// The visitor's passkeys, oldest first.
pub async fn of(visitor: &Visitor, cx: &Inner) -> Result<Vec<Passkey>> {
    Ok(cx.store.passkey().of(visitor.account.row).await?)
}

/// What the browser is asked, as JSON, and a ticket for [`finish`]. Nothing is written.
pub async fn begin(visitor: &Visitor, cx: &Inner) -> Result<(String, String)> {
    visitor.fresh(cx)?;
    let existing: Vec<Vec<u8>> = of(visitor, cx).await?.into_iter().map(|passkey| passkey.credential).collect();
    if existing.len() >= PASSKEYS_MAX {
        let text = format!("an account has at most {PASSKEYS_MAX} passkeys; take one off first");
        return Err(Error::conflict("passkeys_full", text));
    }
    let account = &visitor.account;
    let begun = relying(cx)?.begin_registration(account.uid, &account.name, &existing).map_err(refused)?;
    Ok((begun.options, carry(&label(account.uid), begun.state.as_bytes(), LIFE, cx)?))
}

/// Keeps the passkey that the browser's answer (JSON) brings. The login goes on, as strong as the passkey.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "account::passkey", skip_all)]
pub async fn finish(
    ticket: &str,
    (answer, name): (&str, &str),
    visitor: &Visitor,
    attempt: Attempt<'_>,
    cx: &Inner,
) -> Result<Opened> {
    visitor.fresh(cx)?;
    let account = &visitor.account;
    let state = carried(&label(account.uid), ticket, cx)?;
    let state = std::str::from_utf8(&state).map_err(|_| over())?;
    let made = relying(cx)?.finish_registration(answer, state).map_err(refused)?;
    let (now, name) = (cx.now()?, named(name)?);
    let passkey = kept(made, (account.row, name), now, cx).await?;
    let change = Change::of(account.uid.to_string(), vec![Write::Person(PersonWrite::Passkey(passkey))]);
    let saved = cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, now).await;
    saved.map_err(|error| match Error::from(error) {
        Error { code: "exists", .. } => known(),
        other => other,
    })?;
    raise(account, visitor, (Strength::Passkey, attempt), cx).await
}

/// A passkey that was made, as it is kept.
pub(crate) async fn kept(
    made: Made,
    (account, name): (AccountRow, String),
    now: Timestamp,
    cx: &Inner,
) -> Result<Passkey> {
    Ok(Passkey {
        row: PasskeyRow(cx.store.reserve(Row::Passkey, 1).await?),
        uid: cx.uid(now),
        account,
        credential: made.credential,
        state: made.state,
        name,
        created_at: now,
        used_at: None,
    })
}

pub(crate) fn known() -> Error {
    Error::conflict("passkey_known", "this passkey is known here already")
}

/// Calls one of the visitor's passkeys something else.
pub async fn rename(uid: Uuid, name: &str, visitor: &Visitor, cx: &Inner) -> Result<()> {
    let all = of(visitor, cx).await?;
    let passkey = all.iter().find(|passkey| passkey.uid == uid).ok_or_else(|| Error::not_found("passkey"))?;
    let account = &visitor.account;
    let write = PersonWrite::PasskeyName(passkey.row, account.row, named(name)?);
    let change = Change::of(account.uid.to_string(), vec![Write::Person(write)]);
    Ok(cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, cx.now()?).await?)
}

/// Takes a passkey off the visitor's account, unless it is the last way in.
pub async fn end(uid: Uuid, visitor: &Visitor, cx: &Inner) -> Result<()> {
    visitor.fresh(cx)?;
    let account = &visitor.account;
    let all = of(visitor, cx).await?;
    let passkey = all.iter().find(|passkey| passkey.uid == uid).ok_or_else(|| Error::not_found("passkey"))?;
    let other =
        account.password_hash.is_some() || all.len() > 1 || cx.store.account().has_identity(account.row).await?;
    if !other {
        return Err(last_way());
    }
    let write = PersonWrite::PasskeyEnd(passkey.row, account.row);
    let change = Change::of(account.uid.to_string(), vec![Write::Person(write)]);
    Ok(cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, cx.now()?).await?)
}

/// What its holder calls it.
pub(crate) fn named(name: &str) -> Result<String> {
    let name = name.trim();
    let fits = (1..=NAME_MAX).contains(&name.chars().count()) && !name.contains(char::is_control);
    let text = format!("a passkey has a name of 1 to {NAME_MAX} letters, so that you know it again");
    if fits { Ok(name.to_owned()) } else { Err(Error::invalid("passkey_name", text)) }
}
