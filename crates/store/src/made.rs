//! Devices as they are made: row, IDevID, epoch key, first event and its leaf.
//!
//! Why here: a request of a line makes hundreds. SQLite takes them one by one; PostgreSQL, where each statement waits for
//! its answer, takes a request's in one statement a table (ADR 21).
//! Invariant: both ways leave the same rows, and refuse the same devices.

use crate::apply::State;
use crate::engine::Connection;
use crate::error::Error;
use crate::{certificate, device, event};
use tegata_domain::change::{Change, Made, Refused, Write};

/// One; refused where its batch is full, or its serial or key exist already.
pub(crate) fn one(c: &Connection, made: &Made, state: &mut State) -> Result<Result<(), Refused>, Error> {
    let batch = made.device.batch;
    if !state.take(c, batch)? {
        return Ok(Err(Refused::Full));
    }
    if device::insert(c, &[&made.device])? == 0 {
        state.give_back(batch);
        return Ok(Err(Refused::Exists));
    }
    enter(c, &[made], state).map(Ok)
}

/// What hangs on devices that were entered just now.
fn enter(c: &Connection, all: &[&Made], state: &mut State) -> Result<(), Error> {
    certificate::insert_idevids(c, all.iter().map(|made| &made.certificate))?;
    event::insert_epochs(c, all.iter().map(|made| (made.device.row, made.device.period, &made.epoch_key)))?;
    let events: Vec<_> = all.iter().map(|made| (made.device.row, &made.event)).collect();
    event::insert(c, &events, &mut state.leaves)?;
    all.iter().for_each(|made| state.moved.made(made));
    Ok(())
}

/// The device of a change that makes one and does nothing else.
fn alone(change: &Change) -> Option<&Made> {
    match &*change.writes {
        [Write::Made(made)] => Some(made),
        _ => None,
    }
}

/// Many at once, where that is worth it and none is refused. False left no trace: they are to be made one by one, which
/// tells who is refused.
pub(crate) fn together(c: &Connection, changes: &[Change], state: &mut State) -> Result<bool, Error> {
    if c.postgres().is_none() || changes.len() < 2 {
        return Ok(false);
    }
    let Some(all) = changes.iter().map(alone).collect::<Option<Vec<&Made>>>() else { return Ok(false) };
    let rooms = state.rooms.clone();
    for made in &all {
        if !state.take(c, made.device.batch)? {
            state.rooms = rooms;
            return Ok(false);
        }
    }
    c.run("savepoint together")?;
    let devices: Vec<_> = all.iter().map(|made| &made.device).collect();
    if device::insert(c, &devices)? < all.len() {
        c.run("rollback to together; release together")?;
        state.rooms = rooms;
        return Ok(false);
    }
    enter(c, &all, state)?;
    c.run("release together")?;
    for write in changes.iter().flat_map(|change| &change.writes) {
        state.note(write);
        tegata_fault::applied(write);
    }
    Ok(true)
}
