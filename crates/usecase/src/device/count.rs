//! How many devices a filter takes, without looking at them.

use super::reach::reach;
use crate::cx::Inner;
use crate::error::Result;
use crate::tally::whose;
use tegata_domain::filter::Filter;
use tegata_domain::permit::Actor;

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// So many.
    Exactly(u64),
    /// Not more than so many: each would have to be looked at.
    AtMost(u64),
}

/// Counts the devices of the actor's organisation that a filter takes.
pub async fn count(filter: &Filter, actor: &Actor, cx: &Inner) -> Result<Counted> {
    let Some(organisation) = whose(actor)? else { return Ok(Counted::Exactly(0)) };
    let reach = reach(filter, organisation, cx).await?;
    let devices = reach.devices();
    Ok(if reach.silent.is_some() && devices > 0 { Counted::AtMost(devices) } else { Counted::Exactly(devices) })
}
