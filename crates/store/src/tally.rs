//! How many devices stand where: SQL. Counts move with what they count, in the same transaction (ADR 28).
//!
//! Invariant: what stands in `tally` without a zero is what `group by` over all devices would say. Erased organisations
//! too: their devices keep their rows, which name nobody.

use crate::engine::{Connection, NONE, Row, Value, code};
use crate::{Error, Store};
use tegata_domain::device::{Condition, Stage};
use tegata_domain::id::{OrganisationRow, ProductRow, ReleaseRow};
use tegata_domain::tally::{Place, Side};

/// Counts of one organisation that are read at once: past them a page would show nothing that a person can read.
pub(crate) const MOST: i64 = 100_000;

/// Organisations whose devices are counted again in one statement.
const SPAN: i64 = 1000;

/// Moves counts, each by its delta; in the order of their keys.
pub(crate) fn settle(c: &Connection, deltas: &[(Place, i64)]) -> Result<(), Error> {
    if deltas.is_empty() {
        return Ok(());
    }
    let text = "insert into tally (organisation, side, product, release, stage, condition, devices)
        values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (organisation, side, product, release, stage, condition)
        do update set devices = tally.devices + excluded.devices";
    let rows = deltas.iter().map(|(place, by)| {
        [
            Value::Int(place.organisation.0),
            Value::Int(place.side as i64),
            Value::Int(place.product.0),
            Value::Int(place.release.map_or(0, |release| release.0)),
            Value::Int(place.stage as i64),
            Value::Int(place.condition as i64),
            Value::Int(*by),
        ]
    });
    c.insert_all(text, rows)?;
    Ok(())
}

/// A release as it stands beside counts: 0 is none.
pub(crate) fn release(row: &Row<'_>, column: usize) -> Result<Option<ReleaseRow>, Error> {
    Ok(Some(row.get(column)?).filter(|release| *release != 0).map(ReleaseRow))
}

/// From its columns in the order of the key.
fn place(row: &Row<'_>) -> Result<Place, Error> {
    Ok(Place {
        organisation: OrganisationRow(row.get(0)?),
        side: code(row, 1, &Side::ALL)?,
        product: ProductRow(row.get(2)?),
        release: release(row, 3)?,
        stage: code(row, 4, &Stage::ALL)?,
        condition: code(row, 5, &Condition::ALL)?,
    })
}

fn counted(row: &Row<'_>) -> Result<(Place, u64), Error> {
    Ok((place(row)?, row.get::<i64>(6)?.max(0) as u64))
}

/// A count that is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrong {
    /// Which.
    pub place: Place,
    /// Devices that stand there.
    pub devices: i64,
    /// Devices that the count says.
    pub count: i64,
}

/// Reads of counts, and what is done with them once a day.
pub struct Tallies<'a>(&'a Store);

impl Store {
    /// Reads of counts, and what is done with them once a day.
    pub fn tally(&self) -> Tallies<'_> {
        Tallies(self)
    }
}

