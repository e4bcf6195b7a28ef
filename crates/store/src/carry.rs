//! Carries a whole platform from one engine to the other, row by row.
//!
//! Why here and not over [`crate::Store`]: neither side serves meanwhile, and no rule of the domain is asked.
//! Invariant: PostgreSQL takes all in one transaction, into an empty database; SQLite into a new file. Both sides then
//! have the same rows in every table.

use crate::engine::postgres::{Database, Driver, STORE_FILE};
use crate::engine::{Cell, Connection, NONE, Row, Value, Writer, sqlite};
use crate::error::{Error, ErrorKind};
use crate::snapshot::{Counts, DATABASE};
use crate::{Mode, migrate};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Rows that are read at once.
const PAGE: usize = 5_000;

/// A table of the platform, and its columns in order.
struct Table {
    name: String,
    columns: Vec<String>,
}

impl Table {
    fn list(&self) -> String {
        self.columns.iter().map(|column| format!("\"{column}\"")).collect::<Vec<_>>().join(", ")
    }
}

/// Every table, those that others refer to first, as the migrations made them.
fn tables(lite: &Connection) -> Result<Vec<Table>, Error> {
    let text = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by rowid";
    let names: Vec<String> = lite.all(text, NONE, |row| row.get(0))?;
    let columns =
        |name: &str| lite.all(&format!("select name from pragma_table_info('{name}')"), NONE, |row| row.get(0));
    names.into_iter().map(|name| Ok(Table { columns: columns(&name)?, name })).collect()
}

fn count(c: &Connection, table: &Table) -> Result<u64, Error> {
    let text = format!("select count(*) from \"{}\"", table.name);
    Ok(c.only(&text, NONE, |row| row.get::<i64>(0))? as u64)
}

/// How many rows, and the digests of all of them put together in a way that does not depend on their order.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum {
    rows: u64,
    digest: [u8; 32],
}

impl Sum {
    fn add(&mut self, row: &[u8]) {
        self.rows += 1;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, row);
        self.digest.iter_mut().zip(digest.as_ref()).for_each(|(sum, byte)| *sum ^= byte);
    }
}

fn cells<'r>(row: &'r Row<'_>, table: &Table) -> Result<Vec<Cell<'r>>, Error> {
    (0..table.columns.len()).map(|column| row.cell(column)).collect()
}

