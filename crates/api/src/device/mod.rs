//! Devices.

pub mod act;
pub mod confirm;
pub mod cutter;
pub mod dispose;
pub mod events;
mod lines;
pub mod list;
pub mod make;
pub mod proof;
pub mod read;
pub mod token;

use serde::Serialize;
use tegata_domain::device::{Condition, Stage, Stamp};
use tegata_domain::id::Uuid;
use tegata_domain::number::Number;
use tegata_usecase::Error;
use tegata_usecase::device::Seen;

/// A number in a path. A malformed one is an unknown one here: 404.
pub(crate) fn number(text: &str) -> Result<Number, Error> {
    Number::parse(text).map_err(|_| Error::not_found("device"))
}

/// A device as JSON, its members in the order that all answers have. Lists have hundreds of them, so it is written
/// straight from the values.
#[derive(Serialize)]
pub(crate) struct View<'s> {
    condition: Condition,
    confirmed: bool,
    device: Uuid,
    head: String,
    model: &'s str,
    number: String,
    owner: Option<Uuid>,
    period: u32,
    product: Uuid,
    release: Option<ViewOfRelease<'s>>,
    seen_at: Option<String>,
    sequence: u32,
    serial: &'s str,
    stage: Stage,
    stamps: Vec<ViewOfStamp>,
}

#[derive(Serialize)]
struct ViewOfRelease<'s> {
    at: String,
    id: Option<Uuid>,
    version: &'s str,
}

#[derive(Serialize)]
struct ViewOfStamp {
    at: String,
    event: Option<u32>,
    presumed: bool,
    stage: Stage,
}

pub(crate) fn view(seen: &Seen) -> View<'_> {
    let d = &seen.device;
    let stamp = |s: &Stamp| ViewOfStamp {
        at: s.at.rfc3339(),
        event: s.sequence,
        presumed: s.sequence.is_none(),
        stage: s.stage,
    };
    let release = seen.running.as_ref();
    View {
        condition: d.condition,
        confirmed: d.confirmed,
        device: d.uid,
        head: data_encoding::HEXLOWER.encode(&d.head),
        model: &seen.product.model,
        number: seen.number.to_string(),
        owner: seen.owner,
        period: d.period,
        product: seen.product.uid,
        release: release.map(|(running, id)| ViewOfRelease {
            at: running.at.rfc3339(),
            id: *id,
            version: &running.version,
        }),
        seen_at: seen.seen_at.map(|at| at.rfc3339()),
        sequence: d.sequence,
        serial: &d.serial,
        stage: d.stage,
        stamps: d.stamps.iter().map(stamp).collect(),
    }
}
