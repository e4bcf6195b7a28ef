//! Bulks, the devices in them, and what became of each: SQL.
//!
//! Invariant: a device of a bulk leaves *waiting* once, in the transaction that touches it, and only while the bulk runs.

use crate::apply::guard;
use crate::engine::{Connection, NONE, Row, Value, code, params, time, uuid};
use crate::{Error, ErrorKind, Store};
use tegata_domain::bulk::{Bulk, BulkCounts, BulkPlace, BulkState, BulkWrite, Gathered, Halt, KEPT, OPEN_MAX, Outcome};
use tegata_domain::change::Refused;
use tegata_domain::device::{Condition, Stage};
use tegata_domain::filter::Filter;
use tegata_domain::id::{AccountRow, BulkRow, DeviceRow, LoginRow, OrganisationRow, ProductRow, TokenRow, Uuid};
use tegata_domain::permit::{Operation, Right};
use tegata_domain::time::Timestamp;

const COLUMNS: &str =
    "id, uid, organisation, account, right_kind, right_row, operation, reason, query, upto, cursor, state,
    halt, chosen, left_out, done, passed, moves, created_at, gathered_at, started_at, ended_at";

/// The most places of one bulk that are read.
const PLACES: u32 = 2000;
/// How many devices, or bulks without any, are forgotten at once.
const SWEPT: u32 = 2000;

fn read(row: &Row<'_>) -> Result<Bulk, Error> {
    let broken = |what: &str| Error::new(ErrorKind::Broken, format!("a bulk has an unknown {what}"));
    let moment = |column| Ok::<_, Error>(row.get::<Option<i64>>(column)?.map(Timestamp::from_millis));
    let count = |column| Ok::<_, Error>(row.get::<i64>(column)? as u64);
    let name: &str = row.get(6)?;
    let halt = match row.get::<Option<u8>>(12)? {
        Some(_) => Some(code(row, 12, &Halt::ALL)?),
        None => None,
    };
    Ok(Bulk {
        row: BulkRow(row.get(0)?),
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        account: row.get::<Option<i64>>(3)?.map(AccountRow),
        right: match row.get::<u8>(4)? {
            0 => Right::Login(LoginRow(row.get(5)?)),
            _ => Right::Token(TokenRow(row.get(5)?)),
        },
        operation: Operation::listed().find(|one| one.name() == name).ok_or_else(|| broken("act"))?,
        reason: row.get(7)?,
        filter: Filter::parse(row.get(8)?).map_err(|_| broken("filter"))?,
        upto: DeviceRow(row.get(9)?),
        cursor: DeviceRow(row.get(10)?),
        state: code(row, 11, &BulkState::ALL)?,
        halt,
        counts: BulkCounts { chosen: count(13)?, left: count(14)?, done: count(15)?, passed: count(16)? },
        moves: row.get(17)?,
        created_at: time(row, 18)?,
        gathered_at: moment(19)?,
        started_at: moment(20)?,
        ended_at: moment(21)?,
    })
}

fn right(right: Right) -> (u8, i64) {
    match right {
        Right::Login(row) => (0, row.0),
        Right::Token(row) => (1, row.0),
    }
}

pub(crate) fn apply(c: &Connection, write: &BulkWrite) -> Result<Result<(), Refused>, Error> {
    Ok(match write {
        BulkWrite::New(bulk) => insert(c, bulk)?,
        BulkWrite::Gather(gathered) => guard(gather(c, gathered)?, Refused::Stale),
        BulkWrite::Step(bulk) => guard(step(c, bulk)?, Refused::Stale),
        BulkWrite::Device(bulk, device, outcome) => guard(became(c, *bulk, *device, *outcome)?, Refused::Stale),
    })
}

/// Refused where one with its id exists, or its organisation has as many under way as it may.
fn insert(c: &Connection, b: &Bulk) -> Result<Result<(), Refused>, Error> {
    let text =
        "insert into bulk (id, uid, organisation, account, right_kind, right_row, operation, reason, query, upto,
        cursor, state, halt, chosen, left_out, done, passed, moves, created_at, gathered_at, started_at, ended_at)
        select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, null, 0, 0, 0, 0, 0, $12, null, null, null
        where (select count(*) from bulk where organisation = $3 and ended_at is null) < $13 on conflict do nothing";
    let (kind, row) = right(b.right);
    let (operation, query) = (b.operation.name(), b.filter.to_string());
    let inserted = c.execute(
        text,
        params![
            b.row.0,
            b.uid.as_bytes(),
            b.organisation.0,
            b.account.map(|account| account.0),
            kind,
            row,
            operation,
            b.reason,
            query,
            b.upto.0,
            b.state as u8,
            b.created_at.millis(),
            OPEN_MAX,
        ],
    )?;
    if inserted == 1 {
        return Ok(Ok(()));
    }
    let there = c.one("select 1 from bulk where uid = $1", [b.uid.as_bytes()], |_| Ok(()))?.is_some();
    Ok(Err(if there { Refused::Exists } else { Refused::Full }))
}

