//! Writing the database anew, after something was erased.

use crate::engine::postgres::Link;
use crate::engine::{Connection, NONE, Reads, Writer};
use crate::error::Error;
use std::time::Duration;

/// Notes that it is to be done at the next start.
pub(crate) const DUE: &str = "insert into meta (name, value) values ('compact', 'due') on conflict do nothing";
/// How long PostgreSQL may take for it.
const LONG: Duration = Duration::from_secs(600);

/// How often, and with how much time between, it is looked whether transactions that began earlier have ended.
pub(crate) const LOOKS: u32 = 100;
/// See [`LOOKS`].
pub(crate) const LOOK: Duration = Duration::from_millis(50);

/// The largest database that is written anew at once: all writes wait for it, some seconds a gigabyte.
const COMPACT_MAX: i64 = 2 << 30;

/// Deleted content is overwritten where it stood (secure_delete), but a page that was split before may keep a copy of
/// what moved, and the write-ahead log keeps older pages. Only a database that was written anew has neither.
pub(crate) fn compact(writer: &mut Writer, reads: &Reads) -> Result<bool, Error> {
    let connection = writer.connection()?;
    if let Some(link) = connection.postgres() {
        return rewrite(connection, link);
    }
    // a kept read would hold the log back
    reads.pause();
    let done = write_anew(connection);
    reads.go_on();
    done
}

/// A table written anew keeps no deleted row that nobody sees. Its write-ahead log and its archives are the
/// administrator's.
fn rewrite(connection: &Connection, link: &Link) -> Result<bool, Error> {
    let size = connection.only("select pg_database_size(current_database())", NONE, |row| row.get::<i64>(0))?;
    let how = if size > COMPACT_MAX { "" } else { "(full)" };
    tegata_fault::at(tegata_fault::Point::Folded);
    link.run_long(&format!("vacuum {how}"), LONG)?;
    link.run_long("vacuum (full) pg_statistic", LONG)?;
    connection.execute("delete from meta where name = 'compact'", NONE)?;
    Ok(size <= COMPACT_MAX)
}

/// Samples of values stand in the planner's table. New ones are taken before it is waited for those who see an earlier
/// moment, so that the old ones are among what nobody sees.
pub(crate) fn sample(connection: &Connection) -> Result<(), Error> {
    connection.postgres().map_or(Ok(()), |link| link.run_long("analyze", LONG))
}

/// Transactions of PostgreSQL that may see what an erasure deleted, when they are read after it and still run: those of
/// this database, and all that write anywhere on the server, since every later snapshot reaches back to these.
pub(crate) fn running(connection: &Connection) -> Result<Vec<String>, Error> {
    let text = "select coalesce(l.virtualxid, cast(l.transactionid as text))
        from pg_locks l left join pg_stat_activity a on a.pid = l.pid
        where l.granted and l.mode = 'ExclusiveLock' and l.pid is distinct from pg_backend_pid()
        and (l.locktype = 'transactionid' or l.locktype = 'virtualxid' and a.datname = current_database())";
    connection.all(text, NONE, |row| row.get(0))
}

/// At a start: whether all that run now have ended, within a while.
fn alone(connection: &Connection) -> Result<bool, Error> {
    let earlier = running(connection)?;
    for _ in 0..LOOKS {
        if !running(connection)?.iter().any(|one| earlier.contains(one)) {
            return Ok(true);
        }
        std::thread::sleep(LOOK);
    }
    Ok(false)
}

/// The copy that it makes meanwhile is as large as the database: a file, in the folder of `SQLITE_TMPDIR` or that of the
/// system.
fn vacuum(connection: &Connection) -> Result<(), Error> {
    connection.run("pragma temp_store = file")?;
    let done = connection.run("vacuum; delete from meta where name = 'compact'");
    connection.run("pragma temp_store = memory")?;
    done
}

fn write_anew(connection: &Connection) -> Result<bool, Error> {
    let number = |text| connection.only(text, NONE, |row| row.get::<i64>(0));
    let fold = || number("pragma wal_checkpoint(truncate)");
    let folded = fold()? == 0;
    tegata_fault::at(tegata_fault::Point::Folded);
    if number("pragma page_count")? * number("pragma page_size")? > COMPACT_MAX {
        connection.execute(DUE, NONE)?;
        return Ok(false);
    }
    vacuum(connection)?;
    let whole = fold()? == 0 && folded;
    if !whole {
        connection.execute(DUE, NONE)?;
    }
    Ok(whole)
}

/// Writes a database anew that was too large for that while it was in use. Where it cannot be done, the next start
/// tries again.
pub(crate) fn if_due(connection: &Connection) -> Result<(), Error> {
    let due: i64 = connection.only("select count(*) from meta where name = 'compact'", NONE, |row| row.get(0))?;
    if due == 0 {
        return Ok(());
    }
    tracing::info!("writing the database anew, so that nothing of what was erased is left; this takes a while");
    if let Some(link) = connection.postgres() {
        sample(connection)?;
        return if alone(connection)? { rewrite(connection, link).map(drop) } else { Ok(()) };
    }
    if let Err(error) = vacuum(connection).and_then(|()| connection.run("pragma wal_checkpoint(truncate)")) {
        tracing::warn!(%error, "the database was not written anew; it needs as much free disk as it has bytes");
    }
    Ok(())
}
