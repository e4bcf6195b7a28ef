//! A person without an account takes a device over: household, account and claim in one change, so that there is no
//! household without a device that somebody handed it.
//!
//! Why here: the claim is what it is for, and the code is its only key. Anybody else could fill the register.

use super::TRIES;
use super::claim::{Claimed, forget, read, taken};
use crate::account::{check, hashed};
use crate::address::Quota;
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use crate::login::{Attempt, Attempted, Opened, establish, shortened};
use std::time::Duration;
use tegata_domain::account::{self, Account};
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{AccountRow, OrganisationRow};
use tegata_domain::login::Strength;
use tegata_domain::membership::Membership;
use tegata_domain::notice::Language;
use tegata_domain::organisation::{Kinds, Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Operation, Role, Subject};
use tegata_domain::person::PersonWrite;
use tegata_domain::time::Timestamp;
use tegata_domain::transfer::TransferError;
use tegata_store::Row;

/// Tries an hour from one network; a right one counts too.
const A_NETWORK: u32 = 20;
const HOUR: Duration = Duration::from_secs(3600);

/// How often people from one network tried to open a household.
pub struct Claimants(Quota);

impl Default for Claimants {
    fn default() -> Self {
        Claimants(Quota::new(A_NETWORK, HOUR))
    }
}

/// What a person fills in.
#[derive(Debug, Clone)]
pub struct Opening<'a> {
    /// The claim code.
    pub code: &'a str,
    /// The log-in name.
    pub name: &'a str,
    /// The password.
    pub password: &'a str,
    /// The language that she is spoken to in.
    pub language: Option<Language>,
}

/// Opens a household for who has the code, takes the device over for it, and logs in.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "transfer::open_household", skip_all)]
pub async fn open_household(opening: Opening<'_>, attempt: Attempt<'_>, cx: &Inner) -> Result<(Opened, Claimed)> {
    let hash = read(opening.code)?;
    let name = account::name(opening.name).map_err(|e| Error::invalid("login_name", e))?;
    check(&name, opening.password)?;
    if !cx.claimants.0.take(attempt.source, cx.now()?, cx) {
        let text = "too many tries from this network; wait an hour, and compare the code with what you got";
        return Err(Error::new(Kind::Throttled, "too_many", text));
    }
    // before the slow hash: whoever has no code costs nothing
    cx.store.transfer().by_hash(&hash).await?.ok_or(TransferError::Unknown)?;
    let password = hashed(opening.password, cx).await?;
    let organisation = OrganisationRow(cx.store.reserve(Row::Organisation, 1).await?);
    let row = AccountRow(cx.store.reserve(Row::Account, 1).await?);
    for _ in 0..TRIES {
        let now = cx.now()?;
        let household = household(organisation, now, cx);
        let account = account_of(row, (&name, &password), opening.language, now, cx);
        let (claim, claimed) = taken(hash, organisation, now, cx).await?;
        let membership = Membership { organisation, account: row, role: Role::Administrator, created_at: now };
        let people = [PersonWrite::Account(account.clone()), PersonWrite::Membership(membership)].map(Write::Person);
        let writes = std::iter::once(Write::Organisation(household)).chain(people).chain(claim).collect();
        let permit = Actor::Platform.permit(Operation::OpenHousehold, Subject::of(organisation))?;
        match cx.store.save(Change::of(claimed.number.masked(), writes), &permit, now).await.map_err(Error::from) {
            Err(e) if e.code == "stale" => continue,
            Err(e) if e.code == "exists" => {
                return Err(Error::conflict("name_taken", "this log-in name is taken; choose another one"));
            }
            Err(e) => return Err(e),
            Ok(()) => {}
        }
        forget(&claimed, cx);
        let agent = shortened(attempt.agent);
        let attempted = Attempted { agent, strength: Strength::Password, proof: None, since: None };
        return Ok((establish(&account, Some(organisation), attempted, cx).await?, claimed));
    }
    Err(Error::conflict("stale", "other requests keep changing this device; try again"))
}

/// A household has no name of its own until its holder gives it one: nobody is asked for theirs.
fn household(row: OrganisationRow, now: Timestamp, cx: &Inner) -> Organisation {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let word: String =
        chance::bytes::<4>(&*cx.chance).iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect();
    Organisation {
        row,
        uid: cx.uid(now),
        name: format!("Household {word}"),
        kinds: Kinds::of(&[OrganisationKind::Household]),
        created_at: now,
        factor: false,
    }
}

fn account_of(
    row: AccountRow,
    (name, password): (&str, &str),
    language: Option<Language>,
    now: Timestamp,
    cx: &Inner,
) -> Account {
    Account {
        row,
        uid: cx.uid(now),
        name: name.to_owned(),
        password_hash: Some(password.to_owned()),
        language,
        factor: None,
        version: 1,
        created_at: now,
        changed_at: now,
    }
}
