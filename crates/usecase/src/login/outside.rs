//! Logs in by a provider of identity (OpenID Connect), and connects an account with who its person is there.
//!
//! Invariant: a person at a provider opens the account that she was connected with by its holder, and no other: neither a
//! name nor a mail address of the provider opens anything.

use super::carried::{carried, carry, over};
use super::open::{Attempt, Attempted, Step, establish, shortened};
use super::ticket::ticket;
use super::visitor::Visitor;
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use std::sync::Arc;
use std::time::Duration;
use tegata_domain::account::Account;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::AccountRow;
use tegata_domain::login::{FRESH, Strength};
use tegata_domain::permit::Operation;
use tegata_domain::person::PersonWrite;
use tegata_domain::time::Timestamp;
pub use tegata_outside::oidc::Back;
use tegata_outside::oidc::{Begun, Identity, OidcError, Provider};

const LABEL: &str = "tegata-provider/v1";
/// How long somebody may be at the provider.
const LIFE: Duration = Duration::from_secs(10 * 60);

/// What came of a way to the provider and back.
#[derive(Debug)]
pub enum Came {
    /// A log-in.
    In(Step),
    /// The account is connected.
    Connected,
}

/// What people call the provider, where there is one.
pub fn name(cx: &Inner) -> Option<&str> {
    cx.settings.oidc.as_ref().map(|oidc| &*oidc.name)
}

/// Whether who is at the provider opens the visitor's account.
pub async fn is_connected(visitor: &Visitor, cx: &Inner) -> Result<bool> {
    Ok(cx.store.account().has_identity(visitor.account.row).await?)
}

fn provider(cx: &Inner) -> Result<Arc<Provider>> {
    cx.provider.clone().ok_or_else(|| Error::not_found("provider to log in by"))
}

/// The address at the provider that the browser is led to, and a ticket for [`back`]. `again`: the person is asked to
/// prove herself anew.
pub async fn begin(again: bool, cx: &Inner) -> Result<(String, String)> {
    leave(AccountRow(0), again, cx).await
}

/// The same, to connect the visitor's account.
pub async fn connect(visitor: &Visitor, cx: &Inner) -> Result<(String, String)> {
    visitor.fresh(cx)?;
    leave(visitor.account.row, true, cx).await
}

async fn leave(account: AccountRow, again: bool, cx: &Inner) -> Result<(String, String)> {
    let (provider, now, chance) = (provider(cx)?, cx.now()?, cx.chance.clone());
    let begun = blocking(move || provider.begin(again, now, &*chance)).await?;
    let left = [&account.0.to_be_bytes()[..], begun.1.text().as_bytes()].concat();
    Ok((begun.0, carry(LABEL, &left, LIFE, cx)?))
}

/// Whom the provider sent back, in the browser that left.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "login::outside", skip_all)]
pub async fn back(
    ticket: &str,
    back: Back,
    visitor: Option<&Visitor>,
    attempt: Attempt<'_>,
    cx: &Inner,
) -> Result<Came> {
    let left = carried(LABEL, ticket, cx)?;
    let (row, begun) = left.split_first_chunk().ok_or_else(over)?;
    let begun = std::str::from_utf8(begun).ok().and_then(Begun::parse).ok_or_else(over)?;
    let account = AccountRow(i64::from_be_bytes(*row));
    let (provider, now, anew) = (provider(cx)?, cx.now()?, begun.is_anew());
    let identity = blocking(move || provider.finish(&begun, &back, now)).await?;
    if account.0 == 0 {
        // who was only known there still may have proved it hours ago
        let since = (!anew).then(|| now.minus(FRESH));
        return come_in(identity, since, attempt, cx).await.map(Came::In);
    }
    // who left to connect an account comes back as its holder
    let visitor = visitor.filter(|visitor| visitor.account.row == account).ok_or_else(over)?;
    let write = PersonWrite::Identity(identity.issuer, identity.subject, account, now);
    let change = Change::of(visitor.account.uid.to_string(), vec![Write::Person(write)]);
    let saved = cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, now).await;
    saved.map_err(|error| match Error::from(error) {
        Error { code: "exists", .. } => {
            let text = "who you are at the provider is connected with an account already; end that connection first";
            Error::conflict("provider_taken", text)
        }
        other => other,
    })?;
    Ok(Came::Connected)
}

async fn come_in(identity: Identity, since: Option<Timestamp>, attempt: Attempt<'_>, cx: &Inner) -> Result<Step> {
    let unknown = || {
        let text = "no account is connected with who you are at the provider; log in another way, and connect it under \
                    your account";
        Error::new(Kind::NoCredential, "provider_unknown", text)
    };
    let row = cx.store.account().by_identity(&identity.issuer, &identity.subject).await?.ok_or_else(unknown)?;
    let account = cx.store.account().by_row(row).await?.ok_or_else(unknown)?;
    let vouched = cx.settings.oidc.as_ref().is_some_and(|oidc| oidc.second_factor);
    if account.factor.is_some() && !vouched {
        return Ok(Step::Factor(ticket(&account, cx)?));
    }
    let strength = if vouched { Strength::Factor } else { Strength::Password };
    let attempted = Attempted { agent: shortened(attempt.agent), strength, proof: Some(identity.proof), since };
    Ok(Step::Opened(Box::new(establish(&account, None, attempted, cx).await?)))
}

/// Ends all connections of the visitor's account.
pub async fn disconnect(visitor: &Visitor, cx: &Inner) -> Result<()> {
    visitor.fresh(cx)?;
    let Account { row, uid, password_hash, .. } = &visitor.account;
    if password_hash.is_none() && cx.store.passkey().of(*row).await?.is_empty() {
        return Err(crate::account::passkey::last_way());
    }
    let change = Change::of(uid.to_string(), vec![Write::Person(PersonWrite::IdentityEnd(*row))]);
    Ok(cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, cx.now()?).await?)
}

/// The provider is asked on a thread that may wait.
async fn blocking<T: Send + 'static>(ask: impl FnOnce() -> Result<T, OidcError> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(ask).await.map_err(Error::internal)?.map_err(told)
}

fn told(error: OidcError) -> Error {
    let (kind, code, public) = match &error {
        OidcError::Settings(_) => return Error::internal(error),
        OidcError::Away(_) | OidcError::Answer(_) => {
            let text = "the provider cannot be asked at present; try again in a moment, or log in another way";
            (Kind::Unavailable, "provider_away", text.to_owned())
        }
        OidcError::Refused(word) => {
            let text = format!("the provider did not let you in ({word}); try again, or log in another way");
            (Kind::NoCredential, "provider_refused", text)
        }
        OidcError::Foreign => return over(),
        OidcError::Token(_) => {
            let text = "what the provider says of you does not hold; tell the operator of this platform";
            (Kind::NoCredential, "provider_token", text.to_owned())
        }
    };
    Error { source: Some(Box::new(error)), ..Error::new(kind, code, public) }
}
