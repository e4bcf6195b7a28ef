//! Whether an organisation demands a second factor of its members.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::login::Visitor;
use tegata_domain::change::{Change, Write};
use tegata_domain::permit::{Operation, Scope, Subject};
use tegata_domain::person::PersonWrite;

/// Sets it for the visitor's organisation, who proved just now to be there, and has one itself before it demands it of
/// others. Who has none is led to where one sets it up.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "organisation::demand", skip_all)]
pub async fn demand(demanded: bool, visitor: &Visitor, cx: &Inner) -> Result<()> {
    visitor.fresh(cx)?;
    if demanded {
        visitor.strong()?;
    }
    let actor = visitor.actor();
    let Scope::Organisation(house) = actor.scope() else { return Err(Error::not_found("organisation")) };
    let permit = actor.permit(Operation::DemandFactor, Subject::of(house))?;
    let subject = if demanded { "demanded" } else { "not demanded" };
    let write = Write::Person(PersonWrite::FactorDemand(house, demanded));
    Ok(cx.store.save(Change::of(subject, vec![write]), &permit, cx.now()?).await?)
}
