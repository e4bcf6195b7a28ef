//! Requests for certificates, made before anything is measured: a key of its own for each device.

use crate::{Failure, machine};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use std::ops::Range;
use tegata_keys::request::request;
use tegata_keys::signer::Signer;

/// Bodies of requests to the line.
#[derive(Default)]
pub struct Requests {
    /// NDJSON, each of the same number of lines except the last.
    pub bodies: Vec<Bytes>,
    /// All PKCS#10, DER.
    pub csrs: Vec<Vec<u8>>,
}

/// Makes requests for the serials of `range`, on all cores.
pub fn make(range: Range<usize>, lines: usize) -> Result<Requests, Failure> {
    let count = range.len();
    let share = count.div_ceil(machine::cores()).div_ceil(lines).max(1) * lines;
    let starts = (range.start..range.end).step_by(share);
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            starts.map(|start| scope.spawn(move || part(start..range.end.min(start + share), lines))).collect();
        let mut all = Requests::default();
        for part in parts {
            let part = part.join().map_err(|_| "a thread that makes requests ended")??;
            all.bodies.extend(part.bodies);
            all.csrs.extend(part.csrs);
        }
        Ok(all)
    })
}

fn part(range: Range<usize>, lines: usize) -> Result<Requests, Failure> {
    let mut part = Requests::default();
    let mut body = String::new();
    for serial in range.clone() {
        let (signer, _) = Signer::generate_p256()?;
        let csr = request(&signer)?;
        body += &format!("{{\"serial\":\"B-{serial:09}\",\"csr\":\"");
        BASE64_STANDARD.encode_string(&csr, &mut body);
        body += "\"}\n";
        part.csrs.push(csr);
        if part.csrs.len().is_multiple_of(lines) || serial + 1 == range.end {
            part.bodies.push(Bytes::from(std::mem::take(&mut body)));
        }
    }
    Ok(part)
}
