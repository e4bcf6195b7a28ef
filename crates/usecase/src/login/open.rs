//! Opens logins. Every way in ends in [`establish`]; the password is the way that needs no other part.

use super::Visitor;
use super::known::{is_known, known};
use super::ticket::ticket;
use super::tries::Key;
use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use std::net::IpAddr;
use tegata_domain::account::{self, Account};
use tegata_domain::chance;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{LoginRow, OrganisationRow};
use tegata_domain::login::{LIFE, Login, Strength};
use tegata_domain::membership::Membership;
use tegata_domain::permit::{Actor, Member, Operation, Subject};
use tegata_domain::person::PersonWrite;
use tegata_domain::time::Timestamp;
use tegata_keys::{password, secret};
use tegata_store::Row;

/// Longest word of a browser for itself that is kept.
const AGENT_MAX: usize = 200;

/// What a browser brings when somebody would log in.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// From where.
    pub source: IpAddr,
    /// What it calls itself.
    pub agent: &'a str,
    /// By what it says that this person logged in with it before.
    pub known: Option<&'a str>,
}

/// What was proven, on its way to a login.
pub(crate) struct Attempted {
    pub agent: String,
    pub strength: Strength,
    /// What proved it and may prove no other.
    pub proof: Option<[u8; 32]>,
    /// When the person proved to be there, where that was not now.
    pub since: Option<Timestamp>,
}

/// A login that was opened; its secret is told this once.
#[derive(Debug)]
pub struct Opened {
    /// Who.
    pub visitor: Visitor,
    /// What the browser keeps.
    pub secret: String,
    /// By what the browser is known from now on.
    pub known: String,
}

/// How far a password led.
#[derive(Debug)]
pub enum Step {
    /// All the way.
    Opened(Box<Opened>),
    /// A second factor is asked for; this ticket stands for the password for some minutes.
    Factor(String),
}

fn wrong() -> Error {
    Error::new(Kind::NoCredential, "credentials", "name or password are not right; check both and try again")
}

/// Logs in by name and password.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "login::password", skip_all)]
pub async fn password(name: &str, typed: &str, attempt: Attempt<'_>, cx: &Inner) -> Result<Step> {
    let name = account::name(name).map_err(|_| wrong())?;
    let there = cx.store.account().by_name(&name).await?;
    let found = check(&name, there, typed, attempt, cx).await?;
    if found.factor.is_some() {
        return Ok(Step::Factor(ticket(&found, cx)?));
    }
    let attempted =
        Attempted { agent: shortened(attempt.agent), strength: Strength::Password, proof: None, since: None };
    Ok(Step::Opened(Box::new(establish(&found, None, attempted, cx).await?)))
}

/// Whether it is the password of this person: for what opens doors, long after the log-in.
pub async fn confirm(typed: &str, visitor: &Visitor, attempt: Attempt<'_>, cx: &Inner) -> Result<()> {
    check(&visitor.account.name, Some(visitor.account.clone()), typed, attempt, cx).await.map(drop)
}

/// The account, where the password is its own. An unknown name takes the same way, and as long.
async fn check(name: &str, known: Option<Account>, typed: &str, attempt: Attempt<'_>, cx: &Inner) -> Result<Account> {
    let counted = admitted(name, known.as_ref(), attempt, cx)?;
    let hash = known.as_ref().and_then(|account| account.password_hash.clone());
    let typed = typed.to_owned();
    let right = cx.logins.hashing(move || password::opens(&typed, hash.as_deref())).await?;
    match known.filter(|_| right) {
        Some(account) => {
            cx.logins.right(&counted);
            Ok(account)
        }
        None => Err(wrong()),
    }
}

/// Counts a try for this name, or refuses it.
pub(super) fn admitted(name: &str, known: Option<&Account>, attempt: Attempt<'_>, cx: &Inner) -> Result<Vec<Key>> {
    let now = cx.reading()?;
    let browser = known.is_some_and(|account| is_known(account, attempt.known, now, cx));
    cx.logins.admit(name, attempt.source, browser.then_some(attempt.known).flatten(), now)
}

/// A name of a browser that a list can bear.
pub(crate) fn shortened(agent: &str) -> String {
    agent.chars().filter(|c| !c.is_control()).take(AGENT_MAX).collect()
}

/// For which organisation a person logs in: the one asked for, else the first.
fn house(memberships: &[Membership], wanted: Option<OrganisationRow>) -> Result<Membership> {
    let belongs = |one: &&Membership| wanted.is_none_or(|wanted| one.organisation == wanted);
    let none = "this account belongs to no organisation any more; ask who invited you";
    memberships.iter().find(belongs).copied().ok_or_else(|| Error::denied("no_organisation", none))
}

/// Opens a login for who was proven.
pub(crate) async fn establish(
    account: &Account,
    wanted: Option<OrganisationRow>,
    attempted: Attempted,
    cx: &Inner,
) -> Result<Opened> {
    establish_with(account, (wanted, Vec::new()), attempted, cx).await
}

/// The same, in one commit with what its proof changed.
pub(super) async fn establish_with(
    account: &Account,
    (wanted, mut writes): (Option<OrganisationRow>, Vec<PersonWrite>),
    attempted: Attempted,
    cx: &Inner,
) -> Result<Opened> {
    let membership = house(&cx.store.membership().of(account.row).await?, wanted)?;
    let organisation = cx.store.organisation().by_row(membership.organisation).await?;
    let organisation = organisation.ok_or_else(|| Error::internal("a membership in no organisation"))?;
    let now = cx.now()?;
    let text = secret::login(&*cx.chance);
    let hash = secret::login_hash(&text).ok_or_else(|| Error::internal("a new secret has another form"))?;
    let since = attempted.since.unwrap_or(now);
    let login = Login {
        row: LoginRow(cx.store.reserve(Row::Login, 1).await?),
        uid: cx.uid(now),
        account: account.row,
        organisation: organisation.row,
        hash,
        proof: attempted.proof,
        strength: attempted.strength,
        agent: attempted.agent,
        created_at: since,
        seen_at: now,
        expires_at: since.plus(LIFE),
        ended_at: None,
    };
    let actor = Actor::Member(Member {
        organisation: organisation.row,
        kinds: organisation.kinds,
        role: membership.role,
        name: account.name.clone(),
        right: None,
    });
    let permit = actor.permit(Operation::OpenLogin, Subject::of(organisation.row))?;
    writes.push(PersonWrite::Login(login.clone()));
    let change = Change::of(login.uid.to_string(), writes.into_iter().map(Write::Person).collect());
    cx.store.save(change, &permit, now).await.map_err(used)?;
    let known = known(account, chance::bytes(&*cx.chance), now, cx);
    Ok(Opened { visitor: Visitor::new(login, account.clone(), organisation, membership.role), secret: text, known })
}

/// What proved a login once proves no other.
fn used(error: tegata_store::SaveError) -> Error {
    match Error::from(error) {
        Error { code: "exists", .. } => {
            Error::new(Kind::NoCredential, "used", "this proof was used before; log in anew")
        }
        other => other,
    }
}
