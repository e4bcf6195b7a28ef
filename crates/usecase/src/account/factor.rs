//! One's own second factor: one-time codes of a phone, and recovery codes for when it is lost.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::login::{Attempt, Opened, Visitor, carried, carry, houses, over, raise, wrong_code};
use std::time::Duration;
use tegata_domain::account::{Account, Factor};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::login::Strength;
use tegata_domain::permit::Operation;
use tegata_domain::person::PersonWrite;
use tegata_domain::time::Timestamp;
use tegata_keys::digest::sha256;
use tegata_keys::recovery_code;
use tegata_keys::totp::Seed;
use zeroize::Zeroizing;

/// How long somebody may take to set up a phone.
const LIFE: Duration = Duration::from_secs(15 * 60);

/// A second factor that is being set up.
pub struct Setting {
    /// What a phone reads from a QR code.
    pub address: Zeroizing<String>,
    /// The same seed for who types it.
    pub seed: Zeroizing<String>,
    /// For [`confirm`].
    pub ticket: String,
}

/// A code that was taken: the next state, and what proves it.
pub(crate) struct Taken {
    pub factor: Factor,
    pub proof: [u8; 32],
}

/// Under which label a seed is sealed: nobody's seed opens as another's.
fn kept(account: Uuid) -> String {
    format!("account-factor/v1/{account}")
}

fn ticket_of(account: Uuid) -> String {
    format!("tegata-factor/v1/{account}")
}

/// Takes a code of this account: of its phone, later than the last one, or one of its recovery codes.
pub(crate) fn take(account: &Account, typed: &str, now: Timestamp, cx: &Inner) -> Result<Option<Taken>> {
    let Some(factor) = &account.factor else { return Ok(None) };
    let seed = Seed::from_bytes(&cx.seal.open(&kept(account.uid), &factor.sealed)?)?;
    let proof = |what: &[u8]| sha256(&[b"tegata-code/v1", account.uid.as_bytes().as_slice(), what].concat());
    if let Some(step) = seed.check(typed, now, factor.step) {
        let factor = Factor { step, ..factor.clone() };
        return Ok(Some(Taken { factor, proof: proof(&step.to_be_bytes()) }));
    }
    let Some(codes) = recovery_code::spend(&factor.codes, typed, account.uid, &cx.seal) else { return Ok(None) };
    let spent = factor.codes.iter().find(|code| !codes.contains(code)).copied().unwrap_or_default();
    Ok(Some(Taken { factor: Factor { codes, ..factor.clone() }, proof: proof(&spent) }))
}

/// Begins: a seed that nothing rests on yet. Nothing is written.
pub fn begin(visitor: &Visitor, cx: &Inner) -> Result<Setting> {
    visitor.fresh(cx)?;
    let seed = Seed::new(&*cx.chance);
    let ticket = carry(&ticket_of(visitor.account.uid), seed.bytes(), LIFE, cx)?;
    Ok(setting(&seed, ticket, visitor, cx))
}

/// What was begun, once more: for who typed a wrong code.
pub fn again(ticket: &str, visitor: &Visitor, cx: &Inner) -> Result<Setting> {
    visitor.fresh(cx)?;
    Ok(setting(&begun(ticket, visitor, cx)?, ticket.to_owned(), visitor, cx))
}

fn begun(ticket: &str, visitor: &Visitor, cx: &Inner) -> Result<Seed> {
    Seed::from_bytes(&carried(&ticket_of(visitor.account.uid), ticket, cx)?).map_err(|_| over())
}

fn setting(seed: &Seed, ticket: String, visitor: &Visitor, cx: &Inner) -> Setting {
    let service = cx.names.public_url.split("://").last().unwrap_or_default();
    let address = seed.address(&format!("Tegata {service}"), &visitor.account.name);
    Setting { address, seed: seed.base32(), ticket }
}

/// Sets it up with a first code of the phone. The login goes on, proven by both; its recovery codes are told this once.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "account::factor", skip_all)]
pub async fn confirm(
    ticket: &str,
    code: &str,
    visitor: &Visitor,
    attempt: Attempt<'_>,
    cx: &Inner,
) -> Result<(Opened, Vec<Zeroizing<String>>)> {
    visitor.fresh(cx)?;
    let (account, now) = (&visitor.account, cx.now()?);
    let seed = begun(ticket, visitor, cx)?;
    let step = seed.check(code, now, 0).ok_or_else(wrong_code)?;
    let (told, codes) = new_codes(account, cx);
    let sealed = cx.seal.seal(&kept(account.uid), seed.bytes())?;
    let changed = change(Some(Factor { sealed, step, codes }), visitor, cx).await?;
    Ok((raise(&changed, visitor, (Strength::Factor, attempt), cx).await?, told))
}

/// New recovery codes, told this once; those before open nothing any more.
pub async fn codes(visitor: &Visitor, cx: &Inner) -> Result<Vec<Zeroizing<String>>> {
    visitor.fresh(cx)?;
    let Some(factor) = visitor.account.factor.clone() else {
        return Err(Error::conflict("no_factor", "there is no second factor; set it up first"));
    };
    let (told, codes) = new_codes(&visitor.account, cx);
    change(Some(Factor { codes, ..factor }), visitor, cx).await?;
    Ok(told)
}

/// Ends it, unless an organisation of the person demands one.
pub async fn end(visitor: &Visitor, cx: &Inner) -> Result<()> {
    visitor.fresh(cx)?;
    if let Some((house, _)) = houses(visitor, cx).await?.into_iter().find(|(house, _)| house.factor) {
        let text = format!("{} demands a second factor; set up another phone in its place", house.name);
        return Err(Error::conflict("factor_demanded", text));
    }
    change(None, visitor, cx).await.map(drop)
}

fn new_codes(account: &Account, cx: &Inner) -> (Vec<Zeroizing<String>>, Vec<[u8; 32]>) {
    let told = recovery_code::make(&*cx.chance);
    let kept = recovery_code::keep(&told.iter().map(|code| code.as_str()).collect::<Vec<_>>(), account.uid, &cx.seal);
    (told, kept)
}

/// The account as it is afterwards.
async fn change(factor: Option<Factor>, visitor: &Visitor, cx: &Inner) -> Result<Account> {
    let (decided_on, now) = (visitor.account.version, cx.now()?);
    let account = Account { factor, changed_at: now, ..visitor.account.clone() };
    let write = PersonWrite::AccountChange { decided_on, account: Box::new(account.clone()) };
    let change = Change::of(account.uid.to_string(), vec![Write::Person(write)]);
    cx.store.save(change, &visitor.own(Operation::ChangeSelf)?, now).await?;
    Ok(Account { version: decided_on + 1, ..account })
}
