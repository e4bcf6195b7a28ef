//! Campaigns and their groups: SQL.

use crate::action;
use crate::engine::{Connection, Row, code, params, time, uuid};
use crate::{Error, Store};
use serde_json::{Value, json};
use std::time::Duration;
use tegata_domain::action::ActionState;
use tegata_domain::campaign::{
    Campaign, CampaignState, CampaignStep, Candidate, Counts, Extent, Fill, Group, GroupState, Selection,
};
use tegata_domain::device::{Condition, Stage};
use tegata_domain::id::{CampaignRow, DeviceRow, OrganisationRow, ProductRow, ReleaseRow, Uuid};
use tegata_domain::stop::{Share, StopRule};
use tegata_domain::time::Timestamp;

const COLUMNS: &str =
    "id, uid, organisation, release, product, by_maker, state, reason, moves, selection, forced, consent,
    span, failure_limit, least, at_once, busy, targets, current, skipped, settled, created_at, ended_at";

fn read(row: &Row<'_>) -> Result<Campaign, Error> {
    Ok(Campaign {
        row: CampaignRow(row.get(0)?),
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        release: ReleaseRow(row.get(3)?),
        product: ProductRow(row.get(4)?),
        by_maker: row.get(5)?,
        state: code(row, 6, &CampaignState::ALL)?,
        reason: row.get(7)?,
        moves: row.get(8)?,
        selection: selection(row.get::<&str>(9)?),
        forced: row.get(10)?,
        consent: row.get(11)?,
        span: Duration::from_secs(row.get::<u32>(12)?.into()),
        rule: StopRule { limit: Share::hundredths(row.get(13)?), least: row.get(14)? },
        at_once: row.get(15)?,
        busy: row.get(16)?,
        targets: row.get(17)?,
        current: row.get(18)?,
        skipped: row.get(19)?,
        settled: row.get(20)?,
        created_at: time(row, 21)?,
        ended_at: row.get::<Option<i64>>(22)?.map(Timestamp::from_millis),
    })
}

fn text(s: &Selection) -> String {
    let devices: Vec<i64> = s.devices.iter().map(|device| device.0).collect();
    let (stage, share) = (s.stage.map(|stage| stage as u8), s.share.map(Share::get));
    json!({ "devices": devices, "stage": stage, "version": s.version, "share": share }).to_string()
}

fn selection(text: &str) -> Selection {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    let devices = value["devices"].as_array().into_iter().flatten().filter_map(Value::as_i64).map(DeviceRow);
    Selection {
        devices: devices.collect(),
        stage: value["stage"].as_u64().and_then(|code| Stage::from_code(code as u8)),
        version: value["version"].as_str().map(str::to_owned),
        share: value["share"].as_u64().map(|share| Share::hundredths(share as u32)),
    }
}

/// False where one with its id exists.
pub(crate) fn insert(c: &Connection, x: &Campaign, groups: &[Group]) -> Result<bool, Error> {
    let sql = format!(
        "insert into campaign ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
         $17, $18, $19, $20, $21, $22, $23) on conflict do nothing"
    );
    let written = c.execute(
        &sql,
        params![
            x.row.0,
            x.uid.as_bytes(),
            x.organisation.0,
            x.release.0,
            x.product.0,
            x.by_maker,
            x.state as u8,
            x.reason,
            x.moves,
            text(&x.selection),
            x.forced,
            x.consent,
            x.span.as_secs() as i64,
            x.rule.limit.get(),
            x.rule.least,
            x.at_once,
            x.busy,
            x.targets,
            x.current,
            x.skipped,
            x.settled,
            x.created_at.millis(),
            x.ended_at.map(Timestamp::millis),
        ],
    )?;
    if written == 0 {
        return Ok(false);
    }
    let sql = "insert into campaign_group (campaign, number, share, devices, success, state, size, threshold, cursor)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    for g in groups {
        let (share, devices) = match g.extent {
            Extent::Share(share) => (Some(share.get()), None),
            Extent::Devices(devices) => (None, Some(devices)),
        };
        let state = g.state as u8;
        let values = (x.row.0, g.number, share, devices, g.success, state, g.size, g.threshold, g.cursor.0);
        c.execute(sql, values)?;
    }
    Ok(true)
}

/// False where it moved meanwhile. Counters are not written: they move with actions.
pub(crate) fn step(c: &Connection, step: &CampaignStep) -> Result<bool, Error> {
    let x = &step.campaign;
    let sql = "update campaign set state = $3, reason = $4, moves = $2 + 1, targets = $5, current = $6, settled = $7,
        ended_at = $8 where id = $1 and moves = $2";
    let ended = x.ended_at.map(Timestamp::millis);
    let values = (x.row.0, step.decided_on, x.state as u8, &x.reason, x.targets, x.current, x.settled, ended);
    if c.execute(sql, values)? == 0 {
        return Ok(false);
    }
    let sql = "update campaign_group set state = $3, size = $4, threshold = $5, cursor = $6, opened_at = $7
        where campaign = $1 and number = $2";
    for g in &step.groups {
        let opened = g.opened_at.map(Timestamp::millis);
        c.execute(sql, (x.row.0, g.number, g.state as u8, g.size, g.threshold, g.cursor.0, opened))?;
    }
    Ok(true)
}

