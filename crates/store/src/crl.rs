//! Revocations and the lists that tell of them: SQL.

use crate::engine::{Connection, Row, time};
use crate::error::ErrorKind;
use crate::snapshot::FLOOR;
use crate::{Error, Store};
use tegata_domain::change::Revocation;
use tegata_domain::id::{AuthorityRow, CertificateRow};
use tegata_domain::revocation::{Crl, Reason};
use tegata_domain::time::Timestamp;

/// Ends a certificate and marks its list as stale: the intent stands before the list is signed (law 11).
pub(crate) fn revoke(c: &Connection, r: &Revocation) -> Result<bool, Error> {
    let text = "update certificate set revoked_at = $2, reason = $3 where id = $1 and revoked_at is null";
    if c.execute(text, (r.certificate.0, r.at.millis(), r.reason as u8))? == 0 {
        return Ok(false);
    }
    let text = "insert into revocation (authority, shard, certificate) values ($1, $2, $3) on conflict do nothing";
    c.execute(text, (r.authority.0, r.shard, r.certificate.0))?;
    let text = "insert into crl (authority, shard, number, der, next_update, stale) values ($1, $2,
        coalesce((select next from counter where name = $3), 0), null, 0, 1)
        on conflict (authority, shard) do update set stale = 1";
    c.execute(text, (r.authority.0, r.shard, FLOOR))?;
    Ok(true)
}

/// Reads of lists, and their publication.
pub struct Crls<'a>(&'a Store);

/// A list that is to be signed anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardDue {
    /// Issuer.
    pub authority: AuthorityRow,
    /// Shard.
    pub shard: u16,
}

/// A line of a list.
#[derive(Debug, Clone)]
pub struct RevokedCertificate {
    /// The certificate.
    pub row: CertificateRow,
    /// Random bytes of its serial.
    pub random: [u8; 8],
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

impl Store {
    /// Lists of revoked certificates.
    pub fn crl(&self) -> Crls<'_> {
        Crls(self)
    }
}

impl Crls<'_> {
    /// The published list of a shard.
    pub async fn published(&self, authority: AuthorityRow, shard: u16) -> Result<Option<Crl>, Error> {
        let text = "select number, der, next_update from crl where authority = $1 and shard = $2 and der is not null";
        self.0.read(|c| {
            let read = |row: &Row<'_>| Ok(Crl { number: row.get(0)?, der: row.get(1)?, next_update: time(row, 2)? });
            c.one(text, (authority.0, shard), read)
        })
    }

    /// Lists that are stale, or whose next update falls before `before`; at most 1,000.
    pub async fn due(&self, before: Timestamp) -> Result<Vec<ShardDue>, Error> {
        let text = "select authority, shard from crl where stale = 1 or next_update < $1 limit 1000";
        self.0.read(|c| {
            let read = |row: &Row<'_>| Ok(ShardDue { authority: AuthorityRow(row.get(0)?), shard: row.get(1)? });
            c.all(text, [before.millis()], read)
        })
    }

    /// Takes the next number of a list before it is signed: it never falls, also after a crash. An authority that was
    /// erased meanwhile gets none: its list would bring its name back.
    pub async fn next_number(&self, due: ShardDue) -> Result<i64, Error> {
        let text = "insert into crl (authority, shard, number, der, next_update, stale)
            select id, $2, 1 + coalesce((select next from counter where name = $3), 0), null, 0, 1
            from authority where id = $1
            on conflict (authority, shard) do update set number = crl.number + 1 returning number";
        let (authority, shard) = (due.authority.0, due.shard);
        // an error in a task would undo what is committed beside it
        let task = move |c: &Connection| c.one(text, (authority, shard, FLOOR), |r| r.get(0));
        let number = self.0.0.committer.task(task).await?;
        number.ok_or_else(|| Error::new(ErrorKind::Broken, "the authority of this list is not there any more"))
    }

    /// What a shard's list must hold.
    pub async fn revoked(&self, due: ShardDue) -> Result<Vec<RevokedCertificate>, Error> {
        let text = "select c.id, c.random, c.revoked_at, c.reason from revocation r
            join certificate c on c.id = r.certificate where r.authority = $1 and r.shard = $2 order by r.certificate";
        self.0.read(|c| {
            let read = |row: &Row<'_>| {
                Ok(RevokedCertificate {
                    row: CertificateRow(row.get(0)?),
                    random: row.get(1)?,
                    at: time(row, 2)?,
                    reason: Reason::from_code(row.get(3)?),
                })
            };
            c.all(text, (due.authority.0, due.shard), read)
        })
    }

    /// Publishes a list of `held` certificates, unless a newer one stands there; it stays stale when more were revoked.
    pub async fn publish(&self, due: ShardDue, crl: Crl, held: usize) -> Result<(), Error> {
        let text = "update crl set der = $4, next_update = $5,
            stale = case when (select count(*) from revocation where authority = $1 and shard = $2) = $6
                then 0 else 1 end
            where authority = $1 and shard = $2 and number = $3";
        let task = move |c: &Connection| {
            let values = (due.authority.0, due.shard, crl.number, crl.der, crl.next_update.millis(), held as i64);
            c.execute(text, values)?;
            Ok(())
        };
        self.0.0.committer.task(task).await
    }
}
