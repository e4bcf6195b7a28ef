//! SQLite: connections and statements. WAL with synchronous=FULL: a commit is on disk.

use super::{Cell, Row, Value};
use crate::Mode;
use crate::error::{Error, ErrorKind};
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags, ToSql, params_from_iter};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Marks our databases (`PRAGMA application_id`): "Tgta".
pub(crate) const APPLICATION_ID: i32 = 0x5467_7461;

/// How often a lock is tried, and with how much time between.
const TRIES: u32 = 10;
/// See [`TRIES`].
const TRY: std::time::Duration = std::time::Duration::from_millis(30);

/// Takes the data folder for this process.
pub(crate) fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| {
        Error::new(ErrorKind::Version, format!("{}: {e}; `tegata init --data DIR` makes a data folder", path.display()))
    })?;
    // a process that ends, or one of its children before it became another program, holds it for a moment longer
    for _ in 0..TRIES {
        if file.try_lock().is_ok() {
            return Ok(file);
        }
        std::thread::sleep(TRY);
    }
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::new(
            ErrorKind::InUse,
            format!("another tegata process uses {}; stop it, or give another --data", folder.display()),
        )),
        Err(TryLockError::Error(e)) => Err(e.into()),
    }
}

pub(crate) fn open_writer(path: &Path, mode: Mode) -> Result<super::Connection, Error> {
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
    Ok(super::Connection::Sqlite(connection))
}

/// A database that this program may read as it is: ours, and of its version.
pub(crate) fn open_to_read(path: &Path) -> Result<super::Connection, Error> {
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
    Ok(super::Connection::Sqlite(connection))
}

/// Statements are planned once: without this a bound value may change the plan, and some were planned at every use.
pub(super) fn settle(connection: &Connection) -> Result<(), Error> {
    connection.set_prepared_statement_cache_capacity(128);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // what a statement sets aside is a few pages; a container has no place for files but its data
    connection.execute_batch("pragma temp_store = memory")?;
    Ok(())
}

/// Whether the parameters of a text appear in the order of their numbers.
fn is_in_order(text: &str) -> bool {
    let mut highest = 0;
    text.split('$').skip(1).all(|rest| {
        let number = rest.bytes().take_while(u8::is_ascii_digit).fold(0, |n, digit| 10 * n + u32::from(digit - b'0'));
        highest = highest.max(number.min(highest + 1));
        number <= highest
    })
}

/// A statement, kept ready. The SQL says `$1` as PostgreSQL does; SQLite numbers such names by their first appearance,
/// so where that is not the order of the numbers they become its own `?1`.
fn prepare<'c>(c: &'c Connection, text: &str) -> rusqlite::Result<CachedStatement<'c>> {
    if is_in_order(text) {
        return c.prepare_cached(text);
    }
    let mut text = text.to_owned().into_bytes();
    // byte by byte, without a search: this runs before every statement
    text.iter_mut().filter(|byte| **byte == b'$').for_each(|byte| *byte = b'?');
    let text = String::from_utf8(text).map_err(|e| rusqlite::Error::Utf8Error(0, e.utf8_error()))?;
    c.prepare_cached(&text)
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

pub(super) fn execute(c: &Connection, text: &str, values: &[Value<'_>]) -> Result<usize, Error> {
    Ok(prepare(c, text)?.execute(params_from_iter(values))?)
}

pub(super) fn one<T>(
    c: &Connection,
    text: &str,
    values: &[Value<'_>],
    read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
) -> Result<Option<T>, Error> {
    let mut statement = prepare(c, text)?;
    let mut rows = statement.query(params_from_iter(values))?;
    rows.next()?.map(|row| read(&Row::Sqlite(row))).transpose()
}

pub(super) fn each(
    c: &Connection,
    text: &str,
    values: &[Value<'_>],
    mut read: impl FnMut(&Row<'_>) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut statement = prepare(c, text)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        if !read(&Row::Sqlite(row))? {
            break;
        }
    }
    Ok(())
}

pub(super) fn cell<'a>(row: &'a rusqlite::Row<'_>, column: usize) -> Result<Cell<'a>, Error> {
    Ok(match row.get_ref(column)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => Value::Text(std::str::from_utf8(text).map_err(rusqlite::Error::from)?),
        ValueRef::Blob(bytes) => Value::Blob(bytes),
        ValueRef::Real(_) => return Err(Error::new(ErrorKind::Broken, "a number with a fraction in the database")),
    })
}

#[cfg(test)]
mod tests {
    use super::is_in_order;

    #[test]
    fn names_that_count_as_they_appear() {
        for text in ["select 1", "$1", "$1 $1 $2 $1 $3", "$1 $2 $3 $4 $5 $6 $7 $8 $9 $10 $2"] {
            assert!(is_in_order(text), "{text}");
        }
        for text in ["$2", "$2 $1", "$1 $3 $2", "$1 $10"] {
            assert!(!is_in_order(text), "{text}");
        }
    }
}