/// False where it does not gather any more, or others looked at these.
fn gather(c: &Connection, g: &Gathered) -> Result<bool, Error> {
    let passed = g.devices.iter().filter(|(_, outcome)| outcome.is_passed()).count();
    let text = "update bulk set cursor = $3, chosen = chosen + $4, left_out = left_out + $5, state = $6,
        gathered_at = $7, moves = moves + 1 where id = $1 and cursor = $2 and state = 0";
    let state = if g.all_at.is_some() { BulkState::Ready } else { BulkState::Gathering };
    let (chosen, left) = ((g.devices.len() - passed) as i64, passed as i64);
    let all_at = g.all_at.map(Timestamp::millis);
    if c.execute(text, (g.bulk.0, g.from.0, g.to.0, chosen, left, state as u8, all_at))? == 0 {
        return Ok(false);
    }
    let text = "insert into bulk_device (bulk, device, outcome) values ($1, $2, $3) on conflict do nothing";
    let device = |(device, outcome): &(DeviceRow, Outcome)| {
        [Value::Int(g.bulk.0), Value::Int(device.0), Value::Int(*outcome as i64)]
    };
    c.insert_all(text, g.devices.iter().map(device))?;
    let text = "insert into bulk_place (bulk, product, stage, condition, outcome, devices)
        values ($1, $2, $3, $4, $5, $6)
        on conflict (bulk, product, stage, condition, outcome) do update set
            devices = bulk_place.devices + excluded.devices";
    let place = |(place, devices): &(BulkPlace, u64)| {
        let BulkPlace { product, stage, condition, outcome } = *place;
        let codes = [stage as i64, condition as i64, outcome as i64, *devices as i64].map(Value::Int);
        let [stage, condition, outcome, devices] = codes;
        [Value::Int(g.bulk.0), Value::Int(product.0), stage, condition, outcome, devices]
    };
    c.insert_all(text, g.places.iter().map(place))?;
    Ok(true)
}

/// False where it moved meanwhile. How many are where moves with the devices.
fn step(c: &Connection, b: &Bulk) -> Result<bool, Error> {
    let text = "update bulk set state = $3, halt = $4, right_kind = $5, right_row = $6, account = $7, started_at = $8,
        ended_at = $9, moves = $2 + 1 where id = $1 and moves = $2";
    let (kind, row) = right(b.right);
    let moment = |at: Option<Timestamp>| at.map(Timestamp::millis);
    let (halt, account) = (b.halt.map(|halt| halt as u8), b.account.map(|account| account.0));
    let (state, started, ended) = (b.state as u8, moment(b.started_at), moment(b.ended_at));
    Ok(c.execute(text, (b.row.0, b.moves, state, halt, kind, row, account, started, ended))? == 1)
}

/// False where the bulk does not run any more, or the device does not wait in it.
fn became(c: &Connection, bulk: BulkRow, device: DeviceRow, outcome: Outcome) -> Result<bool, Error> {
    let text = "update bulk set done = done + $2, passed = passed + $3 where id = $1 and state = 2";
    let passed = outcome.is_passed();
    if c.execute(text, (bulk.0, !passed, passed))? == 0 {
        return Ok(false);
    }
    let text = "update bulk_device set outcome = $3 where bulk = $1 and device = $2 and outcome = 0";
    if c.execute(text, (bulk.0, device.0, outcome as u8))? == 1 {
        return Ok(true);
    }
    let text = "update bulk set done = done - $2, passed = passed - $3 where id = $1";
    c.execute(text, (bulk.0, !passed, passed))?;
    Ok(false)
}

/// Reads of bulks.
pub struct Bulks<'a>(&'a Store);

impl Store {
    /// Reads of bulks.
    pub fn bulk(&self) -> Bulks<'_> {
        Bulks(self)
    }
}

fn device(row: &Row<'_>) -> Result<(DeviceRow, Outcome), Error> {
    Ok((DeviceRow(row.get(0)?), code(row, 1, &Outcome::ALL)?))
}

