//! Read connections of SQLite, kept open between reads.

use super::sqlite::settle;
use super::{Connection, NONE};
use crate::error::Error;
use rusqlite::OpenFlags;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};

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
            && let Err(error) = self.connection.execute("commit", NONE)
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

    /// Idle connections.
    pub(crate) fn count(&self) -> usize {
        self.idle().len()
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
            reader.connection.execute("begin", NONE)?;
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
        let connection = rusqlite::Connection::open_with_flags(&self.path, flags)?;
        settle(&connection)?;
        connection
            .execute_batch("pragma query_only = on; pragma cache_size = -16384; pragma mmap_size = 134217728;")?;
        if self.pinned {
            connection.execute_batch("begin")?;
        }
        Ok(Connection::Sqlite(connection))
    }
}

#[cfg(test)]
mod tests {
    use super::super::sqlite::open_writer;
    use super::*;
    use crate::Mode;

    #[test]
    fn a_kept_read_sees_each_commit_and_holds_no_checkpoint_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tegata.db");
        let writer = open_writer(&path, Mode::Create).unwrap();
        writer.run("pragma busy_timeout = 0").unwrap();
        writer.run("create table t (n)").unwrap();
        let readers = Readers::new(path);
        let count = || readers.with(|c| c.only("select count(*) from t", NONE, |row| row.get::<i64>(0)));
        let kept = || readers.idle().iter().filter(|reader| reader.since.is_some()).count();
        let fold = || writer.only("pragma wal_checkpoint(truncate)", NONE, |row| row.get::<i64>(0)).unwrap();
        assert_eq!((count().unwrap(), kept()), (0, 1));
        writer.run("insert into t values (1)").unwrap();
        assert_eq!(fold(), 1, "held back");
        for written in 2..5 {
            readers.pause();
            assert_eq!((kept(), count().unwrap(), kept()), (0, written - 1, 0), "none is kept while a commit runs");
            writer.run("insert into t values (1)").unwrap();
            assert_eq!(fold(), 0);
            readers.go_on();
            assert_eq!((count().unwrap(), count().unwrap(), kept()), (written, written, 1));
        }
        assert!(readers.with(|c| c.run("select nothing")).is_err());
        assert_eq!((kept(), readers.idle().len()), (0, 1), "after a failure it begins anew");
    }

    #[test]
    fn a_pinned_read_stays_at_its_moment_through_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tegata.db");
        let writer = open_writer(&path, Mode::Create).unwrap();
        writer.run("create table t (n)").unwrap();
        let readers = Readers::pinned(path);
        let count = || readers.with(|c| c.only("select count(*) from t", NONE, |row| row.get::<i64>(0)));
        assert_eq!(count().unwrap(), 0);
        writer.run("insert into t values (1)").unwrap();
        readers.pause();
        assert_eq!(count().unwrap(), 0);
        readers.go_on();
        assert!(readers.with(|c| c.run("select nothing")).is_err());
        assert_eq!((count().unwrap(), readers.idle().len()), (0, 1));
    }
}
