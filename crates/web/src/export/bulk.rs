//! The devices of a bulk as a file, written while it is read: they may be a million.

use super::{Line, kind};
use crate::desk::Desk;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::header;
use tegata_domain::id::Uuid;
use tegata_domain::permit::Actor;
use tegata_usecase::bulk::{self, Entry};
use tegata_usecase::{Cx, Error, Result};

/// Devices that are read at once.
const STEP: u32 = 1000;

const COLUMNS: [&str; 6] = ["number", "model", "serial", "stage", "condition", "outcome"];

fn cells(entry: &Entry) -> [String; 6] {
    let (number, outcome) = (entry.number.to_string(), entry.outcome.name().to_owned());
    // one that is another's by now is told by its number alone
    let [model, serial, stage, condition] = entry.device.as_ref().map_or_else(Default::default, |seen| {
        let device = &seen.device;
        let words = [device.stage.name(), device.condition.name()].map(str::to_owned);
        let [stage, condition] = words;
        [seen.product.model.clone(), device.serial.clone(), stage, condition]
    });
    [number, model, serial, stage, condition, outcome]
}

/// Where the reading is.
struct Reading {
    uid: Uuid,
    actor: Actor,
    cx: Cx,
    json: bool,
    after: i64,
    begun: bool,
    ended: bool,
}

impl Reading {
    async fn next(&mut self) -> Result<Option<Vec<u8>>> {
        if self.ended {
            return Ok(None);
        }
        let found = bulk::devices(self.uid, false, (self.after, STEP), &self.actor, &self.cx).await?;
        self.ended = found.len() < STEP as usize;
        self.after = found.last().map_or(self.after, |last| last.row);
        let mut line = Line::new(&COLUMNS, self.json, !std::mem::replace(&mut self.begun, true))?;
        for entry in &found {
            line.row(&COLUMNS, &cells(entry))?;
        }
        line.end(self.ended).map(Some)
    }
}

/// The file. The first devices are read before it begins, so that what is refused is refused with a page.
pub(super) async fn devices(uid: Uuid, json: bool, desk: &Desk, cx: &Cx) -> Result<Response> {
    let actor = desk.visitor.actor().clone();
    let mut reading = Reading { uid, actor, cx: cx.clone(), json, after: 0, begun: false, ended: false };
    let first = reading.next().await?.ok_or_else(|| Error::not_found("bulk"))?;
    let rest = stream::unfold(reading, |mut reading| async {
        match reading.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), reading)),
            Ok(None) => None,
            // the file breaks off, which its reader sees
            Err(error) => {
                reading.ended = true;
                Some((Err(error), reading))
            }
        }
    });
    let body = stream::StreamExt::chain(stream::iter([Ok(first)]), rest);
    let (kind, ending) = kind(json);
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"bulk-{uid}.{ending}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}
