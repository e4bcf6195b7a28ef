//! Products: SQL.

use crate::engine::{Connection, Row, code, time, uuid};
use crate::{Error, Store};
use tegata_domain::id::{OrganisationRow, ProductRow, Uuid};
use tegata_domain::product::{CredentialPolicy, Product, Sector};
use tegata_domain::time::Month;

const COLUMNS: &str = "id, uid, organisation, name, model, gtin, sector, support_end, support_reason, contact,
    credential, created_at";
const POLICIES: [CredentialPolicy; 4] =
    [CredentialPolicy::UniqueAndChanged, CredentialPolicy::Unique, CredentialPolicy::None, CredentialPolicy::NotStated];

fn read(row: &Row<'_>) -> Result<Product, Error> {
    Ok(Product {
        row: ProductRow(row.get(0)?),
        uid: uuid(row, 1)?,
        organisation: OrganisationRow(row.get(2)?),
        name: row.get(3)?,
        model: row.get(4)?,
        gtin: row.get(5)?,
        sector: code(row, 6, &Sector::ALL)?,
        support_end: Month::from_index(row.get(7)?),
        support_reason: row.get(8)?,
        contact: row.get(9)?,
        credential: code(row, 10, &POLICIES)?,
        created_at: time(row, 11)?,
    })
}

pub(crate) fn insert(c: &Connection, p: &Product) -> Result<bool, Error> {
    let text = format!(
        "insert into product ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict do nothing"
    );
    let values = (
        p.row.0,
        p.uid.as_bytes(),
        p.organisation.0,
        &p.name,
        &p.model,
        &p.gtin,
        p.sector as u8,
        p.support_end.index(),
        &p.support_reason,
        &p.contact,
        p.credential as u8,
        p.created_at.millis(),
    );
    Ok(c.execute(&text, values)? == 1)
}

/// Reads of products.
pub struct Products<'a>(&'a Store);

impl Store {
    /// Reads of products.
    pub fn product(&self) -> Products<'_> {
        Products(self)
    }
}

impl Products<'_> {
    /// One, by its row.
    pub async fn by_row(&self, row: ProductRow) -> Result<Option<Product>, Error> {
        let text = format!("select {COLUMNS} from product where id = $1");
        self.0.read(|c| c.one(&text, [row.0], read))
    }

    /// One, by its outward id.
    pub async fn by_uid(&self, uid: Uuid) -> Result<Option<Product>, Error> {
        let text = format!("select {COLUMNS} from product where uid = $1");
        self.0.read(|c| c.one(&text, [uid.as_bytes()], read))
    }

    /// The first that was registered under a GTIN of 14 digits.
    pub async fn by_gtin(&self, gtin: &str) -> Result<Option<Product>, Error> {
        let text = format!("select {COLUMNS} from product where gtin = $1 order by id limit 1");
        self.0.read(|c| c.one(&text, [gtin], read))
    }

    /// Those of an organisation after `after`, at most `limit`.
    pub async fn page(
        &self,
        organisation: OrganisationRow,
        after: ProductRow,
        limit: u32,
    ) -> Result<Vec<Product>, Error> {
        let text = format!("select {COLUMNS} from product where organisation = $1 and id > $2 order by id limit $3");
        let values = (organisation.0, after.0, limit);
        self.0.read(|c| c.all(&text, values, read))
    }
}
