//! Migrations: numbered files, applied in order; `PRAGMA user_version` holds the last.

use crate::Mode;
use crate::engine::APPLICATION_ID;
use crate::error::{Error, ErrorKind};
use rusqlite::Connection;

const MIGRATIONS: &[&str] = &[
    include_str!("migrations/sqlite/0001_first_light.sql"),
    include_str!("migrations/sqlite/0002_line.sql"),
    include_str!("migrations/sqlite/0003_owner.sql"),
    include_str!("migrations/sqlite/0004_release.sql"),
    include_str!("migrations/sqlite/0005_heart.sql"),
    include_str!("migrations/sqlite/0006_target_token.sql"),
    include_str!("migrations/sqlite/0007_notice.sql"),
    include_str!("migrations/sqlite/0009_plan.sql"),
];

/// The newest version that this program knows.
pub(crate) fn newest() -> usize {
    MIGRATIONS.len()
}

/// Brings a database to the version of this program.
pub(crate) fn run(connection: &Connection, mode: Mode) -> Result<(), Error> {
    let version: usize = connection.query_row("pragma user_version", [], |row| row.get::<_, i64>(0))? as usize;
    let application: i32 = connection.query_row("pragma application_id", [], |row| row.get(0))?;
    let (ours, newest) = (application == APPLICATION_ID, MIGRATIONS.len());
    if mode == Mode::Existing && !ours {
        return Err(Error::new(ErrorKind::Version, "tegata.db was not made by tegata; give the right --data"));
    }
    if version > newest {
        let text = format!("the data folder has version {version}, this program knows {newest}; run the newer tegata");
        return Err(Error::new(ErrorKind::Version, text));
    }
    for (number, text) in MIGRATIONS.iter().enumerate().skip(version) {
        connection.execute_batch(&format!(
            "begin immediate; {text} pragma user_version = {}; pragma application_id = {APPLICATION_ID}; commit;",
            number + 1
        ))?;
    }
    Ok(())
}
