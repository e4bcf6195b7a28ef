//! Applies changes inside the committer's transaction. Each write's first statement is its guard.

use crate::engine::Connection;
use crate::error::Error;
use crate::fanout::Told;
use crate::leaf::Placing;
use crate::moved::Moved;
use crate::right::Rights;
use crate::version::{Thing, touched};
use crate::{
    action, audit, authority, batch, bulk, campaign, certificate, challenge, credential, crl, device, disposal,
    erasure, event, finding, initial_password, ledger, made, notice, organisation, person, product, publication,
    release, report, scan, session, target_token, token, transfer,
};
use std::collections::HashMap;
use tegata_domain::audit::AuditEntry;
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::device::Device;
use tegata_domain::event::Event;
use tegata_domain::id::{BatchRow, DeviceRow};
use tegata_domain::permit::Right;
use tegata_domain::time::Timestamp;

/// What one transaction gathers.
#[derive(Default)]
pub(crate) struct State {
    /// Per batch: room left at the begin, and devices taken from it.
    pub(crate) rooms: HashMap<BatchRow, (u32, u32)>,
    /// Leaves that got their places.
    pub(crate) leaves: Placing,
    /// Counts that moved.
    pub(crate) moved: Moved,
    /// Devices whose events got their places.
    pub(crate) placed: Vec<DeviceRow>,
    /// Something else ran in it too.
    pub(crate) tasks: bool,
    /// What it tells others.
    pub(crate) told: Told,
    /// Tokens and logins that were judged.
    rights: Rights,
}

impl State {
    /// Of a transaction that places its leaves there.
    pub(crate) fn new(leaves: Placing) -> Self {
        State { leaves, ..State::default() }
    }

    /// Whom a write wakes.
    pub(crate) fn note(&mut self, write: &Write) {
        let told = &mut self.told;
        told.touched.extend(touched(write));
        if let Write::Fill(fill) = write {
            told.touched.extend(fill.entries.iter().map(|entry| Thing::Device(entry.action.device)));
        }
        let ends_rights = match write {
            Write::Person(write) => write.ends_rights(),
            _ => matches!(write, Write::TokenEnd(..) | Write::Erasure { .. }),
        };
        if ends_rights {
            self.rights = Rights::default();
        }
        match write {
            Write::Made(made) => self.placed.push(made.device.row),
            Write::Device { device, .. } => self.placed.push(device.row),
            // no other write enters an event
            _ => {}
        }
        told.revoked |= matches!(write, Write::Revocation(_));
        told.noticed |= matches!(write, Write::Notice(_) | Write::Contact(..));
        told.moved |= matches!(write, Write::Action(_) | Write::Campaign(_) | Write::CampaignStep(_) | Write::Fill(_));
    }

    /// Takes room for one device. The counter itself moves once per transaction, in [`State::settle`].
    pub(crate) fn take(&mut self, connection: &Connection, row: BatchRow) -> Result<bool, Error> {
        let (room, taken) = match self.rooms.get(&row) {
            Some(known) => *known,
            None => (batch::room(connection, row)?, 0),
        };
        let fits = taken < room;
        self.rooms.insert(row, (room, taken + u32::from(fits)));
        Ok(fits)
    }

    pub(crate) fn give_back(&mut self, row: BatchRow) {
        if let Some((_, taken)) = self.rooms.get_mut(&row) {
            *taken -= 1;
        }
    }

    /// Moves the counters: conditional deltas, summed.
    pub(crate) fn settle(&self, connection: &Connection) -> Result<(), Error> {
        self.rooms
            .iter()
            .filter(|(_, (_, taken))| *taken > 0)
            .try_for_each(|(row, (_, taken))| batch::issue(connection, *row, *taken, self.moved.at()))?;
        self.moved.settle(connection)
    }
}

