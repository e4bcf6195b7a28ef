//! Whether an organisation demands a second factor of its members.

use crate::cx::Inner;
use crate::error::{Error, Result};
use tegata_domain::change::{Change, Write};
use tegata_domain::permit::{Actor, Operation, Scope, Subject};
use tegata_domain::person::PersonWrite;

/// Sets it for the actor's organisation. Who has none is led to where one sets it up.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "organisation::demand", skip_all)]
pub async fn demand(demanded: bool, actor: &Actor, cx: &Inner) -> Result<()> {
    let Scope::Organisation(house) = actor.scope() else { return Err(Error::not_found("organisation")) };
    let permit = actor.permit(Operation::DemandFactor, Subject::of(house))?;
    let subject = if demanded { "demanded" } else { "not demanded" };
    let write = Write::Person(PersonWrite::FactorDemand(house, demanded));
    Ok(cx.store.save(Change::of(subject, vec![write]), &permit, cx.now()?).await?)
}
