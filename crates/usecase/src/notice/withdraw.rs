//! Takes back the letters of an organisation that is erased: those that still lie in the outbox.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::id::{NoticeRow, OrganisationRow};

/// How many are looked at at once.
const TOGETHER: u32 = 256;

/// Withdraws all letters to `organisation`; its notices go with the organisation itself.
pub(crate) async fn withdraw(organisation: OrganisationRow, cx: &Inner) -> Result<()> {
    let mut after = NoticeRow(0);
    loop {
        let some = cx.store.notice().page(organisation, after, TOGETHER).await?;
        let Some((last, _)) = some.last() else { return Ok(()) };
        after = *last;
        for (_, notice) in &some {
            cx.postman.withdraw(&notice.uid.to_string()).map_err(Error::internal)?;
        }
    }
}