impl Tallies<'_> {
    /// The counts of an organisation that are not zero.
    pub async fn of(&self, organisation: OrganisationRow) -> Result<Vec<(Place, u64)>, Error> {
        let text = "select organisation, side, product, release, stage, condition, devices from tally
            where organisation = $1 and devices > 0
            order by organisation, side, product, release, stage, condition limit $2";
        self.0.read(|c| c.all(text, (organisation.0, MOST), counted))
    }

    /// How an organisation stood at the begin of a day (days since 1970, UTC).
    pub async fn at(&self, organisation: OrganisationRow, day: i64) -> Result<Vec<(Place, u64)>, Error> {
        let text = "select organisation, side, product, release, stage, condition, devices from tally_day
            where organisation = $1 and day = $2
            order by organisation, day, side, product, release, stage, condition limit $3";
        self.0.read(|c| c.all(text, (organisation.0, day, MOST), counted))
    }

    /// The newest day before `day` that was written down for an organisation.
    pub async fn day_before(&self, organisation: OrganisationRow, day: i64) -> Result<Option<i64>, Error> {
        let text = "select day from tally_day where organisation = $1 and day < $2 order by organisation desc, day desc limit 1";
        self.0.read(|c| c.one(text, (organisation.0, day), |row| row.get(0)))
    }

    /// The last day that was written down for all.
    pub async fn written(&self) -> Result<Option<i64>, Error> {
        let text = "select value from meta where name = 'tally_day'";
        let value = self.0.read(|c| c.one(text, NONE, |row| row.get::<String>(0)))?;
        Ok(value.and_then(|value| value.parse().ok()))
    }

    /// Writes down how the next `limit` organisations after a row stand, at the begin of `day`, and sweeps what they have
    /// from before `oldest` and their empty counts. Answers the last of them; `None`: there are no more. What was written
    /// down for that day stays.
    pub async fn write_down(
        &self,
        after: OrganisationRow,
        (day, oldest): (i64, i64),
        limit: u32,
    ) -> Result<Option<OrganisationRow>, Error> {
        self.0.0.committer.task(move |c| write_down(c, after, (day, oldest), limit)).await
    }

    /// That day is written down for all.
    pub async fn finish(&self, day: i64) -> Result<(), Error> {
        let text =
            "insert into meta (name, value) values ('tally_day', $1) on conflict (name) do update set value = $1";
        self.0.0.committer.task(move |c| c.execute(text, [day.to_string()]).map(drop)).await
    }

    /// Puts counts right that a recount found wrong. What moved meanwhile stays: a delta is added.
    pub async fn mend(&self, wrong: &[Wrong]) -> Result<(), Error> {
        let mut deltas: Vec<_> = wrong.iter().map(|one| (one.place, one.devices - one.count)).collect();
        deltas.sort_unstable();
        self.0.0.committer.task(move |c| settle(c, &deltas)).await
    }

    /// Counts every device again, and answers the counts that are wrong, at most `limit`. It takes seconds where there
    /// are millions; each side of a thousand organisations is looked at as it is at one moment.
    pub async fn recount(&self, limit: u32) -> Result<Vec<Wrong>, Error> {
        let last = self.0.read(|c| {
            let whose = ["select max(owner) from device", "select max(maker) from device"];
            let all = whose.into_iter().chain(["select max(organisation) from tally"]);
            let each = all.map(|text| c.only(text, NONE, |row| row.get::<Option<i64>>(0)));
            Ok(each.collect::<Result<Vec<_>, Error>>()?.into_iter().flatten().max())
        })?;
        let (last, mut wrong, mut from) = (last.unwrap_or(0), Vec::new(), 0);
        while from < last && wrong.len() < limit as usize {
            for (side, text) in Side::ALL.into_iter().zip(recounts()) {
                let values = (from, from + SPAN, i64::from(limit));
                wrong.extend(self.0.read(|c| c.all(&text, values, |row| differs(row, side)))?);
            }
            from += SPAN;
        }
        wrong.truncate(limit as usize);
        Ok(wrong)
    }
}

/// Counts that are not what `group by` says, of organisations in a span: owned devices, then those that others own.
fn recounts() -> [String; 2] {
    [("owner", "1 = 1"), ("maker", "owner <> maker")].map(|(whose, only)| {
        let side = u8::from(whose == "maker");
        format!(
            "select coalesce(d.organisation, t.organisation), coalesce(d.product, t.product),
             coalesce(d.release, t.release), coalesce(d.stage, t.stage), coalesce(d.condition, t.condition),
             coalesce(d.devices, 0), coalesce(t.devices, 0)
             from (select {whose} as organisation, product, release, stage, condition, count(*) as devices from device
                where {whose} > $1 and {whose} <= $2 and {only}
                group by {whose}, product, release, stage, condition) d
             full join (select organisation, product, release, stage, condition, devices from tally
                where organisation > $1 and organisation <= $2 and side = {side} and devices <> 0) t
             on d.organisation = t.organisation and d.product = t.product and d.release = t.release
                and d.stage = t.stage and d.condition = t.condition
             where coalesce(d.devices, 0) <> coalesce(t.devices, 0) limit $3"
        )
    })
}

fn differs(row: &Row<'_>, side: Side) -> Result<Wrong, Error> {
    let place = Place {
        organisation: OrganisationRow(row.get(0)?),
        side,
        product: ProductRow(row.get(1)?),
        release: release(row, 2)?,
        stage: code(row, 3, &Stage::ALL)?,
        condition: code(row, 4, &Condition::ALL)?,
    };
    Ok(Wrong { place, devices: row.get(5)?, count: row.get(6)? })
}

fn write_down(
    c: &Connection,
    after: OrganisationRow,
    (day, oldest): (i64, i64),
    limit: u32,
) -> Result<Option<OrganisationRow>, Error> {
    let text = "select id from organisation where id > $1 order by id limit $2";
    let rows: Vec<i64> = c.all(text, (after.0, limit), |row| row.get(0))?;
    for row in &rows {
        let text = "insert into tally_day (organisation, day, side, product, release, stage, condition, devices)
            select organisation, $2, side, product, release, stage, condition, devices from tally
            where organisation = $1 and devices > 0 on conflict do nothing";
        c.execute(text, (*row, day))?;
        c.execute("delete from tally where organisation = $1 and devices = 0", [*row])?;
        c.execute("delete from tally_day where organisation = $1 and day < $2", (*row, oldest))?;
        c.execute("delete from pulse where organisation = $1 and hour < $2", (*row, oldest * 24))?;
    }
    Ok(rows.last().copied().map(OrganisationRow))
}