/// Applies changes that rest on one right, each for itself; none where that has ended.
pub(crate) fn changes(
    connection: &Connection,
    changes: &[Change],
    (audit, right): (Option<&AuditEntry>, Option<(Right, Timestamp)>),
    state: &mut State,
) -> Result<Vec<Result<(), Refused>>, Error> {
    state.moved.right = right.map(|(right, _)| right);
    if audit.is_none() && state.rights.stand(connection, right)? && made::together(connection, changes, state)? {
        return Ok(vec![Ok(()); changes.len()]);
    }
    let mut outcomes = Vec::with_capacity(changes.len());
    for one in changes {
        // judged for each, since the one before may have ended it
        outcomes.push(match state.rights.stand(connection, right)? {
            true => change(connection, one, audit, state)?,
            false => Err(Refused::Ended),
        });
    }
    Ok(outcomes)
}

/// Applies one change; a refused one leaves no trace.
fn change(
    connection: &Connection,
    change: &Change,
    audit: Option<&AuditEntry>,
    state: &mut State,
) -> Result<Result<(), Refused>, Error> {
    // A single write refuses with its first statement, before it wrote anything: no savepoint is needed.
    let alone = change.writes.len() == 1;
    let before = (!alone).then(|| (state.rooms.clone(), state.leaves.mark(), state.moved.mark()));
    if !alone {
        connection.run("savepoint change")?;
    }
    let mut outcome = Ok(());
    for write in &change.writes {
        outcome = apply(connection, write, state)?;
        tegata_fault::applied(write);
        if outcome.is_err() {
            break;
        }
    }
    if outcome.is_ok()
        && !change.writes.is_empty()
        && let Some(entry) = audit
    {
        audit::insert(connection, entry, &change.subject)?;
    }
    if let Some((rooms, mark, moved)) = before {
        if outcome.is_ok() {
            connection.run("release change")?;
        } else {
            connection.run("rollback to change; release change")?;
            state.rooms = rooms;
            state.leaves.back_to(mark);
            state.moved.back_to(moved);
        }
    }
    Ok(outcome)
}

pub(crate) fn guard(held: bool, refused: Refused) -> Result<(), Refused> {
    if held { Ok(()) } else { Err(refused) }
}

