//! The connection that writes, and its transactions.
//!
//! Invariant: one transaction writes at a time. On SQLite that is the one writer's; on PostgreSQL it is the holder of one
//! lock, whichever node it is, so that guards and places hold there as they do here (ADR 18).

use super::Connection;
use super::postgres::{Driver, Link};
use crate::error::{Error, ErrorKind};
use std::sync::Arc;

/// The lock that a transaction that writes holds: "Tgta", as in [`super::sqlite::APPLICATION_ID`].
const LOCK: i64 = 0x5467_7461;

/// How long a transaction may wait for the lock, and how long it may say nothing before the database ends it: a node that
/// stopped in the middle of one must not hold the others for longer.
const PATIENCE: &str = "set lock_timeout = '10s'; set idle_in_transaction_session_timeout = '5s'";

/// The connection that writes.
pub(crate) enum Writer {
    /// Of a store that is only read.
    None,
    /// SQLite's.
    Sqlite(Connection),
    /// PostgreSQL's, made anew after it ended.
    Postgres {
        /// What makes it.
        driver: Arc<Driver>,
        /// The present one.
        connection: Option<Connection>,
    },
}

impl Writer {
    pub(crate) fn postgres(driver: Arc<Driver>) -> Self {
        Writer::Postgres { driver, connection: None }
    }

    /// The connection, for what happens outside of a transaction too.
    pub(crate) fn connection(&mut self) -> Result<&Connection, Error> {
        match self {
            Writer::None => Err(Error::new(ErrorKind::Version, "this store was opened to be read only")),
            Writer::Sqlite(connection) => Ok(connection),
            Writer::Postgres { driver, connection } => {
                if connection.as_ref().and_then(Connection::postgres).is_none_or(|link| !link.is_well()) {
                    *connection = None;
                    *connection = Some(Connection::Postgres(connect(driver)?));
                }
                connection.as_ref().ok_or_else(|| Error::new(ErrorKind::Away, "there is no connection"))
            }
        }
    }

    /// The connection of the present transaction, also where it has ended: a new one would write outside of any
    /// transaction, without the lock. A process that was held for longer than [`PATIENCE`] finds itself there.
    pub(crate) fn present(&self) -> Result<&Connection, Error> {
        match self {
            Writer::Sqlite(connection) => Ok(connection),
            Writer::Postgres { connection, .. } => {
                connection.as_ref().ok_or_else(|| Error::new(ErrorKind::Away, "there is no connection"))
            }
            Writer::None => Err(Error::new(ErrorKind::Version, "this store was opened to be read only")),
        }
    }

    /// Begins a transaction. Until it ends nobody else writes.
    pub(crate) fn begin(&mut self) -> Result<&Connection, Error> {
        match self {
            Writer::Sqlite(connection) => {
                connection.run("begin immediate")?;
                Ok(connection)
            }
            Writer::None => self.connection(),
            // one that ended since the last transaction shows itself here, before anything was written
            Writer::Postgres { .. } => match lock(self.connection()?) {
                Ok(()) => self.present(),
                Err(error) if error.kind == ErrorKind::Away => {
                    self.forget();
                    let connection = self.connection()?;
                    lock(connection)?;
                    Ok(connection)
                }
                Err(error) => {
                    self.rollback();
                    Err(error)
                }
            },
        }
    }

    /// Takes back what the transaction wrote. Where that cannot be said for sure, the connection goes.
    pub(crate) fn rollback(&mut self) {
        let undone = match self {
            Writer::Sqlite(connection) => connection.run("rollback").is_ok(),
            // one that owes an answer would be waited for in vain
            Writer::Postgres { connection: Some(connection), .. } => {
                connection.postgres().is_some_and(Link::is_well) && connection.run("rollback").is_ok()
            }
            Writer::Postgres { .. } | Writer::None => true,
        };
        if !undone {
            self.forget();
        }
    }

    fn forget(&mut self) {
        if let Writer::Postgres { connection, .. } = self {
            *connection = None;
        }
    }
}

fn connect(driver: &Driver) -> Result<Link, Error> {
    let link = driver.connect_within(driver.limit(), None)?;
    link.run(PATIENCE)?;
    Ok(link)
}

fn lock(connection: &Connection) -> Result<(), Error> {
    connection.run("begin")?;
    // apart from every other statement: those look at the database as it is once the lock is held
    let _void = connection.one("select 1 from pg_advisory_xact_lock($1)", [LOCK], |_| Ok(()))?;
    Ok(())
}
