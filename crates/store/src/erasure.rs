//! Erasure of what an owner left behind: SQL, and the tombstones.
//!
//! Commitments, chain and places in the ledger stay, so every other proof goes on holding; what opens a commitment,
//! payload and epoch key, goes. Invariant: a tombstone is on disk before anything is erased, and names nobody.

use crate::engine::{Connection, NONE, Row};
use crate::moved::Moved;
use crate::version::Thing;
use crate::{Error, Store, compact, device};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use tegata_domain::certificate::CertificateKind;
use tegata_domain::device::Stage;
use tegata_domain::event::EventKind;
use tegata_domain::id::{DeviceRow, OrganisationRow};
use tegata_domain::permit::Permit;
use tegata_domain::time::Timestamp;

/// The file of the tombstones in the data folder. It is no part of a backup.
pub const TOMBSTONES: &str = "tombstones.ndjson";

/// An owner period that can be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The device.
    pub device: DeviceRow,
    /// The period.
    pub period: u32,
    /// Of a living device whose owner was erased in a store that was restored since: the key that its later events
    /// are salted with.
    pub next_key: Option<[u8; 32]>,
}

/// A period of an organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// The device.
    pub device: DeviceRow,
    /// The period.
    pub period: u32,
    /// The device lives on in it.
    pub lives: bool,
}

/// What stands against an erasure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Living devices that it owns, counted up to 1,000.
    pub devices: u32,
    /// Products that it registered, counted up to 1,000.
    pub products: u32,
}

/// What an organisation left behind.
pub struct Erasures<'a>(&'a Store);

impl Store {
    /// What an organisation left behind.
    pub fn erasure(&self) -> Erasures<'_> {
        Erasures(self)
    }

    /// Folds the write-ahead log into the database and, up to a size, writes the database anew, so that no page keeps
    /// what was erased. False when the database is too large for that, which is then left to the next start, or a reader
    /// stood in the way.
    pub async fn compact(&self) -> Result<bool, Error> {
        self.0.committer.task(compact::sample).await?;
        if self.is_shared() && !self.alone().await? {
            self.0.committer.task(|c| c.execute(compact::DUE, NONE).map(drop)).await?;
            return Ok(false);
        }
        self.0.committer.compact().await
    }

    /// Waits for those who still see what was erased, as an index does that is made concurrently. Nobody who writes waits
    /// for it.
    async fn alone(&self) -> Result<bool, Error> {
        let earlier = self.read(compact::running)?;
        for _ in 0..compact::LOOKS {
            if !self.read(compact::running)?.iter().any(|one| earlier.contains(one)) {
                return Ok(true);
            }
            tokio::time::sleep(compact::LOOK).await;
        }
        Ok(false)
    }
}

impl Erasures<'_> {
    /// What stands against it.
    pub async fn standing(&self, organisation: OrganisationRow) -> Result<Standing, Error> {
        let devices =
            "select count(*) from (select 1 as one from device where owner = $1 and stage <> $2 limit 1000) t";
        let products = "select count(*) from (select 1 as one from product where organisation = $1 limit 1000) t";
        self.0.read(|c| {
            let retired = Stage::Retired as u8;
            Ok(Standing {
                devices: c.only(devices, (organisation.0, retired), |row| row.get(0))?,
                products: c.only(products, [organisation.0], |row| row.get(0))?,
            })
        })
    }

    /// The first `limit` periods of an organisation that are still there.
    pub async fn held(&self, organisation: OrganisationRow, limit: u32) -> Result<Vec<Held>, Error> {
        let text = "select p.device, p.period, case when d.period = p.period and d.stage <> $3 then 1 else 0 end
            from period p
            join device d on d.id = p.device where p.owner = $1 order by p.device, p.period limit $2";
        let read = |row: &Row<'_>| Ok(Held { device: DeviceRow(row.get(0)?), period: row.get(1)?, lives: row.get(2)? });
        let values = (organisation.0, limit, Stage::Retired as u8);
        self.0.read(|c| c.all(text, values, read))
    }

    /// Erases periods: payloads, keys, operational certificates. They count as erased at `at`.
    pub async fn periods(&self, ended: Vec<Ended>, at: Timestamp, _: &Permit) -> Result<(), Error> {
        // their look-ups showed what goes
        let touched = ended.iter().map(|one| Thing::Device(one.device)).collect();
        let task = move |c: &Connection| ended.iter().try_for_each(|one| erase_period(c, one, at));
        self.0.0.committer.touching(touched, task).await
    }

    /// Appends a line to the tombstones; durable when it returns.
    pub fn bury(&self, line: &str) -> Result<(), Error> {
        let path = self.0.folder().join(TOMBSTONES);
        let mut file = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path)?;
        // a crash may have left half a line: it erased nothing, and must not swallow this one
        let mut last = [b'\n'];
        if file.seek(SeekFrom::End(0))? > 0 {
            file.seek(SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        let begin = if last == [b'\n'] { "" } else { "\n" };
        file.write_all(format!("{begin}{line}\n").as_bytes())?;
        file.sync_all()?;
        File::open(self.0.folder())?.sync_all()?;
        Ok(())
    }
}

/// What its last owner left on a device whose life ended; the receipt of its erasure stays.
const LEFT_WITH_THE_LAST: [&str; 12] = [
    "update disposal set requested_at = null where device = $1",
    "delete from seen where device = $1",
    "delete from session where device = $1",
    "delete from credential where device = $1",
    "delete from attribute where device = $1",
    "delete from updating where device = $1",
    "delete from running where device = $1",
    "delete from target_token where device = $1",
    "delete from scan where device = $1",
    "delete from scanned where device = $1",
    "delete from report where device = $1",
    "delete from challenge where device = $1",
];

