//! Carries a whole platform from one engine to the other, row by row.
//!
//! Why here and not over [`crate::Store`]: neither side serves meanwhile, and no rule of the domain is asked.
//! Invariant: PostgreSQL takes all in one transaction, into an empty database; SQLite into a new file. Both sides then
//! have the same rows in every table.

use crate::engine::postgres::{Database, Driver};
use crate::engine::{Cell, Connection, NONE, Value, Writer, sqlite};
use crate::error::{Error, ErrorKind};
use crate::snapshot::{Counts, DATABASE};
use crate::{Mode, migrate};
use std::path::Path;
use std::sync::Arc;

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
    let columns = |name: &str| lite.all(&format!("select name from pragma_table_info('{name}')"), NONE, |row| row.get(0));
    names.into_iter().map(|name| Ok(Table { columns: columns(&name)?, name })).collect()
}

fn count(c: &Connection, table: &Table) -> Result<u64, Error> {
    let text = format!("select count(*) from \"{}\"", table.name);
    Ok(c.only(&text, NONE, |row| row.get::<i64>(0))? as u64)
}

/// Holds the rows of every table on both sides against each other.
fn compare(tables: &[Table], from: &Connection, to: &Connection) -> Result<Counts, Error> {
    let mut counts = Counts::new();
    for table in tables {
        let (before, after) = (count(from, table)?, count(to, table)?);
        if before != after {
            let text = format!("{} rows of {} became {after}; nothing was changed", before, table.name);
            return Err(Error::new(ErrorKind::Broken, text));
        }
        counts.insert(table.name.clone(), after);
    }
    Ok(counts)
}

/// Carries the database of a data folder into an empty PostgreSQL: all of it, or nothing.
pub fn into_postgres(folder: &Path, database: &Database) -> Result<Counts, Error> {
    let lite = sqlite::open_to_read(&folder.join(DATABASE))?;
    let driver = Arc::new(Driver::new(database)?);
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
    let tables = tables(lite)?;
    for table in &tables {
        let text = format!("copy \"{}\" ({}) from stdin", table.name, table.list());
        let link = connection.postgres().ok_or_else(|| Error::new(ErrorKind::Broken, "this is no PostgreSQL"))?;
        let mut copy = link.copy(&text)?;
        let (select, width) = (format!("select {} from \"{}\"", table.list(), table.name), table.columns.len());
        lite.each(&select, NONE, |row| {
            for column in 0..width {
                copy.put(row.cell(column)?, column + 1 == width)?;
            }
            Ok(true)
        })?;
        copy.finish()?;
    }
    for name in ["finding", "audit", "notice", "fact"] {
        let text = format!(
            "select setval(pg_get_serial_sequence('{name}', 'id'), coalesce((select max(id) from {name}), 0) + 1, false)"
        );
        connection.only(&text, NONE, |_| Ok(()))?;
    }
    let counts = compare(&tables, lite, connection)?;
    connection.run("commit")?;
    Ok(counts)
}

/// Carries what PostgreSQL holds at this moment into a new database in `folder`, while nodes may be serving it. `tell`
/// hears how many rows are done, and of how many.
pub fn from_postgres(database: &Database, folder: &Path, tell: &dyn Fn(u64, u64)) -> Result<Counts, Error> {
    let lite = sqlite::open_writer(&folder.join(DATABASE), Mode::Create)?;
    migrate::sqlite(&lite, Mode::Create)?;
    let tables = tables(&lite)?;
    let connection = Connection::Postgres(Driver::new(database)?.connect(None)?);
    connection.run("begin isolation level repeatable read, read only")?;
    migrate::postgres(&connection, Mode::Reading)?;
    let rows = tables.iter().map(|table| count(&connection, table)).sum::<Result<u64, Error>>()?;
    // a copy that breaks is thrown away
    lite.run("pragma synchronous = off; pragma foreign_keys = off; begin immediate")?;
    let mut done = 0;
    for table in &tables {
        let select = format!("declare rows no scroll cursor for select {} from \"{}\"", table.list(), table.name);
        connection.run(&select)?;
        let places = (1..=table.columns.len()).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ");
        let insert = format!("insert into \"{}\" ({}) values ({places})", table.name, table.list());
        loop {
            let before = done;
            connection.each(&format!("fetch {PAGE} from rows"), NONE, |row| {
                let cells: Vec<Cell<'_>> = (0..table.columns.len()).map(|i| row.cell(i)).collect::<Result<_, _>>()?;
                lite.execute(&insert, cells.as_slice())?;
                done += 1;
                Ok(true)
            })?;
            tell(done, rows);
            if done == before {
                break;
            }
        }
        connection.run("close rows")?;
    }
    let counts = compare(&tables, &connection, &lite)?;
    lite.run("commit; pragma wal_checkpoint(truncate); pragma journal_mode = delete")?;
    Ok(counts)
}

/// A cell in the text format of COPY: tabs between, a line each.
pub(crate) fn put(line: &mut Vec<u8>, cell: Value<'_>, last: bool) {
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
