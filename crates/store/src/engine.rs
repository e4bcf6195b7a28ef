//! SQLite connections: one that writes, a pool that reads. WAL with synchronous=FULL: a commit is on disk.

use crate::Mode;
use crate::error::{Error, ErrorKind};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
///
/// A connection keeps its read transaction open between reads until something is committed: beginning and ending one
/// costs more than the read of a row. A commit first ends those of idle connections, so that they hold no page of the
/// write-ahead log back, and none is kept while it runs.
/// Invariant: a kept transaction began after the last commit that anybody was told of.
pub(crate) struct Readers {
    path: PathBuf,
    idle: Mutex<Vec<Reader>>,
    /// Commits begun and ended: odd while one runs.
    commits: AtomicU64,
    /// Whether each connection stays at the moment of its first read. Reads one after the other share one connection.
    pinned: bool,
}

/// One read connection.
struct Reader {
    connection: Connection,
    /// Count of commits at which its open transaction began; `None` without one, and where it is pinned: that one is
    /// never ended.
    since: Option<u64>,
}

impl Reader {
    /// Ends its transaction.
    fn end(&mut self) {
        if self.since.take().is_some()
            && let Err(error) = self.connection.prepare_cached("commit").and_then(|mut s| s.execute([]))
        {
            tracing::error!(%error, "a read transaction did not end");
        }
    }
}

impl Readers {
    pub(crate) fn new(path: PathBuf) -> Self {
        Readers { path, idle: Mutex::default(), commits: AtomicU64::new(0), pinned: false }
    }

    pub(crate) fn pinned(path: PathBuf) -> Self {
        Readers { pinned: true, ..Self::new(path) }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Reader>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A commit begins: ends the transactions that idle connections keep.
    pub(crate) fn pause(&self) {
        self.commits.fetch_or(1, SeqCst);
        self.idle().iter_mut().for_each(Reader::end);
    }

    /// The commit has ended: reads from here on see it.
    pub(crate) fn go_on(&self) {
        self.commits.fetch_add(1, SeqCst);
    }

    /// Runs one read. A point read costs a few microseconds, so it runs on the caller's thread (ADR 3).
    pub(crate) fn with<T>(&self, f: impl FnOnce(&Connection) -> Result<T, Error>) -> Result<T, Error> {
        let idle = self.idle().pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => Reader { connection: self.open()?, since: None },
        };
        let now = self.commits.load(SeqCst);
        if reader.since.is_some_and(|since| since != now) {
            reader.end();
        }
        if reader.since.is_none() && now.is_multiple_of(2) && !self.pinned {
            reader.connection.prepare_cached("begin")?.execute([])?;
            reader.since = Some(now);
        }
        let outcome = f(&reader.connection);
        self.give_back(reader, outcome.is_ok());
        outcome
    }

    fn give_back(&self, mut reader: Reader, well: bool) {
        let mut idle = self.idle();
        // judged behind the lock: a commit that began is either seen here, or finds this one among the idle
        if !well || reader.since.is_some_and(|since| since != self.commits.load(SeqCst)) {
            drop(idle);
            reader.end();
            idle = self.idle();
        }
        idle.push(reader);
    }

    fn open(&self) -> Result<Connection, Error> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        settle(&connection)?;
        connection
            .execute_batch("pragma query_only = on; pragma cache_size = -16384; pragma mmap_size = 134217728;")?;
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
    let mut text = text.to_owned().into_bytes();
    // byte by byte, without a search: this runs before every statement
    text.iter_mut().filter(|byte| **byte == b'$').for_each(|byte| *byte = b'?');
    let text = String::from_utf8(text).map_err(|e| rusqlite::Error::Utf8Error(0, e.utf8_error()))?;
    c.prepare_cached(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_read_sees_each_commit_and_holds_no_checkpoint_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tegata.db");
        let writer = open_writer(&path, Mode::Create).unwrap();
        writer.busy_timeout(std::time::Duration::ZERO).unwrap();
        writer.execute_batch("create table t (n)").unwrap();
        let readers = Readers::new(path);
        let count = || readers.with(|c| Ok(c.query_row("select count(*) from t", [], |row| row.get::<_, i64>(0))?));
        let kept = || readers.idle().iter().filter(|reader| reader.since.is_some()).count();
        let fold = || writer.query_row("pragma wal_checkpoint(truncate)", [], |row| row.get::<_, i64>(0)).unwrap();
        assert_eq!((count().unwrap(), kept()), (0, 1));
        writer.execute_batch("insert into t values (1)").unwrap();
        assert_eq!(fold(), 1, "held back");
        for written in 2..5 {
            readers.pause();
            assert_eq!((kept(), count().unwrap(), kept()), (0, written - 1, 0), "none is kept while a commit runs");
            writer.execute_batch("insert into t values (1)").unwrap();
            assert_eq!(fold(), 0);
            readers.go_on();
            assert_eq!((count().unwrap(), count().unwrap(), kept()), (written, written, 1));
        }
        assert!(readers.with(|c| Ok(c.execute_batch("select nothing")?)).is_err());
        assert_eq!((kept(), readers.idle().len()), (0, 1), "after a failure it begins anew");
    }

    #[test]
    fn a_pinned_read_stays_at_its_moment_through_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tegata.db");
        let writer = open_writer(&path, Mode::Create).unwrap();
        writer.execute_batch("create table t (n)").unwrap();
        let readers = Readers::pinned(path);
        let count = || readers.with(|c| Ok(c.query_row("select count(*) from t", [], |row| row.get::<_, i64>(0))?));
        assert_eq!(count().unwrap(), 0);
        writer.execute_batch("insert into t values (1)").unwrap();
        readers.pause();
        assert_eq!(count().unwrap(), 0);
        readers.go_on();
        assert!(readers.with(|c| Ok(c.execute_batch("select nothing")?)).is_err());
        assert_eq!((count().unwrap(), readers.idle().len()), (0, 1));
    }
}
