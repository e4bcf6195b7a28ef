//! Whether an organisation demands a second factor of its members.

use crate::cx::Inner;
use crate::error::{Error, Result};
use crate::login::Visitor;
use tegata_domain::change::{Change, Write};
use tegata_domain::login::Strength;
use tegata_domain::permit::{Operation, Subject};
use tegata_domain::person::PersonWrite;

/// Sets it for the visitor's organisation. Whoever demands one came in with one, so that nobody bars all with no way in.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "organisation::demand", skip_all)]
pub async fn demand(demanded: bool, visitor: &Visitor, cx: &Inner) -> Result<()> {
    let house = visitor.organisation.row;
    let permit = visitor.actor().permit(Operation::DemandFactor, Subject::of(house))?;
    if demanded && visitor.login.strength == Strength::Password {
        let text = "log in with a second factor or a passkey yourself first; then you can demand it of others";
        return Err(Error::conflict("own_factor", text));
    }
    let subject = if demanded { "demanded" } else { "not demanded" };
    let write = Write::Person(PersonWrite::FactorDemand(house, demanded));
    Ok(cx.store.save(Change::of(subject, vec![write]), &permit, cx.now()?).await?)
}
