//! Actions: SQL.

use crate::engine::{Connection, Row, code, params, time};
use crate::error::ErrorKind;
use crate::{Error, Store};
use std::time::Duration;
use tegata_domain::action::{Action, ActionState, ActionStep, Installs, REASONS};
use tegata_domain::campaign::CampaignState;
use tegata_domain::device::Stage;
use tegata_domain::id::{ActionRow, CampaignRow, DeviceRow, OrganisationRow, ReleaseRow};
use tegata_domain::time::Timestamp;

const COLUMNS: &str = "a.id, a.device, a.campaign, a.number, a.release, a.state, a.forced, a.consent, a.span, a.moves,
    a.entries, a.offered_at, a.begun_at, a.installed_at, a.deadline, a.closed_at, a.step, a.steps, a.code, a.reason";

/// What a [`Live`] takes from the campaign.
const CAMPAIGN: &str = "c.state, case when c.busy < c.at_once then 1 else 0 end, case when c.by_maker = 1 then null
    else c.organisation end";

fn read(row: &Row<'_>) -> Result<Action, Error> {
    read_at(row, 0)
}

/// An action whose columns begin at `at`.
fn read_at(row: &Row<'_>, at: usize) -> Result<Action, Error> {
    let moment = |column| row.get::<Option<i64>>(at + column).map(|at| at.map(Timestamp::from_millis));
    let reason = row.get::<Option<u32>>(at + 19)?;
    Ok(Action {
        row: ActionRow(row.get(at)?),
        device: DeviceRow(row.get(at + 1)?),
        campaign: CampaignRow(row.get(at + 2)?),
        group: row.get(at + 3)?,
        release: ReleaseRow(row.get(at + 4)?),
        state: code(row, at + 5, &ActionState::ALL)?,
        forced: row.get(at + 6)?,
        consent: row.get(at + 7)?,
        span: Duration::from_secs(row.get::<u32>(at + 8)?.into()),
        moves: row.get(at + 9)?,
        entries: row.get(at + 10)?,
        offered_at: time(row, at + 11)?,
        begun_at: moment(12)?,
        installed_at: moment(13)?,
        deadline: moment(14)?,
        closed_at: moment(15)?,
        progress: row.get::<Option<u32>>(at + 16)?.zip(row.get(at + 17)?),
        code: row.get(at + 18)?,
        reason: reason.and_then(|code| REASONS.get(code as usize)).copied(),
    })
}

fn reason(action: &Action) -> Option<u32> {
    action.reason.and_then(|reason| REASONS.iter().position(|known| *known == reason)).map(|code| code as u32)
}

fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::millis)
}

/// False where the device has a live action, or one of this campaign, or is in another owner period, or ended meanwhile.
/// The counter of its group moves with it.
pub(crate) fn insert(c: &Connection, a: &Action, period: u32) -> Result<bool, Error> {
    let text =
        "insert into action (id, device, campaign, number, release, state, forced, consent, span, moves, entries,
        offered_at) select $1, id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12 from device
        where id = $2 and period = $13 and stage <> $14 on conflict do nothing";
    let written = c.execute(
        text,
        params![
            a.row.0,
            a.device.0,
            a.campaign.0,
            a.group,
            a.release.0,
            a.state as u8,
            a.forced,
            a.consent,
            a.span.as_secs() as i64,
            a.moves,
            a.entries,
            a.offered_at.millis(),
            period,
            Stage::Retired as u8,
        ],
    )?;
    if written == 1 {
        count(c, a, None)?;
    }
    Ok(written == 1)
}

/// Moves an action, and with it the counters of its group and campaign. False where it moved meanwhile, or where it
/// takes a place and its campaign has none.
pub(crate) fn step(c: &Connection, step: &ActionStep) -> Result<bool, Error> {
    let a = &step.action;
    let text =
        "update action set state = $3, moves = $4, entries = $5, begun_at = $6, installed_at = $7, deadline = $8,
        closed_at = $9, step = $10, steps = $11, code = $12, reason = $13 where id = $1 and moves = $2
        and ($14 = 0 or exists (select 1 from campaign where id = $15 and state = 0 and busy < at_once))";
    let written = c.execute(
        text,
        params![
            a.row.0,
            step.decided_on,
            a.state as u8,
            a.moves,
            a.entries,
            millis(a.begun_at),
            millis(a.installed_at),
            millis(a.deadline),
            millis(a.closed_at),
            a.progress.map(|p| p.0),
            a.progress.map(|p| p.1),
            a.code,
            reason(a),
            step.is_gated(),
            a.campaign.0,
        ],
    )?;
    if written == 0 {
        return Ok(false);
    }
    if step.before != a.state {
        count(c, a, Some(step.before))?;
    }
    if !step.messages.is_empty() {
        let text = "insert into action_message (action, sequence, at, text) values ($1, $2, $3, $4)";
        let list = serde_json::Value::from(step.messages.clone()).to_string();
        c.execute(text, (a.row.0, a.entries, step.at.millis(), list))?;
    }
    let installed = match step.installs {
        Installs::Keeps => return Ok(true),
        Installs::This => Some(a.row.0),
        Installs::Nothing => None,
    };
    let text = "insert into updating (device, wanted, installed) values ($1, 1, $2)
        on conflict (device) do update set wanted = 1, installed = $2";
    c.execute(text, (a.device.0, installed))?;
    Ok(true)
}