/// Hands over every row of a table. PostgreSQL gives them a page at a time, inside a transaction.
fn scan(c: &Connection, table: &Table, each: &mut dyn FnMut(&[Cell<'_>]) -> Result<(), Error>) -> Result<(), Error> {
    let select = format!("select {} from \"{}\"", table.list(), table.name);
    if c.postgres().is_none() {
        return c.each(&select, NONE, |row| each(&cells(row, table)?).map(|()| true));
    }
    c.run(&format!("declare rows_of_{name} no scroll cursor for {select}", name = table.name))?;
    let mut more = true;
    while more {
        more = false;
        c.each(&format!("fetch {PAGE} from rows_of_{}", table.name), NONE, |row| {
            more = true;
            each(&cells(row, table)?).map(|()| true)
        })?;
    }
    c.run(&format!("close rows_of_{}", table.name))
}

fn line(cells: &[Cell<'_>]) -> Vec<u8> {
    let mut line = Vec::with_capacity(256);
    cells.iter().enumerate().for_each(|(i, cell)| put(&mut line, *cell, i + 1 == cells.len()));
    line
}

/// Holds what was read of a table against what stands on the other side now.
fn check(table: &Table, read: Sum, to: &Connection) -> Result<(), Error> {
    let mut there = Sum::default();
    scan(to, table, &mut |cells| {
        there.add(&line(cells));
        Ok(())
    })?;
    if there == read {
        return Ok(());
    }
    let text = format!("{} rows of {} became {} that are not the same", read.rows, table.name, there.rows);
    Err(Error::new(ErrorKind::Broken, text))
}

/// A statement here may take long.
fn patient(database: &Database) -> Result<Arc<Driver>, Error> {
    Ok(Arc::new(Driver::new(&Database { wait: Duration::from_secs(600), ..database.clone() })?))
}

/// Carries a database of SQLite that nobody writes to into an empty PostgreSQL: all of it, or nothing.
pub fn into_postgres(path: &Path, database: &Database) -> Result<Counts, Error> {
    let lite = sqlite::open_to_read(path)?;
    let driver = patient(database)?;
    let mut writer = Writer::postgres(driver);
    let carried = write_all(&lite, &mut writer);
    if carried.is_err() {
        writer.rollback();
    }
    carried
}

fn write_all(lite: &Connection, writer: &mut Writer) -> Result<Counts, Error> {
    let connection = writer.begin()?;
    migrate::postgres(connection, Mode::Create)?;
    let mut counts = Counts::new();
    for table in &tables(lite)? {
        let text = format!("copy \"{}\" ({}) from stdin", table.name, table.list());
        let link = connection.postgres().ok_or_else(|| Error::new(ErrorKind::Broken, "this is no PostgreSQL"))?;
        let (mut copy, mut read) = (link.copy(&text)?, Sum::default());
        scan(lite, table, &mut |cells| {
            let line = line(cells);
            read.add(&line);
            copy.put(&line)
        })?;
        copy.finish()?;
        check(table, read, connection)?;
        counts.insert(table.name.clone(), read.rows);
    }
    for name in ["finding", "audit", "notice", "fact"] {
        let text = format!(
            "select setval(pg_get_serial_sequence('{name}', 'id'), coalesce((select max(id) from {name}), 0) + 1, false)"
        );
        connection.only(&text, NONE, |_| Ok(()))?;
    }
    connection.run("commit")?;
    Ok(counts)
}

/// Carries what PostgreSQL holds at this moment into a new database in `folder`, while nodes may be serving it. `tell`
/// hears how many rows are done, and of how many.
pub fn from_postgres(database: &Database, folder: &Path, tell: &dyn Fn(u64, u64)) -> Result<Counts, Error> {
    let lite = sqlite::open_writer(&folder.join(DATABASE), Mode::Create)?;
    migrate::sqlite(&lite, Mode::Create)?;
    let tables = tables(&lite)?;
    // it drives the connection for as long as it is there
    let driver = patient(database)?;
    let connection = Connection::Postgres(driver.connect(None)?);
    connection.run("begin isolation level repeatable read, read only")?;
    migrate::postgres(&connection, Mode::Reading)?;
    let rows = tables.iter().map(|table| count(&connection, table)).sum::<Result<u64, Error>>()?;
    // a copy that breaks is thrown away
    lite.run("pragma synchronous = off; pragma foreign_keys = off; begin immediate")?;
    let (mut done, mut counts) = (0_u64, Counts::new());
    for table in &tables {
        let places = (1..=table.columns.len()).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ");
        let insert = format!("insert into \"{}\" ({}) values ({places})", table.name, table.list());
        let mut read = Sum::default();
        scan(&connection, table, &mut |cells| {
            read.add(&line(cells));
            lite.execute(&insert, cells)?;
            done += 1;
            if done.is_multiple_of(PAGE as u64) {
                tell(done, rows);
            }
            Ok(())
        })?;
        check(table, read, &lite)?;
        counts.insert(table.name.clone(), read.rows);
    }
    tell(done, rows);
    lite.run("commit; pragma wal_checkpoint(truncate); pragma journal_mode = delete")?;
    Ok(counts)
}

/// A cell in the text format of COPY: tabs between, a line each.
fn put(line: &mut Vec<u8>, cell: Value<'_>, last: bool) {
    match cell {
        Value::Null => line.extend_from_slice(b"\\N"),
        Value::Int(number) => line.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => {
            for byte in text.bytes() {
                match byte {
                    b'\\' => line.extend_from_slice(b"\\\\"),
                    b'\n' => line.extend_from_slice(b"\\n"),
                    b'\r' => line.extend_from_slice(b"\\r"),
                    b'\t' => line.extend_from_slice(b"\\t"),
                    byte => line.push(byte),
                }
            }
        }
        Value::Blob(bytes) => {
            line.extend_from_slice(b"\\\\x");
            for byte in bytes {
                let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
                line.extend([digit(byte >> 4), digit(byte & 15)]);
            }
        }
    }
    line.push(if last { b'\n' } else { b'\t' });
}

/// The database of a folder while it is moved: no start takes it.
const MOVING: &str = "tegata.db.moving";

/// Moves the platform of a data folder, which nobody serves, into PostgreSQL. Broken off, it is called again.
pub fn move_into_postgres(folder: &Path, database: &Database) -> Result<Counts, Error> {
    let (here, moving) = (folder.join(DATABASE), folder.join(MOVING));
    let _lock = sqlite::lock(folder)?;
    if here.exists() {
        let lite = sqlite::open_writer(&here, Mode::Existing)?;
        migrate::sqlite(&lite, Mode::Existing)?;
        lite.run("pragma wal_checkpoint(truncate); pragma journal_mode = delete")?;
        drop(lite);
        // from here on the folder has no platform that could go on beside the other
        rename(&here, &moving)?;
    }
    let counts = match into_postgres(&moving, database) {
        Err(error) if error.kind == ErrorKind::InUse && is_the_same(&moving, database)? => counts_of(&moving)?,
        Err(error) => {
            rename(&moving, &here)?;
            return Err(error);
        }
        Ok(counts) => counts,
    };
    let mut url: &[u8] = database.url.as_bytes();
    let recorded = folder.join(STORE_FILE);
    let part = recorded.with_extension("part");
    let _of_an_earlier_try = std::fs::remove_file(&part);
    crate::archive::write_file(&part, &mut url)?;
    File::open(&part)?.sync_all()?;
    rename(&part, &recorded)?;
    std::fs::remove_file(&moving)?;
    Ok(counts)
}

/// Moves the platform of a PostgreSQL, which no node serves, into the data folder of one of its nodes.
pub fn move_into_folder(folder: &Path, database: &Database, tell: &dyn Fn(u64, u64)) -> Result<Counts, Error> {
    let _lock = sqlite::lock(folder)?;
    if folder.join(DATABASE).exists() {
        let text = "this data folder holds a platform already; nothing was changed";
        return Err(Error::new(ErrorKind::Version, text));
    }
    let scratch = folder.join("moving");
    if scratch.exists() {
        std::fs::remove_dir_all(&scratch)?;
    }
    std::fs::create_dir(&scratch)?;
    let mut writer = Writer::postgres(patient(database)?);
    let moved = (|| {
        // nobody writes while this one holds the lock
        let connection = writer.begin()?;
        let text = "select count(*) from lease
            where until > cast(extract(epoch from clock_timestamp()) * 1000 as bigint)";
        if connection.only(text, NONE, |row| row.get::<i64>(0))? > 0 {
            let text = "a node serves this platform; stop all of them (SIGTERM), then try again";
            return Err(Error::new(ErrorKind::InUse, text));
        }
        connection.run("set idle_in_transaction_session_timeout = 0")?;
        let counts = from_postgres(database, &scratch, tell)?;
        File::open(scratch.join(DATABASE))?.sync_all()?;
        rename(&scratch.join(DATABASE), &folder.join(MOVING))?;
        // no node opens it any more
        connection.execute("update tegata_schema set serves = $1", [i64::from(i32::MAX)])?;
        connection.run("commit")?;
        Ok(counts)
    })();
    if moved.is_err() {
        writer.rollback();
    }
    let counts = moved?;
    rename(&folder.join(MOVING), &folder.join(DATABASE))?;
    // where only the settings named the database there is none
    match std::fs::remove_file(folder.join(STORE_FILE)) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
        _ => {}
    }
    std::fs::remove_dir_all(&scratch)?;
    Ok(counts)
}

/// Durable when it returns.
fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::rename(from, to)?;
    if let Some(folder) = to.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

fn counts_of(path: &Path) -> Result<Counts, Error> {
    let lite = sqlite::open_to_read(path)?;
    tables(&lite)?.iter().map(|table| Ok((table.name.clone(), count(&lite, table)?))).collect()
}

/// Whether an earlier try, which was broken off after its commit, carried this very platform there.
fn is_the_same(path: &Path, database: &Database) -> Result<bool, Error> {
    let lite = sqlite::open_to_read(path)?;
    let driver = patient(database)?;
    let there = Connection::Postgres(driver.connect(None)?);
    // the logs of every young platform are equally empty; its keys no other one has
    let same = |text: &str| {
        let read = |c: &Connection| c.all(text, NONE, |row| row.get::<Vec<u8>>(0));
        Ok::<bool, Error>(read(&lite)? == read(&there)?)
    };
    Ok(same("select sealed from secret order by name, version")? && same("select root from log order by id")?)
}
