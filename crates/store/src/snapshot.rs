//! Copies of the database for backups: taken while a server writes, split in a lasting and a fading part, and put
//! together again.
//!
//! Why here and not over [`Store`]: the data folder may be in use by another process, whose lock is left alone.
//! Invariant: a copy is the database at one moment, that of the first read.

use crate::Store;
use crate::engine::sqlite::APPLICATION_ID;
use crate::engine::{self, NONE};
use crate::error::{Error, ErrorKind};
use crate::migrate;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};
use std::collections::BTreeMap;
use std::path::Path;

/// Name of the database inside a data folder.
pub const DATABASE: &str = "tegata.db";
/// Name of the fading part beside a copy.
pub const FADING: &str = "fading.db";

/// Pages that are copied at once.
const PAGES: i32 = 2048;

/// Rows of every table.
pub type Counts = BTreeMap<String, u64>;

fn open(path: &Path, write: bool) -> Result<Connection, Error> {
    let mode = if write { OpenFlags::SQLITE_OPEN_READ_WRITE } else { OpenFlags::SQLITE_OPEN_READ_ONLY };
    if !path.exists() {
        let text = format!("{} is absent; `tegata init --data DIR` makes a data folder", path.display());
        return Err(Error::new(ErrorKind::Version, text));
    }
    Ok(Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?)
}

/// Refuses what is no database of ours, or one of a newer program; answers its version.
pub(crate) fn check(c: &Connection) -> Result<usize, Error> {
    let application: i32 = c.query_row("pragma application_id", [], |row| row.get(0))?;
    let version = c.query_row("pragma user_version", [], |row| row.get::<_, i64>(0))? as usize;
    if application != APPLICATION_ID {
        return Err(Error::new(ErrorKind::Version, "tegata.db was not made by tegata; give the right --data"));
    }
    if version > migrate::newest() {
        let newest = migrate::newest();
        let text = format!("the data has version {version}, this program knows {newest}; run the newer tegata");
        return Err(Error::new(ErrorKind::Version, text));
    }
    Ok(version)
}

/// Copies the database of a data folder as it is now into `into`; a server may be writing meanwhile. `tell` hears how
/// many pages are done, and of how many.
pub fn copy(folder: &Path, into: &Path, tell: &dyn Fn(u64, u64)) -> Result<(), Error> {
    let source = open(&folder.join(DATABASE), false)?;
    // one read transaction over the whole copy: it is of one moment, and no writer makes it begin again
    source.execute_batch("begin")?;
    check(&source)?;
    source.query_row("select count(*) from log", [], |row| row.get::<_, i64>(0))?;
    let mut target = Connection::open(into.join(DATABASE))?;
    let backup = Backup::new(&source, &mut target)?;
    loop {
        let step = backup.step(PAGES)?;
        let progress = backup.progress();
        tell((progress.pagecount - progress.remaining) as u64, progress.pagecount as u64);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::Busy | StepResult::Locked => std::thread::sleep(std::time::Duration::from_millis(20)),
            _ => {}
        }
    }
}

/// Free and needed bytes, where the disk of a data folder has no room for a copy of its database and its parts.
pub fn room_for_copy(folder: &Path) -> Result<Option<(u64, u64)>, Error> {
    let stat = rustix::fs::statvfs(folder).map_err(|e| Error::from(std::io::Error::from(e)))?;
    let free = stat.f_bavail * stat.f_frsize;
    let needed = std::fs::metadata(folder.join(DATABASE))?.len() * 2 + (16 << 20);
    Ok((free < needed).then_some((free, needed)))
}

/// Rows of every table of the database in `folder`.
pub fn counts(folder: &Path) -> Result<Counts, Error> {
    let c = open(&folder.join(DATABASE), true)?;
    let mut tables = c.prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")?;
    let names: Vec<String> = tables.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let count = |name: String| {
        let text = format!("select count(*) from \"{name}\"");
        Ok((name, c.query_row(&text, [], |row| row.get::<_, i64>(0))? as u64))
    };
    names.into_iter().map(count).collect()
}

