//! What changed between two copies of a database: ranges of rows, named by their digests.
//!
//! ```text
//! map file      _map (name, lane, at, digest): every range of every table; of no rows: no line
//! changed file  _map of what differs, digest null where a range is empty now, and the rows of those ranges
//! ```
//! A range is a fixed span of a table's first key (16 rows, devices or campaigns), so a row that is put in moves no other
//! one into another range, whichever engine the copy came from. Pages of a file would do for SQLite only.
//! Invariant: a map laid under all changes after it is the map of the newest copy.

use crate::error::Error;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// SHA-256, which is the caller's.
pub type Digest<'a> = &'a dyn Fn(&[u8]) -> [u8; 32];

/// Hears how many rows are done.
pub type Tell<'a> = &'a dyn Fn(u64);

const MAP: &str = "create table _map (name text not null, lane integer not null, at integer not null, digest blob,
    primary key (name, lane, at)) without rowid;";

/// How a table is cut.
struct Cut {
    /// A key before the one that grows.
    lane: Option<String>,
    /// The key that grows; `None`: the table is one range.
    column: Option<String>,
    /// A range has two to the power of this.
    shift: u32,
    /// All keys, in order.
    order: String,
}

/// A range: lane and place in it.
type Range = (i64, i64);

impl Cut {
    fn of(c: &Connection, schema: &str, table: &str) -> Result<Cut, Error> {
        let text = "select name, lower(type) from pragma_table_info(?1, ?2) where pk > 0 order by pk";
        let mut keys = c.prepare(text)?;
        let keys = keys.query_map((table, schema), |row| Ok((row.get(0)?, row.get(1)?)))?;
        let keys: Vec<(String, String)> = keys.collect::<Result<_, _>>()?;
        let order = keys.iter().map(|(name, _)| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let (lane, column, shift) = match (table, keys.as_slice()) {
            // few first keys, and millions of rows below each
            ("leaf", [(lane, _), (column, _), ..]) => (Some(lane.clone()), Some(column.clone()), 8),
            ("revocation" | "crl" | "tally" | "tally_day" | "pulse", [(lane, _), (column, _), ..]) => {
                (Some(lane.clone()), Some(column.clone()), 0)
            }
            (_, [(column, kind), ..]) if kind == "integer" => (None, Some(column.clone()), 4),
            _ => (None, None, 0),
        };
        Ok(Cut { lane, column, shift, order })
    }

    /// The condition that a row of `t` lies in a range.
    fn within(&self, lane: &str, at: &str) -> String {
        let Some(column) = &self.column else { return "true".into() };
        let (shift, last) = (self.shift, (1_i64 << self.shift) - 1);
        let span = format!("t.\"{column}\" between ({at} << {shift}) and ({at} << {shift}) + {last}");
        self.lane.as_ref().map_or(span.clone(), |name| format!("t.\"{name}\" = {lane} and {span}"))
    }
}

fn open(path: &Path) -> Result<Connection, Error> {
    let c = Connection::open(path)?;
    // files on the way, which are thrown away when they break
    c.execute_batch("pragma journal_mode = off; pragma synchronous = off; pragma foreign_keys = off;")?;
    c.execute_batch("pragma cache_size = -65536;")?;
    Ok(c)
}

fn attach(c: &Connection, path: &Path, name: &str) -> Result<(), Error> {
    c.execute(&format!("attach database ?1 as {name}"), [path.display().to_string()])?;
    Ok(())
}

fn tables(c: &Connection) -> Result<Vec<String>, Error> {
    let text = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' order by name";
    Ok(c.prepare(text)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Type, length and bytes of a value: no two rows read the same.
fn put(value: ValueRef<'_>, out: &mut Vec<u8>) {
    let sized = |kind: u8, bytes: &[u8], out: &mut Vec<u8>| {
        out.push(kind);
        out.extend((bytes.len() as u64).to_be_bytes());
        out.extend(bytes);
    };
    match value {
        ValueRef::Null => out.push(0),
        ValueRef::Integer(value) => {
            out.push(1);
            out.extend(value.to_be_bytes());
        }
        ValueRef::Real(value) => {
            out.push(2);
            out.extend(value.to_be_bytes());
        }
        ValueRef::Text(bytes) => sized(3, bytes, out),
        ValueRef::Blob(bytes) => sized(4, bytes, out),
    }
}

/// Digests of all that was read, range by range.
struct Mapping<'a> {
    out: rusqlite::CachedStatement<'a>,
    digest: Digest<'a>,
    all: [u8; 32],
    rows: Vec<u8>,
}

impl Mapping<'_> {
    fn end(&mut self, table: &str, (lane, at): Range) -> Result<(), Error> {
        let digest = (self.digest)(&self.rows);
        self.rows.clear();
        self.out.execute((table, lane, at, &digest[..16]))?;
        let place = [lane.to_be_bytes(), at.to_be_bytes()].concat();
        self.all = (self.digest)(&[&self.all, table.as_bytes(), &place, &digest].concat());
        Ok(())
    }

    fn table(&mut self, source: &Connection, table: &str, tell: &mut dyn FnMut()) -> Result<(), Error> {
        let cut = Cut::of(source, "main", table)?;
        let order = if cut.order.is_empty() { String::new() } else { format!(" order by {}", cut.order) };
        let mut statement = source.prepare(&format!("select * from \"{table}\"{order}"))?;
        let columns = statement.column_count();
        let place = |name: &Option<String>| name.as_deref().map(|name| statement.column_index(name)).transpose();
        let (lane, column) = (place(&cut.lane)?, place(&cut.column)?);
        let mut rows = statement.query([])?;
        let mut now: Option<Range> = None;
        while let Some(row) = rows.next()? {
            let at = column.map_or(Ok(0), |column| row.get::<_, i64>(column))? >> cut.shift;
            let range = (lane.map_or(Ok(0), |lane| row.get(lane))?, at);
            if let Some(ended) = now.filter(|now| *now != range) {
                self.end(table, ended)?;
            }
            now = Some(range);
            for column in 0..columns {
                put(row.get_ref(column)?, &mut self.rows);
            }
            tell();
        }
        now.map_or(Ok(()), |ended| self.end(table, ended))
    }
}

/// Writes the map of the database in `of` to the new file `into`; answers the digest of the whole.
pub fn map(of: &Path, into: &Path, digest: Digest<'_>, tell: Tell<'_>) -> Result<[u8; 32], Error> {
    let (source, target) = (open(of)?, open(into)?);
    target.execute_batch(MAP)?;
    target.execute_batch("begin")?;
    let out = target.prepare_cached("insert into _map (name, lane, at, digest) values (?1, ?2, ?3, ?4)")?;
    let mut mapping = Mapping { out, digest, all: [0; 32], rows: Vec::new() };
    let mut done = 0_u64;
    for table in tables(&source)? {
        let mut count = || {
            done += 1;
            if done.is_multiple_of(4096) {
                tell(done);
            }
        };
        mapping.table(&source, &table, &mut count)?;
    }
    let all = mapping.all;
    drop(mapping);
    target.execute_batch("commit")?;
    Ok(all)
}

/// Lays what changed later over the map in `base`.
pub fn lay_over(base: &Path, changed: &Path) -> Result<(), Error> {
    let c = open(base)?;
    attach(&c, changed, "newer")?;
    c.execute_batch(
        "begin;
         insert or replace into main._map select * from newer._map where digest is not null;
         delete from main._map where exists (select 1 from newer._map n where n.name = main._map.name
            and n.lane = main._map.lane and n.at = main._map.at and n.digest is null);
         commit;",
    )?;
    Ok(())
}

/// Writes to the new file `into` what the database in `of`, whose map is `fresh`, has otherwise than the map `base`
/// says; answers how many ranges.
pub fn difference(of: &Path, [fresh, base]: [&Path; 2], into: &Path) -> Result<u64, Error> {
    let c = open(into)?;
    c.execute_batch(MAP)?;
    for (path, name) in [(of, "source"), (fresh, "fresh"), (base, "base")] {
        attach(&c, path, name)?;
    }
    c.execute_batch(
        "begin;
         insert into main._map select n.* from fresh._map n left join base._map b
            on b.name = n.name and b.lane = n.lane and b.at = n.at where b.digest is not n.digest;
         insert into main._map select b.name, b.lane, b.at, null from base._map b
            where not exists (select 1 from fresh._map n where n.name = b.name and n.lane = b.lane and n.at = b.at);",
    )?;
    for table in changed_tables(&c, "main")? {
        let within = Cut::of(&c, "source", &table)?.within("m.lane", "m.at");
        c.execute_batch(&format!(
            "create table main.\"{table}\" as select * from source.\"{table}\" where false;
             insert into main.\"{table}\" select t.* from main._map m cross join source.\"{table}\" t
                on m.name = '{table}' and m.digest is not null and {within};"
        ))?;
    }
    c.execute_batch("commit")?;
    Ok(c.query_row("select count(*) from main._map", [], |row| row.get::<_, i64>(0))? as u64)
}

fn changed_tables(c: &Connection, schema: &str) -> Result<Vec<String>, Error> {
    let mut names = c.prepare(&format!("select distinct name from {schema}._map order by name"))?;
    Ok(names.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// Makes the database in `to` what it was when the changes in `changed` were written.
pub fn apply(to: &Path, changed: &Path) -> Result<(), Error> {
    let c = open(to)?;
    c.execute_batch("pragma secure_delete = on")?;
    attach(&c, changed, "newer")?;
    let known = tables(&c)?;
    c.execute_batch("begin")?;
    for table in changed_tables(&c, "newer")?.into_iter().filter(|table| known.contains(table)) {
        let within = Cut::of(&c, "main", &table)?.within("?1", "?2");
        // the ranges are read first: one statement must not delete under the other
        let mut ranges = c.prepare("select lane, at from newer._map where name = ?1")?;
        let ranges: Vec<Range> =
            ranges.query_map([&table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut delete =
            c.prepare(&format!("delete from main.\"{table}\" as t where ?1 = ?1 and ?2 = ?2 and {within}"))?;
        for range in ranges {
            delete.execute(range)?;
        }
        c.execute_batch(&format!("insert into main.\"{table}\" select * from newer.\"{table}\""))?;
    }
    c.execute_batch("commit")?;
    Ok(())
}

/// Writes a database anew, so that no page keeps what changes have taken out.
pub fn tidy(database: &Path) -> Result<(), Error> {
    open(database)?.execute_batch("vacuum")?;
    Ok(())
}

/// The version of the tables in a database.
pub fn schema(database: &Path) -> Result<i64, Error> {
    let version = open(database)?.query_row("pragma user_version", [], |row| row.get(0)).optional()?;
    Ok(version.unwrap_or_default())
}
