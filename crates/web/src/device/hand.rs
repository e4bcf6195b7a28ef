//! How a device leaves its owner: handed on by a code, or asked to erase itself; and its label.

use super::{file, number};
use crate::desk::{Desk, Nothing, Posted};
use crate::page::console::{Area, handing, once};
use crate::refusal;
use crate::sentence::{Slot, sentence};
use crate::texts::handing::Handing;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;
use tegata_domain::id::Uuid;
use tegata_usecase::transfer::{Offering, cancel, offer};
use tegata_usecase::{Cx, Result, disposal};

/// To whom it goes.
#[derive(Deserialize)]
pub struct Offered {
    #[serde(default)]
    to: String,
    #[serde(default)]
    reason: String,
}

impl Offered {
    fn offering(&self) -> Result<Offering> {
        let (to, reason) = (self.to.trim(), self.reason.trim());
        let id = |_| refusal::invalid("to");
        Ok(Offering {
            to: (!to.is_empty()).then(|| Uuid::parse_str(to)).transpose().map_err(id)?,
            reason: (!reason.is_empty()).then(|| reason.to_owned()),
            expires_at: None,
        })
    }
}

/// `POST /console/devices/{number}/transfer`: the code stands on the answer, and nowhere else.
pub async fn transfer(
    State(cx): State<Cx>,
    Path(text): Path<String>,
    Posted { desk, form }: Posted<Offered>,
) -> Response {
    let made = async { offer(number(&text)?, form.offering()?, desk.visitor.actor(), &cx).await };
    match made.await {
        Ok(made) => {
            let h = Handing::of(desk.place().language());
            let shown = once::Shown {
                name: sentence(&h.transfer.code, &[("number", Slot::Code(&text))]),
                secret: made.code,
                note: Some(handing::note(&desk, made.expires_at)),
                back: format!("/console/devices/{text}").into(),
            };
            once::render(&desk, Area::Devices, &shown)
        }
        Err(error) => desk.refuse(error),
    }
}

/// `POST /console/devices/{number}/transfer/cancel`.
pub async fn take_back(
    State(cx): State<Cx>,
    Path(text): Path<String>,
    Posted { desk, .. }: Posted<Nothing>,
) -> Response {
    let done = async { cancel(number(&text)?, desk.visitor.actor(), &cx).await };
    desk.done(done.await, &format!("/console/devices/{text}"))
}

/// Whether it is meant.
#[derive(Deserialize)]
pub struct Sure {
    sure: Option<String>,
}

/// `POST /console/devices/{number}/dispose`. It cannot be taken back, so it is asked once more.
pub async fn dispose(State(cx): State<Cx>, Path(text): Path<String>, Posted { desk, form }: Posted<Sure>) -> Response {
    let done = async {
        let number = number(&text)?;
        if form.sure.is_none() {
            return Ok(Some(number));
        }
        disposal::ask(number, desk.visitor.actor(), &cx).await.map(|_| None)
    };
    match done.await {
        Ok(None) => desk.to(&format!("/console/devices/{text}")),
        Ok(Some(number)) => handing::sure(&desk, number),
        Err(error) => desk.refuse(error),
    }
}

/// `GET /console/devices/{number}/label`: the label to print, as a drawing.
pub async fn label(State(cx): State<Cx>, Path(text): Path<String>, desk: Desk) -> Response {
    let drawn = async { crate::lookup::drawn(number(&text)?, desk.visitor.actor(), &cx).await };
    match drawn.await {
        Ok(svg) => file(svg.into_bytes(), "image/svg+xml", &format!("label-{text}.svg")),
        Err(error) => desk.refuse(error),
    }
}