/// False where the group's cursor moved meanwhile, or the campaign does not run. A device that moved meanwhile is
/// skipped and counted.
pub(crate) fn fill(c: &Connection, fill: &Fill) -> Result<bool, Error> {
    let sql = "update campaign_group set cursor = $4, state = $5 where campaign = $1 and number = $2 and cursor = $3
        and state = 1 and exists (select 1 from campaign where id = $1 and state = 0)";
    let state = if fill.filled { GroupState::Filled } else { GroupState::Filling } as u8;
    if c.execute(sql, (fill.campaign.0, fill.group, fill.from.0, fill.to.0, state))? == 0 {
        return Ok(false);
    }
    let mut skipped = fill.skipped;
    for entry in &fill.entries {
        let free = match &entry.superseded {
            Some(step) => action::step(c, step)?,
            None => true,
        };
        skipped += u32::from(!(free && action::insert(c, &entry.action, entry.period)?));
    }
    if skipped > 0 {
        let sql = "update campaign set skipped = skipped + $2 where id = $1";
        c.execute(sql, (fill.campaign.0, skipped))?;
    }
    Ok(true)
}

fn read_group(row: &Row<'_>) -> Result<Group, Error> {
    let share = row.get::<Option<u32>>(1)?.map(|share| Extent::Share(Share::hundredths(share)));
    let devices = row.get::<Option<u32>>(2)?.map(Extent::Devices);
    let mut counts = Counts::default();
    for (i, count) in counts.0.iter_mut().enumerate() {
        *count = row.get(9 + i)?;
    }
    Ok(Group {
        number: row.get(0)?,
        extent: share.or(devices).unwrap_or(Extent::Share(Share::ALL)),
        success: row.get(3)?,
        state: code(row, 4, &GroupState::ALL)?,
        size: row.get(5)?,
        threshold: row.get(6)?,
        cursor: DeviceRow(row.get(7)?),
        opened_at: row.get::<Option<i64>>(8)?.map(Timestamp::from_millis),
        counts,
    })
}

/// Which devices of a campaign's reach are looked at.
#[derive(Debug, Clone, Copy)]
pub struct Chosen {
    /// The campaign's organisation.
    pub organisation: OrganisationRow,
    /// The product.
    pub product: ProductRow,
    /// Whether the organisation is its maker: then all that it made, else those that it owns.
    pub by_maker: bool,
}

/// Reads of campaigns.
pub struct Campaigns<'a>(&'a Store);

impl Store {
    /// Reads of campaigns.
    pub fn campaign(&self) -> Campaigns<'_> {
        Campaigns(self)
    }
}

impl Campaigns<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: CampaignRow) -> Result<Option<Campaign>, Error> {
        let sql = format!("select {COLUMNS} from campaign where id = $1");
        self.0.read(|c| c.one(&sql, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Campaign>, Error> {
        let sql = format!("select {COLUMNS} from campaign where uid = $1");
        self.0.read(|c| c.one(&sql, [uid.as_bytes()], read))
    }

    /// Those of an organisation after `after`, at most `limit`.
    pub async fn page(
        &self,
        organisation: OrganisationRow,
        after: CampaignRow,
        limit: u32,
    ) -> Result<Vec<Campaign>, Error> {
        let sql = format!("select {COLUMNS} from campaign where organisation = $1 and id > $2 order by id limit $3");
        let values = (organisation.0, after.0, limit);
        self.0.read(|c| c.all(&sql, values, read))
    }

    /// Those that something may be left to do for, after `after`, at most `limit`.
    pub async fn unsettled(&self, after: CampaignRow, limit: u32) -> Result<Vec<Campaign>, Error> {
        let sql = format!("select {COLUMNS} from campaign where settled = 0 and id > $1 order by id limit $2");
        self.0.read(|c| c.all(&sql, (after.0, limit), read))
    }

    /// The groups of a campaign, in order.
    pub async fn groups(&self, campaign: CampaignRow) -> Result<Vec<Group>, Error> {
        let counters = ActionState::ALL.map(ActionState::name).join(", ");
        let sql = format!(
            "select number, share, devices, success, state, size, threshold, cursor, opened_at, {counters}
             from campaign_group where campaign = $1 order by number"
        );
        self.0.read(|c| c.all(&sql, [campaign.0], read_group))
    }

    /// Devices within reach after `after`: `limit` are looked at.
    pub async fn candidates(&self, of: Chosen, after: DeviceRow, limit: u32) -> Result<Vec<Candidate>, Error> {
        let reach = match of.by_maker {
            true => "maker = $1 and cast($2 as bigint) = $2",
            false => "owner = $1 and product = $2 and owner <> maker",
        };
        let sql = format!(
            "select d.id, d.product, d.stage, d.condition, d.confirmed, r.version, d.period
             from (select id, product, stage, condition, confirmed, period from device where {reach} and id > $3
                   order by id limit $4) d left join running r on r.device = d.id order by d.id"
        );
        let values = (of.organisation.0, of.product.0, after.0, limit);
        self.0.read(|c| c.all(&sql, values, read_candidate))
    }

    /// One device, if it lies within reach.
    pub async fn candidate(&self, of: Chosen, device: DeviceRow) -> Result<Option<Candidate>, Error> {
        let sql = "select d.id, d.product, d.stage, d.condition, d.confirmed, r.version, d.period from device d
            left join running r on r.device = d.id
            where d.id = $1 and d.product = $2 and (d.owner = $3 or (cast($4 as bigint) = 1 and d.maker = $3))";
        let values = (device.0, of.product.0, of.organisation.0, of.by_maker);
        self.0.read(|c| c.one(sql, values, read_candidate))
    }
}

fn read_candidate(row: &Row<'_>) -> Result<Candidate, Error> {
    Ok(Candidate {
        device: DeviceRow(row.get(0)?),
        product: ProductRow(row.get(1)?),
        stage: code(row, 2, &Stage::ALL)?,
        condition: code(row, 3, &Condition::ALL)?,
        confirmed: row.get(4)?,
        version: row.get(5)?,
        period: row.get(6)?,
    })
}
