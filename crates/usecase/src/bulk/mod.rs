//! One act on many devices: prepared by a person, looked at and done by background work, one device a change.
//!
//! ```text
//! create ─► gather (job, or at once where they are few) ─► start (a count is typed) ─► run (job) ─► finished
//! ```

mod act;
mod create;
mod gather;
mod holder;
mod read;
mod run;
mod sweep;

pub use act::{resume, start, stop};
pub use create::{Asked, create};
pub use read::{Entry, OfPlace, Seen, by_uid, devices, list};
pub use run::turn;
pub use sweep::sweep;

use crate::cx::Inner;
use crate::device::Act;
use crate::error::{Error, Result};
use tegata_domain::bulk::Bulk;
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Operation, Permit, Subject};

/// What a bulk does. What no device can be asked for in bulk is not kept as one.
fn act_of(bulk: &Bulk) -> Result<Act> {
    Act::by_operation(bulk.operation).ok_or_else(|| Error::internal("a bulk of what is no act"))
}

/// A bulk of the actor's organisation.
async fn load(uid: Uuid, operation: Operation, actor: &Actor, cx: &Inner) -> Result<(Bulk, Permit)> {
    let bulk = cx.store.bulk().by_uid(uid).await?.ok_or_else(|| Error::not_found("bulk"))?;
    let permit = actor.permit(operation, Subject::of(bulk.organisation));
    Ok((bulk, permit.map_err(|e| crate::device::hide(e, "bulk"))?))
}

/// The right to the work in the background; what it does to devices rests on the right of who confirmed it.
fn background() -> Result<Permit> {
    Ok(Actor::Platform.permit(Operation::RunBulk, Subject::default())?)
}