impl Bulks<'_> {
    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Bulk>, Error> {
        let text = format!("select {COLUMNS} from bulk where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// Those of an organisation before a row, newest first, at most `limit`.
    pub async fn before(&self, organisation: OrganisationRow, before: i64, limit: u32) -> Result<Vec<Bulk>, Error> {
        let text = format!("select {COLUMNS} from bulk where organisation = $1 and id < $2 order by id desc limit $3");
        self.0.read(|c| c.all(&text, (organisation.0, before, limit), read))
    }

    /// Those whose devices are being looked at, in the order in which they were asked for, at most `limit`.
    pub async fn gathering(&self, limit: u32) -> Result<Vec<Bulk>, Error> {
        let text = format!("select {COLUMNS} from bulk where state = 0 order by id limit $1");
        self.0.read(|c| c.all(&text, [limit], read))
    }

    /// Those that run, in the order in which they were asked for, at most `limit`.
    pub async fn running(&self, limit: u32) -> Result<Vec<Bulk>, Error> {
        let text = format!("select {COLUMNS} from bulk where state = 2 order by id limit $1");
        self.0.read(|c| c.all(&text, [limit], read))
    }

    /// The newest device there is.
    pub async fn newest_device(&self) -> Result<DeviceRow, Error> {
        let text = "select coalesce(max(id), 0) from device";
        Ok(DeviceRow(self.0.read(|c| c.only(text, NONE, |row| row.get(0)))?))
    }

    /// The next devices of a bulk that wait, at most `limit`.
    pub async fn waiting(&self, bulk: BulkRow, limit: u32) -> Result<Vec<DeviceRow>, Error> {
        let text = "select device from bulk_device where bulk = $1 and outcome = 0 order by device limit $2";
        self.0.read(|c| c.all(text, (bulk.0, limit), |row| Ok(DeviceRow(row.get(0)?))))
    }

    /// The devices of a bulk after one, at most `limit`, each with what became of it.
    pub async fn devices(
        &self,
        bulk: BulkRow,
        after: DeviceRow,
        limit: u32,
    ) -> Result<Vec<(DeviceRow, Outcome)>, Error> {
        let text = "select device, outcome from bulk_device where bulk = $1 and device > $2 order by device limit $3";
        self.0.read(|c| c.all(text, (bulk.0, after.0, limit), device))
    }

    /// The same of those that were passed over.
    pub async fn passed(
        &self,
        bulk: BulkRow,
        after: DeviceRow,
        limit: u32,
    ) -> Result<Vec<(DeviceRow, Outcome)>, Error> {
        let text = "select device, outcome from bulk_device
            where bulk = $1 and device > $2 and outcome > 1 order by device limit $3";
        self.0.read(|c| c.all(text, (bulk.0, after.0, limit), device))
    }

    /// Where the devices of a bulk stood when they were looked at.
    pub async fn places(&self, bulk: BulkRow) -> Result<Vec<(BulkPlace, u64)>, Error> {
        let text = "select product, stage, condition, outcome, devices from bulk_place
            where bulk = $1 order by product, stage, condition, outcome limit $2";
        let read = |row: &Row<'_>| {
            let place = BulkPlace {
                product: ProductRow(row.get(0)?),
                stage: code(row, 1, &Stage::ALL)?,
                condition: code(row, 2, &Condition::ALL)?,
                outcome: code(row, 3, &Outcome::ALL)?,
            };
            Ok((place, row.get::<i64>(4)? as u64))
        };
        self.0.read(|c| c.all(text, (bulk.0, PLACES), read))
    }

    /// Forgets some of a bulk that is over since long, that nobody confirmed since `unconfirmed`, or that was withdrawn
    /// before `withdrawn`; false where there is none.
    pub async fn sweep(&self, now: Timestamp, unconfirmed: Timestamp, withdrawn: Timestamp) -> Result<bool, Error> {
        let (over, unconfirmed, withdrawn) = (now.minus(KEPT).millis(), unconfirmed.millis(), withdrawn.millis());
        let task = move |c: &Connection| {
            let text = "select id from bulk where ended_at < $1 or (started_at is null and ended_at < $3)
                or (started_at is null and state <> 0 and created_at < $2) order by created_at limit 1";
            let Some(bulk) = c.one(text, (over, unconfirmed, withdrawn), |row| row.get::<i64>(0))? else {
                return Ok(false);
            };
            let text = "delete from bulk_device where bulk = $1 and device in
                (select device from bulk_device where bulk = $1 order by device limit $2)";
            if c.execute(text, (bulk, SWEPT))? == 0 {
                c.execute("delete from bulk_place where bulk = $1", [bulk])?;
                c.execute("delete from bulk where id = $1", [bulk])?;
            }
            Ok(true)
        };
        self.0.0.committer.task(task).await
    }
}
