//! Connections of PostgreSQL beside the committer's, for reads mostly: at most so many, each for one at a time.

use super::Connection;
use super::postgres::{Driver, Link};
use super::wait::{Until, blocking};
use crate::error::{Error, ErrorKind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Of connections for reads.
const READ_ONLY: &str = "set default_transaction_read_only = on";

/// The connections.
pub(crate) struct Pool {
    driver: Arc<Driver>,
    state: Mutex<State>,
    freed: Condvar,
    limit: Duration,
    /// One connection, which stays at the moment of its first read.
    pinned: bool,
    /// What comes first on a connection.
    begin: &'static str,
}

struct State {
    idle: Vec<Link>,
    /// How many more may be made or taken.
    places: u32,
}

impl Pool {
    pub(crate) fn new(driver: Arc<Driver>, connections: u32, limit: Duration) -> Self {
        let state = State { idle: Vec::new(), places: connections.max(1) };
        Pool { driver, state: Mutex::new(state), freed: Condvar::new(), limit, pinned: false, begin: READ_ONLY }
    }

    /// For statements that write, each a transaction, and may be made twice.
    pub(crate) fn writing(self) -> Self {
        Pool { begin: "", ..self }
    }

    /// All reads see the moment of the first.
    pub(crate) fn pinned(self) -> Self {
        self.state().places = 1;
        Pool { pinned: true, begin: "begin isolation level repeatable read, read only", ..self }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Idle connections.
    pub(crate) fn count(&self) -> usize {
        self.state().idle.len()
    }

    /// Runs one read. A connection that had ended, as all do when the primary changes, is replaced, and the read asked
    /// once more. A database that says nothing is not asked twice: nobody waits for longer than the limit.
    pub(crate) fn with<T>(&self, mut f: impl FnMut(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        blocking(|| {
            let until = Until::after(self.limit);
            let idle = self.take()?;
            let _place = Place(self);
            let gone = idle.as_ref().is_some_and(|link| !link.is_well());
            if gone && self.pinned {
                return Err(Error::new(ErrorKind::Away, "the database went away; what was read has no one moment"));
            }
            if let Some(link) = idle.filter(Link::is_well) {
                link.hurry(until.left());
                match self.ask(link, &mut f) {
                    Err(error) if error.kind == ErrorKind::Away && !self.pinned => {}
                    outcome => return outcome,
                }
            }
            let link = self.driver.connect_within(until.left(), None)?;
            link.hurry(until.left());
            link.run(self.begin)?;
            self.ask(link, &mut f)
        })
    }

    fn ask<T>(&self, link: Link, f: &mut impl FnMut(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let connection = Connection::Postgres(link);
        let outcome = f(&connection);
        if let Connection::Postgres(link) = connection
            && link.is_well()
        {
            self.state().idle.push(link);
        }
        outcome
    }

    /// Takes a place, with a connection if one is idle.
    fn take(&self) -> Result<Option<Link>, Error> {
        let state = self.state();
        let waited = self.freed.wait_timeout_while(state, self.limit, |state| state.places == 0);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        if state.places == 0 {
            return Err(Error::new(ErrorKind::Overloaded, "all connections to the database are busy"));
        }
        state.places -= 1;
        Ok(state.idle.pop())
    }
}

/// A taken place; given back however the read ends.
struct Place<'p>(&'p Pool);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.state().places += 1;
        self.0.freed.notify_one();
    }
}
