//! The target of the edge's multipart body: how it is cut into frames changes nothing, limits hold, and what was written
//! is read.

use arbitrary::{Result, Unstructured};
use bytes::Bytes;
use futures_util::stream;
use std::convert::Infallible;
use std::sync::OnceLock;
use tegata_api::release::form::{FIELD_MAX, FIELDS, Form, Takes, read};
use tegata_usecase::Error;
use tokio::runtime::{Builder, Runtime};

const KIND: &str = "multipart/form-data; boundary=part";
/// The longest file here.
const FILE_MAX: u64 = 4096;

/// A file in memory.
#[derive(Default)]
struct File(Vec<u8>);

impl Takes for File {
    async fn take(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }
}

/// What is read of a body that comes in frames of `step` bytes.
fn framed(kind: &str, body: &[u8], step: usize) -> Option<(Form, Vec<u8>)> {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));
    let frames: Vec<_> = body.chunks(step).map(|frame| Ok::<_, Infallible>(Bytes::copy_from_slice(frame))).collect();
    let mut file = File::default();
    let form = runtime.block_on(read(kind, stream::iter(frames), FILE_MAX, &mut file)).ok()?;
    assert!(file.0.len() as u64 <= FILE_MAX, "{} bytes of a file", file.0.len());
    assert!(FIELDS.iter().all(|name| form.field(name).is_none_or(|value| value.len() as u64 <= FIELD_MAX)));
    let _refused = form.asked();
    Some((form, file.0))
}

/// The form of a release: any bytes as a body, any bytes as its Content-Type, and any values in a body that is one.
pub fn release(data: &[u8]) {
    let whole = framed(KIND, data, data.len().max(1));
    let step = 1 + data.last().map_or(0, |byte| usize::from(byte % 32));
    assert_eq!(framed(KIND, data, step), whole, "frames of {step} bytes");
    if let Ok(kind) = std::str::from_utf8(data.get(..data.len().min(100)).unwrap_or_default()) {
        let _refused = framed(kind, data, data.len().max(1));
    }
    let _short = any_values(Unstructured::new(data));
}

fn any_values(mut input: Unstructured<'_>) -> Result<()> {
    let count = input.int_in_range(0..=FIELDS.len() - 1)?;
    let mut values: Vec<(&str, Vec<u8>)> = Vec::new();
    for name in &FIELDS[..count] {
        values.push((*name, input.arbitrary()?));
    }
    let file = input.take_rest().to_vec();
    let holds = |bytes: &[u8]| bytes.windows(6).any(|six| six == b"--part");
    if holds(&file) || values.iter().any(|(_, value)| holds(value)) {
        return Ok(());
    }
    let mut body = Vec::new();
    for (name, value) in &values {
        body.extend_from_slice(format!("--part\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n").as_bytes());
        body.extend_from_slice(value);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--part\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.bin\"\r\n\r\n");
    body.extend_from_slice(&file);
    body.extend_from_slice(b"\r\n--part--\r\n");
    let fits = file.len() as u64 <= FILE_MAX && values.iter().all(|(_, value)| value.len() as u64 <= FIELD_MAX);
    match framed(KIND, &body, 64) {
        Some((form, came)) => {
            assert!(fits && came == file, "another file");
            assert!(values.iter().all(|(name, value)| form.field(name) == Some(value)), "another value");
        }
        None => assert!(!fits, "a whole body that fits is read"),
    }
    Ok(())
}