/// Every write has its arm, and there is none for the rest: a new variant that nothing applies does not compile.
fn apply(c: &Connection, write: &Write, state: &mut State) -> Result<Result<(), Refused>, Error> {
    state.note(write);
    Ok(match write {
        Write::Organisation(value) => guard(organisation::insert(c, value)?, Refused::Exists),
        Write::Person(value) => person::apply(c, value)?,
        Write::Token(value) => guard(token::insert(c, value)?, Refused::Exists),
        Write::TokenEnd(row, at) => guard(token::end(c, *row, *at)?, Refused::Stale),
        Write::Authority(value) => guard(authority::insert(c, value)?, Refused::Exists),
        Write::Product(value) => guard(product::insert(c, value)?, Refused::Exists),
        Write::Batch(value) => guard(batch::insert(c, value)?, Refused::Exists),
        Write::Made(made) => made::one(c, made, state)?,
        Write::Device { decided_on, device, events } => {
            guard(step(c, device, (*decided_on, events), state)?, Refused::Stale)
        }
        Write::Certificate(value) => guard(certificate::insert(c, value)?, Refused::Stale),
        Write::Revocation(value) => guard(crl::revoke(c, value)?, Refused::Stale),
        Write::Credential(value) => guard(credential::insert(c, value)?, Refused::Stale),
        Write::Finding(value) => {
            state.moved.found(value);
            finding::insert(c, value).map(Ok)?
        }
        Write::FindingOpen(value) => finding::open(c, value).map(Ok)?,
        Write::FindingClose(device, kind, at, reason) => finding::close(c, *device, *kind, (*at, reason)).map(Ok)?,
        Write::FindingEnd(uid, at, reason) => guard(finding::end(c, *uid, (*at, reason))?, Refused::Stale),
        Write::Session(value) => guard(session::write(c, value)?, Refused::Stale),
        Write::SessionEpoch(device) => session::begin_epoch(c, *device).map(Ok)?,
        Write::InitialPassword { device, changed, at } => {
            guard(initial_password::note(c, *device, *changed, *at)?, Refused::Stale)
        }
        Write::Fact(value) => ledger::insert_fact(c, value, &mut state.leaves).map(Ok)?,
        Write::Notice(value) => notice::insert(c, value).map(Ok)?,
        Write::NoticeSent(row, at) => guard(notice::sent(c, *row, *at)?, Refused::Stale),
        Write::NoticeTried(row, next) => guard(notice::tried(c, *row, *next)?, Refused::Stale),
        Write::NoticeReceipt(row, at) => guard(notice::receipt(c, *row, *at)?, Refused::Stale),
        Write::Contact(row, contact, at) => guard(notice::set_contact(c, *row, contact.as_ref(), *at)?, Refused::Stale),
        Write::Offer(value) => guard(transfer::offer(c, value)?, Refused::Stale),
        Write::OfferEnd(device) => Ok(transfer::end(c, *device)?),
        Write::Claim(value) => guard(transfer::claim(c, value)?, Refused::Stale),
        Write::DisposalAsk(device, period, at) => guard(disposal::ask(c, *device, *period, *at)?, Refused::Stale),
        Write::DisposalEnd(value) => Ok(disposal::end(c, value)?),
        Write::Erasure { organisation, replayed } => {
            guard(erasure::organisation(c, *organisation, *replayed)?, Refused::Stale)
        }
        Write::Release(value) if !publication::holds(c, value)? => Err(Refused::Stale),
        Write::Release(value) => guard(release::insert(c, &value.release)?, Refused::Exists),
        Write::ReleaseKey(value) => guard(release::insert_key(c, value)?, Refused::Exists),
        Write::ReleaseKeyEnd(row, at) => guard(release::end_key(c, *row, *at)?, Refused::Stale),
        Write::Running(value) => {
            release::run(c, value)?;
            if let Some(before) = device::run(c, value.device, value.release)? {
                state.moved.ran(&before, value.release);
            }
            Ok(())
        }
        Write::Attributes(device, set) => release::describe(c, *device, set).map(Ok)?,
        Write::Consent(device, value) => release::consent(c, *device, value.as_ref()).map(Ok)?,
        Write::Action(step) => guard(action::step(c, step)?, Refused::Stale),
        Write::Campaign(value) => guard(campaign::insert(c, &value.0, &value.1)?, Refused::Exists),
        Write::CampaignStep(step) => guard(campaign::step(c, step)?, Refused::Stale),
        Write::Fill(fill) => guard(campaign::fill(c, fill)?, Refused::Stale),
        Write::TargetToken(value) => guard(target_token::put(c, value)?, Refused::Stale),
        Write::Alarm(device, at) => guard(scan::alarm(c, *device, *at)?, Refused::Stale),
        Write::Exempt(device, period, until) => guard(scan::exempt(c, *device, *period, *until)?, Refused::Stale),
        Write::Report(value) => guard(report::insert(c, value)?, Refused::Full),
        Write::Bulk(value) => bulk::apply(c, value)?,
        Write::Challenge(value) => guard(challenge::ask(c, value)?, Refused::Stale),
        Write::ChallengeAnswer(value) => guard(challenge::answer(c, &value.0, &value.1)?, Refused::Stale),
    })
}

fn step(
    c: &Connection,
    device: &Device,
    (decided_on, events): (u32, &[Event]),
    state: &mut State,
) -> Result<bool, Error> {
    let Some(before) = device::update(c, device, decided_on)? else { return Ok(false) };
    state.moved.stepped(&before, device, events);
    let events: Vec<(DeviceRow, &Event)> = events.iter().map(|event| (device.row, event)).collect();
    event::insert(c, &events, &mut state.leaves)?;
    Ok(true)
}