fn erase_period(c: &Connection, one: &Ended, at: Timestamp) -> Result<(), Error> {
    let (device, period) = (one.device.0, one.period);
    let text = "update event set kind = $3, at = $4, data = '{}' where device = $1 and period = $2";
    c.execute(text, (device, period, EventKind::Erased as u8, at.millis()))?;
    match one.next_key {
        Some(key) => {
            let text = "update epoch set key = $3 where device = $1 and period = $2";
            c.execute(text, (device, period, key))?
        }
        None => c.execute("delete from epoch where device = $1 and period = $2", (device, period))?,
    };
    // the row stays for its serial, which no other certificate gets
    let text = "update certificate set der = $4, key = null where device = $1 and period = $2 and kind = $3";
    c.execute(text, (device, period, CertificateKind::Ldevid as u8, Vec::<u8>::new()))?;
    for text in LEFT_WITH_THE_LAST {
        // of a living device too, where a replay meets one that the erased owner still holds
        let of_last = format!(
            "{text} and exists (select 1 from device where id = $1 and period = $2 and (stage = $3 or $4 = 1))"
        );
        c.execute(&of_last, (device, period, Stage::Retired as u8, one.next_key.is_some()))?;
    }
    runs_nothing(c, one.device)?;
    // what the device told in its maker's campaigns, while it was this owner's; other owners' campaigns go with them
    let text = "delete from action_message
        where action in (select a.id from campaign x join action a on a.campaign = x.id and a.device = $1
            where x.organisation = (select maker from device where id = $1))
        and at >= (select began_at from period where device = $1 and period = $2)
        and not exists (select 1 from period n where n.device = $1 and n.period > $2 and n.began_at < action_message.at)";
    c.execute(text, (device, period))?;
    c.execute("delete from period where device = $1 and period = $2", (device, period))?;
    Ok(())
}

/// A device of which it was forgotten what it runs is not counted for it any more.
fn runs_nothing(c: &Connection, device: DeviceRow) -> Result<(), Error> {
    if c.one("select 1 from running where device = $1", [device.0], |_| Ok(()))?.is_some() {
        return Ok(());
    }
    let mut moved = Moved::default();
    if let Some(before) = device::run(c, device, None)? {
        moved.ran(&before, None);
    }
    moved.settle(c)
}

/// Erases an organisation; false when it still owns a living device, holds a period or has products.
pub(crate) fn organisation(c: &Connection, row: OrganisationRow, replayed: bool) -> Result<bool, Error> {
    let guard = "update organisation set name = '' where id = $1
        and not exists (select 1 from period where owner = $1)
        and not exists (select 1 from product where organisation = $1)
        and ($2 = 1 or not exists (select 1 from device where owner = $1 and stage <> $3))";
    if c.execute(guard, (row.0, replayed, Stage::Retired as u8))? == 0 {
        return Ok(false);
    }
    for text in [
        // whatever comes between this and the writing anew: the next start sees that it is due
        "insert into meta (name, value) select 'compact', 'due' where $1 > 0 on conflict do nothing",
        // its campaigns, with what devices told in them
        "delete from action_message where action in
            (select a.id from action a join campaign c on c.id = a.campaign where c.organisation = $1)",
        "delete from action where campaign in (select id from campaign where organisation = $1)",
        "delete from campaign_group where campaign in (select id from campaign where organisation = $1)",
        "delete from campaign where organisation = $1",
        // what was done to many devices at once
        "delete from bulk_device where bulk in (select id from bulk where organisation = $1)",
        "delete from bulk_place where bulk in (select id from bulk where organisation = $1)",
        "delete from bulk where organisation = $1",
        "delete from station where batch in (select id from batch where organisation = $1)",
        "delete from token where organisation = $1",
        // its people, and the accounts of those who belong nowhere else
        "delete from login where organisation = $1",
        "delete from filter where organisation = $1",
        "delete from invitation where organisation = $1",
        "delete from passkey where account in (select account from membership m where organisation = $1
            and not exists (select 1 from membership o where o.account = m.account and o.organisation <> $1))",
        "delete from identity where account in (select account from membership m where organisation = $1
            and not exists (select 1 from membership o where o.account = m.account and o.organisation <> $1))",
        "delete from account where id in (select account from membership m where organisation = $1
            and not exists (select 1 from membership o where o.account = m.account and o.organisation <> $1))",
        "delete from membership where organisation = $1",
        "delete from finding where organisation = $1",
        "delete from notice where organisation = $1",
        "delete from tally_day where organisation = $1",
        "delete from pulse where organisation = $1",
        "delete from transfer where giver = $1",
        "delete from transfer where receiver = $1",
        "update audit set actor = 'erased' where organisation = $1",
        // its name stands in its authorities' certificates and in their lists
        "delete from crl where authority in (select id from authority where kind in (0, 1, 2) and organisation = $1)",
        "delete from revocation
            where authority in (select id from authority where kind in (0, 1, 2) and organisation = $1)",
        "delete from authority where kind in (0, 1, 2) and organisation = $1",
        "delete from organisation where id = $1",
    ] {
        c.execute(text, [row.0])?;
    }
    Ok(true)
}
