//! Whether a release may still be entered as it was decided: its key signs still, and no newer one is out.

use crate::Error;
use crate::engine::{Connection, Params};
use tegata_domain::id::ProductRow;
use tegata_domain::release::Publication;

/// Of the releases and keys of a product one is entered or ended after the other, whoever else writes.
pub(crate) fn alone(c: &Connection, product: ProductRow) -> Result<(), Error> {
    c.execute("update product set credential = credential where id = $1", [product.0])?;
    Ok(())
}

/// Whether what the release was decided on holds still.
pub(crate) fn holds(c: &Connection, publication: &Publication) -> Result<bool, Error> {
    let release = &publication.release;
    alone(c, release.product)?;
    let newer = "select count(*) from (select 1 from release where product = $1 and security_version > $2 limit 1) n";
    if count(c, newer, (release.product.0, publication.highest))? > 0 {
        return Ok(false);
    }
    match release.key {
        Some(key) => {
            let live = "select count(*) from release_key where uid = $1 and product = $2 and ended_at is null";
            Ok(count(c, live, (key.as_bytes(), release.product.0))? == 1)
        }
        None => {
            let any =
                "select count(*) from (select 1 from release_key where product = $1 and ended_at is null limit 1) k";
            Ok(count(c, any, [release.product.0])? == 0)
        }
    }
}

fn count(c: &Connection, text: &str, values: impl Params) -> Result<i64, Error> {
    c.only(text, values, |row| row.get(0))
}
