//! The multipart body of a release: `file`, `product`, `version`, `security_version`, `signature`; optional `remedy`,
//! `name`, `key`, `allow_older`.
//!
//! Why apart from its route: whatever reads bytes from outside is fuzzed alone. Invariant: no field is kept that is longer
//! than [`FIELD_MAX`], none comes twice, and the file is handed on as it comes.

use crate::status::Status;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::Stream;
use multer::{Constraints, Field, Multipart, SizeLimit};
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;
use tegata_domain::id::Uuid;
use tegata_domain::release::NewRelease;
use tegata_usecase::Error;
use tegata_usecase::release::Asked;
use tegata_wire::problem::Problem;

/// Fields beside the file.
pub const FIELDS: [&str; 8] =
    ["product", "version", "security_version", "signature", "remedy", "name", "key", "allow_older"];
/// The longest of them.
pub const FIELD_MAX: u64 = 8 * 1024;
/// A sender may pause for so long.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the file goes while it comes.
pub trait Takes: Send {
    /// The next bytes of it.
    fn take(&mut self, bytes: &[u8]) -> impl Future<Output = Result<(), Error>> + Send;
}

/// What came beside the file's bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Form {
    fields: HashMap<&'static str, Vec<u8>>,
    has_file: bool,
    file_name: Option<String>,
}

fn edge(status: u16, code: &'static str, text: impl Into<String>) -> Status {
    Status::Edge(Problem::new(status, code, text.into()))
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

/// Reads a body of this Content-Type, whose file has at most `file_max` bytes and goes to `file`.
pub async fn read<S, E>(kind: &str, body: S, file_max: u64, file: &mut impl Takes) -> Result<Form, Status>
where
    S: Stream<Item = Result<Bytes, E>> + Send + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
{
    let boundary = multer::parse_boundary(kind).map_err(|_| {
        edge(415, "content_type", "send the fields as Content-Type: multipart/form-data, as `curl --form` does")
    })?;
    let whole = file_max.saturating_add(FIELDS.len() as u64 * 2 * FIELD_MAX);
    let limits = SizeLimit::new().whole_stream(whole).per_field(FIELD_MAX).for_field("file", file_max);
    let mut fields = Multipart::with_constraints(body, boundary, Constraints::new().size_limit(limits));
    let mut form = Form::default();
    while let Some(field) = patient(fields.next_field()).await? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            if std::mem::replace(&mut form.has_file, true) {
                return Err(edge(400, "multipart", "the field \"file\" came twice"));
            }
            form.file_name = field.file_name().map(str::to_owned);
            stream(field, file).await?;
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

async fn stream(mut field: Field<'static>, file: &mut impl Takes) -> Result<(), Status> {
    while let Some(bytes) = patient(field.chunk()).await? {
        file.take(&bytes).await?;
    }
    Ok(())
}

impl Form {
    /// A field beside the file, as it came.
    pub fn field(&self, name: &str) -> Option<&[u8]> {
        self.fields.get(name).map(Vec::as_slice)
    }

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

    /// The release that is asked for.
    pub fn asked(&self) -> Result<Asked, Error> {
        if !self.has_file {
            return Err(Error::invalid("multipart", "the field \"file\" is missing"));
        }
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
        Ok((id("product", self.needed("product")?)?, new, self.signature()))
    }
}
