//! `POST /d/{number}/report`: the form by which somebody reports a problem with a device.

use super::{again, place};
use crate::language::Language;
use crate::page::{Place, Said};
use crate::refusal;
use crate::status::{json, refuse};
use axum::Extension;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use tegata_domain::number::Number;
use tegata_domain::report::{ReportKind, Tongue};
use tegata_usecase::peer::Peer;
use tegata_usecase::{Cx, Error, Kind, report};

/// The longest form: a report in the longest way to write it.
const FORM_MAX: usize = 16 * 1024;

/// The form.
#[derive(Deserialize)]
pub struct Filled {
    kind: Option<String>,
    text: Option<String>,
}

/// Takes a report, and leads back to the page.
pub async fn post(
    State(cx): State<Cx>,
    Extension(peer): Extension<Peer>,
    Path(typed): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let headers = parts.headers;
    let place = place(parts.uri.query(), &headers);
    let Ok(number) = Number::parse(&typed) else { return super::malformed(&typed, &place, json(&headers)) };
    match take(number, body, (&place, &peer), &cx).await {
        Ok(()) => {
            let lang = place.chosen().map_or(String::new(), |language| format!("&lang={}", language.tag()));
            Redirect::to(&format!("/d/{number}?said=reported{lang}#report")).into_response()
        }
        Err(error) => match told(&error).filter(|_| !json(&headers)) {
            Some(said) => again(number, &place.saying(said), error, &peer, &cx).await,
            None => refuse(error, &place, &headers),
        },
    }
}

async fn take(number: Number, body: Body, (place, peer): (&Place<'_>, &Peer), cx: &Cx) -> Result<(), Error> {
    let long = |_| refusal::invalid("report");
    let said = said(&to_bytes(body, FORM_MAX).await.map_err(long)?, place.language())?;
    report::enter(number, said, peer.address, cx).await
}

fn said(body: &[u8], language: Language) -> Result<report::Said, Error> {
    let wrong = || refusal::invalid("report.form");
    let filled: Filled = serde_urlencoded::from_bytes(body).map_err(|_| wrong())?;
    let kind = filled.kind.as_deref().and_then(ReportKind::by_name).ok_or_else(wrong)?;
    let language = match language {
        Language::En => Tongue::En,
        Language::Ja => Tongue::Ja,
    };
    Ok(report::Said { kind, text: filled.text.unwrap_or_default(), language })
}

/// What the page says of an error that who reports can mend, or wait for.
fn told(error: &Error) -> Option<Said> {
    match error.kind {
        Kind::Throttled => Some(Said::ReportedTooOften),
        Kind::Invalid => Some(Said::NoWords),
        _ => None,
    }
}