fn count(c: &Connection, a: &Action, from: Option<ActionState>) -> Result<(), Error> {
    let after = a.state.name();
    let moved = match from.map(ActionState::name) {
        Some(before) => {
            let text = format!(
                "update campaign_group set {before} = {before} - 1, {after} = {after} + 1
                 where campaign = $1 and number = $2 and {before} > 0"
            );
            c.execute(&text, (a.campaign.0, a.group))?
        }
        None => {
            let text = format!("update campaign_group set {after} = {after} + 1 where campaign = $1 and number = $2");
            c.execute(&text, (a.campaign.0, a.group))?
        }
    };
    let (was, is) = (from.is_some_and(ActionState::is_busy), a.state.is_busy());
    let busy = match (was, is) {
        (false, true) => c.execute("update campaign set busy = busy + 1 where id = $1", [a.campaign.0])?,
        (true, false) => c.execute("update campaign set busy = busy - 1 where id = $1 and busy > 0", [a.campaign.0])?,
        (true, true) | (false, false) => 1,
    };
    match (moved, busy) {
        (1, 1) => Ok(()),
        _ => Err(Error::new(ErrorKind::Broken, "the counters of a campaign do not fit its actions")),
    }
}

/// An action, and whether its campaign offers now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The action.
    pub action: Action,
    /// Where its campaign stands.
    pub campaign: CampaignState,
    /// Whether one more device may update at present.
    pub room: bool,
    /// Whose campaign it is; `None` where the maker's, whose reach is every device of its product.
    pub of: Option<OrganisationRow>,
}

fn read_live(row: &Row<'_>) -> Result<Live, Error> {
    read_live_at(row, 0)
}

fn read_live_at(row: &Row<'_>, at: usize) -> Result<Live, Error> {
    let campaign = code(row, at + 20, &CampaignState::ALL)?;
    let of = row.get::<Option<i64>>(at + 22)?.map(OrganisationRow);
    Ok(Live { action: read_at(row, at)?, campaign, room: row.get(at + 21)?, of })
}

/// What a poll asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visible {
    /// The live action, with its campaign.
    pub live: Option<Live>,
    /// The action that was installed last.
    pub installed: Option<ActionRow>,
    /// Whether attributes are wanted; also of a device that never was heard.
    pub wanted: bool,
}

/// Reads of actions.
pub struct Actions<'a>(&'a Store);

impl Store {
    /// Reads of actions.
    pub fn action(&self) -> Actions<'_> {
        Actions(self)
    }
}

impl Actions<'_> {
    /// What waits for a device, in one statement: the path of every poll.
    pub async fn visible(&self, device: DeviceRow) -> Result<Visible, Error> {
        let text = format!(
            "select coalesce(u.wanted, 1), u.installed, {COLUMNS}, {CAMPAIGN}
             from (select cast($1 as bigint) as device) d left join updating u on u.device = d.device
             left join action a on a.device = d.device and a.closed_at is null
             left join campaign c on c.id = a.campaign"
        );
        self.0.read(|c| {
            let read = |row: &Row<'_>| {
                let live = match row.get::<Option<i64>>(2)? {
                    Some(_) => Some(read_live_at(row, 2)?),
                    None => None,
                };
                let installed = row.get::<Option<i64>>(1)?.map(ActionRow);
                Ok(Visible { live, installed, wanted: row.get(0)? })
            };
            c.only(&text, [device.0], read)
        })
    }

    /// The live action of a device.
    pub async fn live_of(&self, device: DeviceRow) -> Result<Option<Action>, Error> {
        let text = format!("select {COLUMNS} from action a where a.device = $1 and a.closed_at is null");
        self.0.read(|c| c.one(&text, [device.0], read))
    }

    /// One, by its row.
    pub async fn by_row(&self, row: ActionRow) -> Result<Option<Live>, Error> {
        let text = format!(
            "select {COLUMNS}, {CAMPAIGN} from action a join campaign c on c.id = a.campaign
             where a.id = $1"
        );
        self.0.read(|c| c.one(&text, [row.0], read_live))
    }

    /// The action of a device in a campaign.
    pub async fn of_campaign(&self, campaign: CampaignRow, device: DeviceRow) -> Result<Option<Action>, Error> {
        let text = format!("select {COLUMNS} from action a where a.campaign = $1 and a.device = $2");
        self.0.read(|c| c.one(&text, (campaign.0, device.0), read))
    }

    /// Those of a campaign by device after `after`, at most `limit`.
    pub async fn page(&self, campaign: CampaignRow, after: DeviceRow, limit: u32) -> Result<Vec<Action>, Error> {
        let text = format!(
            "select {COLUMNS} from action a where a.campaign = $1 and a.device > $2 order by a.device limit $3"
        );
        let values = (campaign.0, after.0, limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// Those of a campaign that are not closed, after `after`, at most `limit`.
    pub async fn open_of(&self, campaign: CampaignRow, after: ActionRow, limit: u32) -> Result<Vec<Action>, Error> {
        let text = format!(
            "select {COLUMNS} from action a where a.campaign = $1 and a.id > $2 and a.closed_at is null
             order by a.id limit $3"
        );
        let values = (campaign.0, after.0, limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// Those whose deadline has passed, the longest overdue first, at most `limit`.
    pub async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Action>, Error> {
        let text = format!(
            "select {COLUMNS} from action a where a.deadline is not null and a.deadline <= $1
             order by a.deadline limit $2"
        );
        let values = (now.millis(), limit);
        self.0.read(|c| c.all(&text, values, read))
    }

    /// The messages of an action, the newest entry first; entries of several in their order.
    pub async fn messages(&self, action: ActionRow, limit: u32) -> Result<Vec<String>, Error> {
        let text = "select text from action_message where action = $1 order by sequence desc limit $2";
        let lists: Vec<String> = self.0.read(|c| c.all(text, (action.0, limit), |row| row.get(0)))?;
        let parse = |list: String| serde_json::from_str::<Vec<String>>(&list).unwrap_or_default().into_iter().rev();
        Ok(lists.into_iter().flat_map(parse).take(limit as usize).collect())
    }
}
