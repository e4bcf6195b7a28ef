//! Keeps a filter.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::login::Visitor;
use tegata_domain::change::{Change, Write};
use tegata_domain::filter::{Filter, KEPT_MAX, Kept, NAME_MAX};
use tegata_domain::id::FilterRow;
use tegata_domain::permit::{Operation, Subject};
use tegata_domain::person::PersonWrite;
use tegata_store::Row;

/// Keeps a filter of the devices of the visitor's organisation, for the visitor.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "filter::keep", skip_all)]
pub async fn keep(name: &str, filter: Filter, visitor: &Visitor, cx: &Inner) -> Result<Kept> {
    let organisation = visitor.organisation.row;
    let permit = visitor.actor().permit(Operation::KeepFilter, Subject::of(organisation))?;
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid("filter_name", format!("name the filter in 1 to {NAME_MAX} characters")));
    }
    if filter.is_all() {
        return Err(Error::invalid("filter", "this filter takes every device; narrow it down before it is kept")
            .case("filter.all"));
    }
    let now = cx.now()?;
    let kept = Kept {
        row: FilterRow(cx.store.reserve(Row::Filter, 1).await?),
        uid: cx.uid(now),
        organisation,
        account: visitor.account.row,
        name: name.to_owned(),
        filter: Some(filter),
        created_at: now,
    };
    let write = Write::Person(PersonWrite::Filter(kept.clone()));
    let saved = cx.store.save(Change::of(kept.uid.to_string(), vec![write]), &permit, now).await;
    let text = format!("you keep {KEPT_MAX} filters already; end one first");
    saved.map_err(Error::from).map_err(|e| if e.code == "stale" { Error::conflict("full", text) } else { e })?;
    Ok(kept)
}
