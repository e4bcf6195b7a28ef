//! One device in the console: handlers of its page, its acts, its proofs and certificates.

mod hand;

pub use hand::{dispose, label, take_back, transfer};

use crate::desk::{Desk, Posted};
use crate::page::console::device::{self, Whole, sure};
use crate::page::console::handing::Beside;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use tegata_domain::number::Number;
use tegata_usecase::device::act::Saying;
use tegata_usecase::device::{Act, act, certificates, events, fitting};
use tegata_usecase::{Cx, Error, Kind, Result, disposal, finding, ledger, lookup, notice, release, transfer};

/// Events of one page.
const EVENTS: u32 = 100;
/// Findings that are shown.
const FINDINGS: u32 = 50;
/// Notices that are shown.
const NOTICES: u32 = 20;

fn number(text: &str) -> Result<Number> {
    Number::parse(text).map_err(|_| Error::not_found("device"))
}

/// A role that may not read a part of it sees the rest.
fn unless_denied<T: Default>(outcome: Result<T>) -> Result<T> {
    match outcome {
        Err(error) if error.kind == Kind::Denied => Ok(T::default()),
        other => other,
    }
}

async fn read(text: &str, before: Option<u32>, desk: &Desk, cx: &Cx) -> Result<Whole> {
    let (number, actor) = (number(text)?, desk.visitor.actor());
    let seen = tegata_usecase::device::by_number(number, actor, cx).await?;
    // a long life is read from its end
    let end = before.unwrap_or(u32::MAX).min(seen.device.sequence.saturating_add(1)).max(1);
    let first = (end - 1).saturating_sub(EVENTS);
    let mut events = events(number, (first, EVENTS), actor, cx).await?;
    events.retain(|(event, _)| event.sequence < end);
    Ok(Whole {
        events,
        newest: end > seen.device.sequence,
        earlier: (first > 0).then_some(first + 1),
        certificates: certificates(number, actor, cx).await?,
        findings: unless_denied(finding::of_device(number, FINDINGS, actor, cx).await)?,
        lookup: lookup::by_number(number, cx).await?,
        standing: release::standing(&seen, cx).await?,
        beside: Beside {
            offer: unless_denied(transfer::standing(number, actor, cx).await)?,
            disposal: disposal::of(number, actor, cx).await?,
            notices: unless_denied(notice::of_device(number, NOTICES, actor, cx).await)?,
        },
        acts: fitting(&seen.device, actor, cx)?,
        now: cx.reading()?,
        seen,
    })
}

/// Which part of a long life.
#[derive(Deserialize)]
pub struct Asked {
    before: Option<u32>,
}

/// `GET /console/devices/{number}`.
pub async fn show(
    State(cx): State<Cx>,
    Path(number): Path<String>,
    desk: Desk,
    Query(asked): Query<Asked>,
) -> Response {
    match read(&number, asked.before, &desk, &cx).await {
        Ok(whole) => device::render(&desk, &whole),
        Err(error) => desk.refuse(error),
    }
}

/// What is said with an act.
#[derive(Deserialize)]
pub struct Said {
    act: String,
    #[serde(default)]
    reason: String,
    /// The question whether it is meant was answered.
    sure: Option<String>,
}

/// `POST /console/devices/{number}/act`. What cannot be taken back is asked once more.
pub async fn act_on(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, form }: Posted<Said>) -> Response {
    let done = async {
        let number = number(&text)?;
        let what = Act::by_name(&form.act).filter(|what| *what != Act::Confirm);
        let what = what.ok_or_else(|| Error::not_found("act"))?;
        if matches!(what, Act::Retire | Act::Recall) && form.sure.is_none() {
            return Ok(Some((number, what)));
        }
        let reason = Some(form.reason.trim()).filter(|reason| !reason.is_empty()).map(str::to_owned);
        act(number, what, Saying { reason, ..Saying::default() }, desk.visitor.actor(), &cx).await?;
        Ok(None)
    };
    match done.await {
        Ok(None) => desk.to(&format!("/console/devices/{text}")),
        Ok(Some((number, what))) => sure(&desk, number, what, &form.reason),
        Err(error) => desk.refuse(error),
    }
}

fn file(bytes: Vec<u8>, kind: &'static str, name: &str) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)];
    (headers, bytes).into_response()
}

/// `GET /console/devices/{number}/proof/{sequence}`: the proof of an event, as a file.
pub async fn proof(State(cx): State<Cx>, Path((text, sequence)): Path<(String, String)>, desk: Desk) -> Response {
    let proved = async {
        let sequence = sequence.parse().map_err(|_| Error::not_found("event"))?;
        ledger::prove(number(&text)?, sequence, desk.visitor.actor(), &cx).await
    };
    match proved.await {
        Ok(proof) => file(proof.text.into_bytes(), "text/plain; charset=utf-8", &proof.file_name),
        Err(error) => desk.refuse(error),
    }
}

/// `GET /console/devices/{number}/certificates/{serial}`: one of its certificates, DER.
pub async fn certificate(State(cx): State<Cx>, Path((text, serial)): Path<(String, String)>, desk: Desk) -> Response {
    let found = async {
        let all = certificates(number(&text)?, desk.visitor.actor(), &cx).await?;
        let found = all.into_iter().find(|(known, one)| known.to_string() == serial && !one.der.is_empty());
        found.ok_or_else(|| Error::not_found("certificate"))
    };
    match found.await {
        Ok((serial, one)) => file(one.der, "application/pkix-cert", &format!("{serial}.cer")),
        Err(error) => desk.refuse(error),
    }
}
