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

use serde_json::{Value, json};
use tegata_domain::number::Number;
use tegata_usecase::Error;
use tegata_usecase::device::Seen;

/// A number in a path. A malformed one is an unknown one here: 404.
pub(crate) fn number(text: &str) -> Result<Number, Error> {
    Number::parse(text).map_err(|_| Error::not_found("device"))
}

pub(crate) fn view(seen: &Seen) -> Value {
    let d = &seen.device;
    let stamps: Vec<Value> = d
        .stamps
        .iter()
        .map(|s| json!({ "stage": s.stage, "at": s.at.rfc3339(), "event": s.sequence, "presumed": s.sequence.is_none() }))
        .collect();
    let release = seen
        .running
        .as_ref()
        .map(|(running, id)| json!({ "version": running.version, "id": id, "at": running.at.rfc3339() }));
    json!({
        "number": seen.number.to_string(), "device": d.uid, "serial": d.serial, "model": seen.product.model,
        "product": seen.product.uid, "stage": d.stage, "condition": d.condition, "confirmed": d.confirmed,
        "owner": seen.owner, "period": d.period, "seen_at": seen.seen_at.map(|at| at.rfc3339()),
        "release": release, "sequence": d.sequence,
        "head": data_encoding::HEXLOWER.encode(&d.head), "stamps": stamps,
    })
}
