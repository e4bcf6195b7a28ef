//! SQLite connections: one that writes, a pool that reads. WAL with synchronous=FULL: a commit is on disk.

use crate::Mode;
use crate::error::{Error, ErrorKind};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Marks our databases (`PRAGMA application_id`): "Tgta".
pub(crate) const APPLICATION_ID: i32 = 0x5467_7461;

/// Takes the data folder for this process.
pub(crate) fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| {
        Error::new(ErrorKind::Version, format!("{}: {e}; `tegata init --data DIR` makes a data folder", path.display()))
    })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::InUse,
            format!("another tegata process uses {}; stop it, or give another --data", folder.display()),
        )),
        Err(TryLockError::Error(e)) => Err(e.into()),
    }
}

pub(crate) fn open_writer(path: &Path, mode: Mode) -> Result<Connection, Error> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    match (mode, path.exists()) {
        (Mode::Create, false) => flags |= OpenFlags::SQLITE_OPEN_CREATE,
        (Mode::Existing | Mode::Reading, true) => {}
        (Mode::Create, true) => {
            return Err(Error::new(
                ErrorKind::Version,
                format!("{} exists already; nothing was changed", path.display()),
            ));
        }
        (Mode::Existing | Mode::Reading, false) => {
            let hint = "`tegata init --data DIR` makes a data folder";
            return Err(Error::new(ErrorKind::Version, format!("{} is absent; {hint}", path.display())));
        }
    }
    let connection = Connection::open_with_flags(path, flags)?;
    settle(&connection)?;
    connection.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;
         pragma foreign_keys = on; pragma cache_size = -65536; pragma wal_autocheckpoint = 8000;",
    )?;
    Ok(connection)
}

/// A database that this program may read as it is: ours, and of its version.
pub(crate) fn open_to_read(path: &Path) -> Result<Connection, Error> {
    if !path.exists() {
        let text = format!("{} is absent; `tegata init --data DIR` makes a data folder", path.display());
        return Err(Error::new(ErrorKind::Version, text));
    }
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    let (version, newest) = (crate::snapshot::check(&connection)?, crate::migrate::newest());
    if version < newest {
        let text =
            format!("the data has version {version}, this program {newest}; run `tegata serve` once to bring it up");
        return Err(Error::new(ErrorKind::Version, text));
    }
    Ok(connection)
}

/// Statements are planned once: without this a bound value may change the plan, and some were planned at every use.
fn settle(connection: &Connection) -> Result<(), Error> {
    connection.set_prepared_statement_cache_capacity(128);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(())
}

/// Read connections, made as they are needed, at most as many as reads ran at once.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
    /// Whether each connection stays at the moment of its first read. Reads one after the other share one connection.
    pinned: bool,
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Readers { path, idle: Mutex::new(Vec::new()), pinned: false }
    }

    pub(crate) fn pinned(path: PathBuf) -> Self {
        Readers { pinned: true, ..Self::new(path) }
    }

    /// Runs one read. A point read costs a few microseconds, so it runs on the caller's thread (ADR 3).
    pub(crate) fn with<T>(&self, f: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.open()?,
        };
        let outcome = f(&connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        outcome
    }

    fn open(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        settle(&connection)?;
        connection
            .execute_batch("pragma query_only = on; pragma cache_size = -16384; pragma mmap_size = 1073741824;")?;
        if self.pinned {
            connection.execute_batch("begin")?;
        }
        Ok(connection)
    }
}

/// A 16-byte id column.
pub(crate) fn uuid(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<uuid::Uuid> {
    Ok(uuid::Uuid::from_bytes(row.get(column)?))
}

/// A time column.
pub(crate) fn time(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<tegata_domain::time::Timestamp> {
    Ok(tegata_domain::time::Timestamp::from_millis(row.get(column)?))
}

/// A code column whose values are listed in `all`, in order.
pub(crate) fn code<T: Copy>(row: &rusqlite::Row<'_>, column: usize, all: &[T]) -> rusqlite::Result<T> {
    let code: i64 = row.get(column)?;
    let known = usize::try_from(code).ok().and_then(|i| all.get(i)).copied();
    known.ok_or(rusqlite::Error::IntegralValueOutOfRange(column, code))
}

/// A statement, kept ready. The SQL says `$1` as PostgreSQL does; SQLite would number such names by their first
/// appearance, so they become its own `?1`.
pub(crate) fn prepare<'c>(c: &'c Connection, text: &str) -> rusqlite::Result<rusqlite::CachedStatement<'c>> {
    c.prepare_cached(&text.replace('$', "?"))
}
