//! `GET /api/v1/devices/{number}/events`: the life. `cursor` is the sequence number of the last event seen.

use super::number;
use crate::caller::Caller;
use crate::status::Status;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use tegata_domain::event::Event;
use tegata_usecase::{Cx, Error, device};

/// The query.
#[derive(Deserialize)]
pub struct Asked {
    cursor: Option<u32>,
    limit: Option<u32>,
}

pub(crate) fn view((event, index): &(Event, Option<u64>)) -> Value {
    json!({
        "sequence": event.sequence, "kind": event.kind.name(), "at": event.at.rfc3339(), "data": event.data,
        "commitment": data_encoding::HEXLOWER.encode(&event.commitment), "index": index,
    })
}

/// The life of a device.
pub async fn get(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    Path(text): Path<String>,
    asked: Result<Query<Asked>, axum::extract::rejection::QueryRejection>,
) -> Result<axum::Json<Value>, Status> {
    let Query(asked) = asked.map_err(|_| Error::invalid("page", "cursor and limit are numbers"))?;
    let limit = asked.limit.unwrap_or(100).clamp(1, 1000);
    let range = (asked.cursor.unwrap_or(0), limit);
    let events = device::events(number(&text)?, range, &actor, &cx).await?;
    let next = events.last().filter(|_| events.len() == limit as usize).map(|(e, _)| e.sequence.to_string());
    Ok(axum::Json(json!({ "items": events.iter().map(view).collect::<Vec<_>>(), "next": next })))
}
