//! `POST /api/v1/releases`, multipart: what stands in [`super::form`]. The file streams to disk, wherever it stands among the
//! fields.

use super::form::{self, Form, Takes};
use crate::caller::{Caller, Shown};
use crate::status::Status;
use axum::extract::{Request, State};
use http::{StatusCode, header};
use serde_json::Value;
use tegata_domain::permit::Actor;
use tegata_usecase::release::{Upload, publish, upload};
use tegata_usecase::{Cx, Error};

impl Takes for Upload {
    async fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.write(bytes).await
    }
}

/// Publishes a release.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    request: Request,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let shown = Shown::of(&request);
    let (form, file) = read(request, &actor, &cx).await?;
    let asked = form.asked()?;
    // an upload may last: its token is judged again before anything is published
    let actor = shown.again(&cx).await?;
    let published = publish(file, asked, &actor, &cx).await?;
    Ok((StatusCode::CREATED, axum::Json(super::view(&published))))
}

async fn read(request: Request, actor: &Actor, cx: &Cx) -> Result<(Form, Upload), Status> {
    // before the first byte of the body: who may not, sends nothing
    let mut file = upload(actor, cx).await?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.to_owned();
    let form = form::read(&kind, request.into_body().into_data_stream(), cx.settings.file_max, &mut file).await?;
    Ok((form, file))
}