fn attach(folder: &Path) -> Result<Connection, Error> {
    let c = open(&folder.join(DATABASE), true)?;
    // a copy that breaks is thrown away, so it needs no journal; what leaves it is overwritten
    c.execute_batch("pragma journal_mode = delete; pragma journal_mode = off; pragma synchronous = off;")?;
    c.execute_batch("pragma secure_delete = on; pragma cache_size = -65536;")?;
    // attaching makes no file: an empty one is an empty database
    std::fs::OpenOptions::new().append(true).create(true).open(folder.join(FADING))?;
    c.execute("attach database ? as fading", [folder.join(FADING).display().to_string()])?;
    c.execute_batch("pragma fading.journal_mode = off; pragma fading.synchronous = off;")?;
    Ok(c)
}

/// Takes what fades out of a copy into a database of its own: epoch keys, and what events say.
pub fn split(folder: &Path) -> Result<(), Error> {
    let c = attach(folder)?;
    c.execute_batch(
        "create table fading.epoch (device integer not null, period integer not null, key blob not null,
            primary key (device, period)) without rowid;
         insert into fading.epoch select device, period, key from main.epoch;
         create table fading.payload (device integer not null, sequence integer not null, data text not null,
            primary key (device, sequence)) without rowid;
         insert into fading.payload select device, sequence, data from main.event;
         update main.event set data = '{}';
         delete from main.epoch;",
    )?;
    Ok(())
}

/// Puts the fading part back.
pub fn join(folder: &Path) -> Result<(), Error> {
    let c = attach(folder)?;
    c.execute_batch(
        "insert into main.epoch select * from fading.epoch;
         update main.event set data = (select data from fading.payload p
            where p.device = main.event.device and p.sequence = main.event.sequence);",
    )?;
    Ok(())
}

/// New epoch keys for the present period of every device of a copy whose own have faded: lives go on, what was said
/// before can no longer be opened.
pub fn begin_epochs(folder: &Path, key: &dyn Fn() -> [u8; 32]) -> Result<(), Error> {
    let c = open(&folder.join(DATABASE), true)?;
    c.execute_batch("pragma journal_mode = delete; pragma journal_mode = off; pragma synchronous = off; begin;")?;
    {
        let mut devices = c.prepare("select id, period from device order by id")?;
        let mut insert = c.prepare("insert into epoch (device, period, key) values (?, ?, ?)")?;
        let mut rows = devices.query([])?;
        while let Some(row) = rows.next()? {
            insert.execute((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?, key()))?;
        }
    }
    c.execute_batch("commit")?;
    Ok(())
}

/// How a restored platform goes on.
pub struct Beginning {
    /// Suffix of the origins of its logs.
    pub generation: String,
    /// Its new keys for the logs: name, version, sealed.
    pub log_keys: Vec<(&'static str, u8, Vec<u8>)>,
    /// How far row numbers of devices and certificates jump.
    pub far: i64,
    /// How far all other numbers jump, those of CRLs too.
    pub near: i64,
}

/// Counter row: what a counter that does not exist yet begins after.
pub(crate) const FLOOR: &str = "floor";

impl Store {
    /// Makes a restored platform go on under new origins, new log keys and numbers that were never given before.
    /// Nothing is published under the old ones any more, and the old keys of the logs are gone.
    pub async fn begin_again(&self, b: Beginning) -> Result<(), Error> {
        self.0.committer.task(move |c| begin_again(c, &b)).await?;
        self.0.counters.forget().await;
        Ok(())
    }
}

fn begin_again(c: &engine::Connection, b: &Beginning) -> Result<(), Error> {
    let far = format!("name in ('device', 'certificate', '{FLOOR}')");
    let text =
        format!("update counter set next = next + case when {far} then cast($1 as bigint) else cast($2 as bigint) end");
    c.execute(&text, [b.far, b.near])?;
    // also for counters that began after the backup, and do not exist in it
    let text = "insert into counter (name, next) values ($1, 1 + cast($2 as bigint)) on conflict (name) do nothing";
    c.execute(text, (FLOOR, b.far))?;
    c.execute("update crl set number = number + $1, stale = 1", [b.near])?;
    c.execute("update log set note = null, tiled = 0", NONE)?;
    // tokens that were given after the backup are unknown here, and nobody's fault
    crate::session::begin_epochs(c)?;
    for (name, version, sealed) in &b.log_keys {
        c.execute("delete from secret where name = $1", [name])?;
        let text = "insert into secret (name, version, from_row, sealed) values ($1, $2, 0, $3)";
        c.execute(text, (name, *version, sealed))?;
    }
    let text = "insert into meta (name, value) values ('generation', $1) on conflict (name) do update set value = $1";
    c.execute(text, [&b.generation])?;
    Ok(())
}
