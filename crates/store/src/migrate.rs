//! Migrations: numbered files, applied in order, equal for both engines. SQLite holds the last in `PRAGMA user_version`,
//! PostgreSQL in the table `tegata_schema`.

use crate::Mode;
use crate::engine::sqlite::APPLICATION_ID;
use crate::engine::{Connection, NONE, Row};
use crate::error::{Error, ErrorKind};
use std::time::Duration;

const SQLITE: &[&str] = &[
    include_str!("migrations/sqlite/0001_first_light.sql"),
    include_str!("migrations/sqlite/0002_line.sql"),
    include_str!("migrations/sqlite/0003_owner.sql"),
    include_str!("migrations/sqlite/0004_release.sql"),
    include_str!("migrations/sqlite/0005_heart.sql"),
    include_str!("migrations/sqlite/0006_target_token.sql"),
    include_str!("migrations/sqlite/0007_notice.sql"),
    include_str!("migrations/sqlite/0008_many.sql"),
    include_str!("migrations/sqlite/0009_plan.sql"),
    include_str!("migrations/sqlite/0010_people.sql"),
    include_str!("migrations/sqlite/0011_tally.sql"),
    include_str!("migrations/sqlite/0012_scan.sql"),
    include_str!("migrations/sqlite/0013_bulk.sql"),
    include_str!("migrations/sqlite/0014_station.sql"),
];

const POSTGRES: &[&str] = &[
    include_str!("migrations/postgres/0001_first_light.sql"),
    include_str!("migrations/postgres/0002_line.sql"),
    include_str!("migrations/postgres/0003_owner.sql"),
    include_str!("migrations/postgres/0004_release.sql"),
    include_str!("migrations/postgres/0005_heart.sql"),
    include_str!("migrations/postgres/0006_target_token.sql"),
    include_str!("migrations/postgres/0007_notice.sql"),
    include_str!("migrations/postgres/0008_many.sql"),
    include_str!("migrations/postgres/0009_plan.sql"),
    include_str!("migrations/postgres/0010_people.sql"),
    include_str!("migrations/postgres/0011_tally.sql"),
    include_str!("migrations/postgres/0012_scan.sql"),
    include_str!("migrations/postgres/0013_bulk.sql"),
    include_str!("migrations/postgres/0014_station.sql"),
];

/// The oldest version whose program may open what this one made: an older one moves no counts.
const SERVES: usize = 11;

/// How long one migration may take: a table of ten million rows may be written anew.
const LONG: Duration = Duration::from_secs(3600);

/// The newest version that this program knows; a test has programs that know more.
pub(crate) fn newest() -> usize {
    SQLITE.len() + tegata_fault::migrations().len()
}

fn oldest_served() -> usize {
    tegata_fault::serves().unwrap_or(SERVES)
}

/// Brings a database of SQLite to the version of this program.
pub(crate) fn sqlite(connection: &Connection, mode: Mode) -> Result<(), Error> {
    let version: usize = connection.only("pragma user_version", NONE, |row| row.get::<i64>(0))? as usize;
    let application: i32 = connection.only("pragma application_id", NONE, |row| row.get(0))?;
    if mode == Mode::Existing && application != APPLICATION_ID {
        return Err(Error::new(ErrorKind::Version, "tegata.db was not made by tegata; give the right --data"));
    }
    if version > newest() {
        return Err(newer("data folder", version));
    }
    for (number, text) in SQLITE.iter().enumerate().skip(version) {
        connection.run(&format!(
            "begin immediate; {text} pragma user_version = {}; pragma application_id = {APPLICATION_ID}; commit;",
            number + 1
        ))?;
    }
    Ok(())
}

fn newer(what: &str, version: usize) -> Error {
    let newest = newest();
    let text = format!("the {what} has version {version}, this program knows {newest}; run the newer tegata");
    Error::new(ErrorKind::Version, text)
}

/// Brings a database of PostgreSQL to the version of this program, in a transaction of the caller's.
///
/// A program goes on beside one of the next version, so a migration only adds; what it no longer needs goes with the
/// version after. `serves` says which programs may still open it.
pub(crate) fn postgres(connection: &Connection, mode: Mode) -> Result<(), Error> {
    let there = "select count(*) from information_schema.tables
        where table_schema = current_schema() and table_name = 'tegata_schema'";
    let made = connection.only(there, NONE, |row| row.get::<i64>(0))? == 1;
    match (mode, made) {
        (Mode::Create, true) => {
            return Err(Error::new(ErrorKind::InUse, "the database holds a platform already; nothing was changed"));
        }
        (Mode::Existing | Mode::Reading, false) => {
            let hint = "`tegata init --data DIR --store URL` makes a platform there";
            return Err(Error::new(ErrorKind::Version, format!("the database holds no platform; {hint}")));
        }
        (Mode::Create, false) => {
            connection.run(
                "create table tegata_schema (version bigint not null, serves bigint not null);
                 insert into tegata_schema (version, serves) values (0, 0)",
            )?;
        }
        (Mode::Existing | Mode::Reading, true) => {}
    }
    let read = |row: &Row<'_>| Ok((row.get::<i64>(0)? as usize, row.get::<i64>(1)? as usize));
    let (version, serves) = connection.only("select version, serves from tegata_schema", NONE, read)?;
    if serves > newest() {
        return Err(newer("database", version));
    }
    if version < newest() && mode == Mode::Reading {
        let text = format!("the data has version {version}, this program {}; run `tegata serve` once", newest());
        return Err(Error::new(ErrorKind::Version, text));
    }
    let later = tegata_fault::migrations();
    for text in POSTGRES.iter().copied().chain(later.iter().map(String::as_str)).skip(version) {
        match connection.postgres() {
            Some(link) => link.run_long(text, LONG)?,
            None => connection.run(text)?,
        }
    }
    if version < newest() {
        let text = "update tegata_schema set version = $1, serves = $2";
        connection.execute(text, [newest() as i64, oldest_served() as i64])?;
        tracing::info!(from = version, to = newest(), "the database was brought to the version of this program");
    }
    Ok(())
}

/// Whether the database still is one that this program may write to: a newer one may have changed it meanwhile. Asked in
/// every transaction, behind the lock that a migration holds too.
pub(crate) fn served(connection: &Connection) -> Result<(), Error> {
    let read = |row: &Row<'_>| Ok((row.get::<i64>(0)? as usize, row.get::<i64>(1)? as usize));
    let (version, serves) = connection.only("select version, serves from tegata_schema", NONE, read)?;
    if serves > newest() { Err(newer("database", version)) } else { Ok(()) }
}
