//! `POST /api/v1/releases`, multipart: `file`, `product`, `version`, `security_version`, `signature`; optional `remedy`,
//! `name`, `key`, `allow_older`. The file streams to disk, wherever it stands among the fields.

use crate::caller::{Caller, Shown};
use crate::status::Status;
use axum::extract::{Request, State};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde_json::Value;
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;
use tegata_domain::id::Uuid;
use tegata_domain::permit::Actor;
use tegata_domain::release::NewRelease;
use tegata_usecase::release::{Asked, Upload, publish, upload};
use tegata_usecase::{Cx, Error};
use tegata_wire::problem::Problem;

/// Fields beside the file.
const FIELDS: [&str; 8] =
    ["product", "version", "security_version", "signature", "remedy", "name", "key", "allow_older"];
/// The longest of them.
const FIELD_MAX: u64 = 8 * 1024;
/// A sender may pause for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came.
#[derive(Default)]
struct Form {
    fields: HashMap<&'static str, Vec<u8>>,
    file: Option<Upload>,
    file_name: Option<String>,
}

fn edge(status: u16, code: &'static str, text: impl Into<String>) -> Status {
    Status::Edge(Problem::new(status, code, text.into()))
}

/// Publishes a release.
pub async fn post(
    State(cx): State<Cx>,
    Caller(actor): Caller,
    request: Request,
) -> Result<(StatusCode, axum::Json<Value>), Status> {
    let shown = Shown::of(&request);
    let form = read(request, &actor, &cx).await?;
    let (file, asked) = form.asked()?;
    // an upload may last: its token is judged again before anything is published
    let actor = shown.again(&cx).await?;
    let published = publish(file, asked, &actor, &cx).await?;
    Ok((StatusCode::CREATED, axum::Json(super::view(&published))))
}

fn multipart(request: Request, file_max: u64) -> Result<Multipart<'static>, Status> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| {
        edge(415, "content_type", "send the fields as Content-Type: multipart/form-data, as `curl --form` does")
    })?;
    let whole = file_max.saturating_add(FIELDS.len() as u64 * 2 * FIELD_MAX);
    let limits = SizeLimit::new().whole_stream(whole).per_field(FIELD_MAX).for_field("file", file_max);
    let body = request.into_body().into_data_stream();
    Ok(Multipart::with_constraints(body, boundary, Constraints::new().size_limit(limits)))
}

/// What `next` gives, if it comes in time.
async fn patient<T>(next: impl Future<Output = multer::Result<T>>) -> Result<T, Status> {
    match tokio::time::timeout(PATIENCE, next).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(multer::Error::FieldSizeExceeded { limit, field_name })) => {
            let name = field_name.unwrap_or_default();
            Err(edge(413, "too_large", format!("the field {name:?} has at most {limit} bytes")))
        }
        Ok(Err(multer::Error::StreamSizeExceeded { limit })) => {
            Err(edge(413, "too_large", format!("the request has at most {limit} bytes")))
        }
        Ok(Err(error)) => Err(edge(400, "multipart", format!("the body is no whole multipart/form-data: {error}"))),
        Err(_) => Err(edge(408, "too_slow", "no byte came for a minute; send the release again")),
    }
}

async fn read(request: Request, actor: &Actor, cx: &Cx) -> Result<Form, Status> {
    let mut form = Form::default();
    // before the first byte of the body: who may not, sends nothing
    let mut waiting = Some(upload(actor, cx).await?);
    let mut fields = multipart(request, cx.settings.file_max)?;
    while let Some(field) = patient(fields.next_field()).await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            let mut upload = waiting.take().ok_or_else(|| edge(400, "multipart", "the field \"file\" came twice"))?;
            form.file_name = field.file_name().map(str::to_owned);
            stream(field, &mut upload).await?;
            form.file = Some(upload);
            continue;
        }
        let Some(known) = FIELDS.into_iter().find(|known| *known == name) else {
            let all = FIELDS.join(", ");
            return Err(edge(400, "multipart", format!("there is no field {name:?}; there are file, {all}")));
        };
        let value = patient(field.bytes()).await?.to_vec();
        if form.fields.insert(known, value).is_some() {
            return Err(edge(400, "multipart", format!("the field {known:?} came twice")));
        }
    }
    Ok(form)
}

async fn stream(mut field: Field<'static>, upload: &mut Upload) -> Result<(), Status> {
    while let Some(bytes) = patient(field.chunk()).await? {
        upload.write(&bytes).await?;
    }
    Ok(())
}

impl Form {
    fn text(&self, name: &'static str) -> Result<Option<&str>, Error> {
        let text = self.fields.get(name).map(|value| std::str::from_utf8(value).map(str::trim));
        text.transpose().map_err(|_| Error::invalid("multipart", format!("{name} is a text")))
    }

    fn needed(&self, name: &'static str) -> Result<&str, Error> {
        self.text(name)?.ok_or_else(|| Error::invalid("multipart", format!("the field {name:?} is missing")))
    }

    fn flag(&self, name: &'static str) -> Result<bool, Error> {
        match self.text(name)? {
            None | Some("" | "false" | "0") => Ok(false),
            Some("true" | "1") => Ok(true),
            Some(_) => Err(Error::invalid("multipart", format!("{name} is true or false"))),
        }
    }

    /// Raw bytes, or base64 of them.
    fn signature(&self) -> Vec<u8> {
        let raw = self.fields.get("signature").cloned().unwrap_or_default();
        let plain: Vec<u8> = raw.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
        STANDARD.decode(plain).unwrap_or(raw)
    }

    fn asked(mut self) -> Result<(Upload, Asked), Error> {
        let file = self.file.take().ok_or_else(|| Error::invalid("multipart", "the field \"file\" is missing"))?;
        let number = self.needed("security_version")?.parse();
        let id = |name, text: &str| Uuid::parse_str(text).map_err(|_| Error::not_found(name));
        let name = self.text("name")?.or(self.file_name.as_deref()).unwrap_or("release.bin").to_owned();
        let new = NewRelease {
            version: self.needed("version")?.to_owned(),
            security_version: number
                .map_err(|_| Error::invalid("security_version", "security_version is a number from 0 to 4294967295"))?,
            remedy: self.flag("remedy")?,
            file_name: name,
            allow_older: self.flag("allow_older")?,
            key: self.text("key")?.map(|text| id("release key", text)).transpose()?,
        };
        Ok((file, (id("product", self.needed("product")?)?, new, self.signature())))
    }
}
