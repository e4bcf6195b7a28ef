//! Ends a kept filter.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::login::Visitor;
use tegata_domain::change::{Change, Write};
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Operation, Subject};
use tegata_domain::person::PersonWrite;

/// Ends one that the visitor keeps; another's is not there.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "filter::end", skip_all)]
pub async fn end(uid: Uuid, visitor: &Visitor, cx: &Inner) -> Result<()> {
    let organisation = visitor.organisation.row;
    let permit = visitor.actor().permit(Operation::KeepFilter, Subject::of(organisation))?;
    let kept = super::list(visitor, cx).await?.into_iter().find(|kept| kept.uid == uid);
    let kept = kept.ok_or_else(|| Error::not_found("filter"))?;
    let write = Write::Person(PersonWrite::FilterEnd(kept.row, kept.account));
    Ok(cx.store.save(Change::of(uid.to_string(), vec![write]), &permit, cx.now()?).await?)
}
