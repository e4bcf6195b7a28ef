//! Certificates of devices as they are kept: packed. Nine tenths of an IDevID are the same in all that an authority
//! issues, and ten million of them are most of a store.
//!
//! Packed against what is there before them and never changes: the certificate of the authority, and the fixed parts of
//! the profile. So a row needs no other row but its authority's (a new certificate of an authority is a new row). What
//! does not shrink stays as it is.
//! Invariant: unpacked is byte for byte what was packed, since signatures hold over these bytes. The dictionary of form
//! 1 never changes; a better one is form 2.

use crate::Store;
use crate::engine::{Row, uuid};
use crate::error::{Error, ErrorKind};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::change::{Change, Write};
use tegata_domain::id::{AuthorityRow, Uuid};
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe::CParameter;

/// How a packed certificate begins: form 1, and the mark of a frame (RFC 8878 §3.1.1). A plain one begins with a
/// SEQUENCE.
const FORM: u8 = 1;
const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
const SEQUENCE: u8 = 0x30;
/// The fastest level: the dictionary does the work.
const LEVEL: i32 = 1;
/// The longest certificate that is packed.
const MAX: usize = 64 * 1024;
/// Authorities whose dictionaries are at hand; past that they are made anew.
const KEPT: usize = 1_000;

/// Fixed parts of an IDevID of a P-256 key, in their order (RFC 5280 §4.1); the address parts follow with the id.
const PARTS: [&[u8]; 8] = [
    b"\x30\x82\x02\xaa\x30\x82\x02\x4f\xa0\x03\x02\x01\x02\x02\x13",
    b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x30\x45",
    b"\x18\x0f99991231235959Z\x30\x40",
    b"\x31\x10\x30\x0e\x06\x03\x55\x04\x03\x0c\x31\x13\x30\x11\x06\x03\x55\x04\x05\x13\x0b",
    b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04",
    b"\xa3\x82\x01\x1f\x30\x82\x01\x1b\x30\x1f\x06\x03\x55\x1d\x23\x04\x18\x30\x16\x80\x14",
    b"\x30\x0e\x06\x03\x55\x1d\x0f\x01\x01\xff\x04\x04\x03\x02\x07\x80\x30\x3b\x06\x03\x55\x1d\x11\x04\x34\x30\x32\xa0\x30\
      \x06\x08\x2b\x06\x01\x05\x05\x07\x08\x04\xa0\x24\x30\x22\x06\x13",
    b"\x30\x51\x06\x03\x55\x1d\x1f\x04\x4a\x30\x48\x30\x46\xa0\x44\xa0\x42\x86\x40http://",
];
/// Between the two addresses, and after them.
const ADDRESS: &[u8] =
    b"\x30\x58\x06\x08\x2b\x06\x01\x05\x05\x07\x01\x01\x04\x4c\x30\x4a\x30\x48\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\
      \x3chttp://";
const END: &[u8] = b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x03\x49\x00\x30\x46\x02\x21\x00";

fn dictionary(uid: Uuid, certificate: &[u8]) -> Vec<u8> {
    let (crl, own) = (format!("/crl/{uid}/11.crl"), format!("/ca/{uid}.crt"));
    let fixed = PARTS.concat();
    [certificate, &fixed, crl.as_bytes(), ADDRESS, own.as_bytes(), END].concat()
}

/// Packs and unpacks what one authority issued. Contexts are taken by who needs one, as many as work at once.
struct Press {
    dictionary: Vec<u8>,
    pack: Mutex<Vec<Compressor<'static>>>,
    unpack: Mutex<Vec<Decompressor<'static>>>,
}

fn take<T>(idle: &Mutex<Vec<T>>) -> Option<T> {
    idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
}

fn give_back<T>(idle: &Mutex<Vec<T>>, one: T) {
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(one);
}

impl Press {
    fn of(dictionary: Vec<u8>) -> Self {
        Press { dictionary, pack: Mutex::default(), unpack: Mutex::default() }
    }

    /// `None` where that is no gain.
    fn pack(&self, der: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let mut context = match take(&self.pack) {
            Some(context) => context,
            None => {
                let mut context = Compressor::with_dictionary(LEVEL, &self.dictionary)?;
                // a wrong dictionary is seen, not believed
                context.set_parameter(CParameter::ChecksumFlag(true))?;
                context
            }
        };
        let mut out = vec![0; der.len()];
        out[0] = FORM;
        // no room for as much as before means no gain
        let packed = context.compress_to_buffer(der, &mut out[1..]);
        give_back(&self.pack, context);
        Ok(packed.ok().map(|length| {
            out.truncate(1 + length);
            out.shrink_to_fit();
            out
        }))
    }

    fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>, Error> {
        let mut context = match take(&self.unpack) {
            Some(context) => context,
            None => Decompressor::with_dictionary(&self.dictionary)?,
        };
        let size = Decompressor::upper_bound(packed).unwrap_or(MAX).min(MAX);
        let plain = context.decompress(packed, size);
        give_back(&self.unpack, context);
        plain.map_err(|_| broken("a packed certificate cannot be unpacked"))
    }
}

fn broken(text: &str) -> Error {
    Error::new(ErrorKind::Broken, text)
}

/// Those of the authorities that were met.
#[derive(Default)]
pub(crate) struct Presses(RwLock<HashMap<AuthorityRow, Arc<Press>>>);

impl Store {
    fn press(&self, authority: AuthorityRow) -> Result<Option<Arc<Press>>, Error> {
        let presses = &self.0.presses.0;
        if let Some(known) = presses.read().unwrap_or_else(PoisonError::into_inner).get(&authority) {
            return Ok(Some(Arc::clone(known)));
        }
        let text = "select uid, certificate from authority where id = $1";
        let read = |row: &Row<'_>| Ok((uuid(row, 0)?, row.get::<Vec<u8>>(1)?));
        let found = self.read(|c| c.one(text, [authority.0], read))?;
        let Some((uid, certificate)) = found else { return Ok(None) };
        let press = Arc::new(Press::of(dictionary(uid, &certificate)));
        let mut kept = presses.write().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(authority, Arc::clone(&press));
        Ok(Some(press))
    }

    /// Packs the certificates that devices are made with: on the caller's thread, so that many do it at once.
    pub(crate) fn pack(&self, changes: &mut [Change]) -> Result<(), Error> {
        for write in changes.iter_mut().flat_map(|change| &mut change.writes) {
            let Write::Made(made) = write else { continue };
            let certificate = &mut made.certificate;
            let fits = (1..=MAX).contains(&certificate.der.len()) && certificate.der[0] == SEQUENCE;
            if certificate.kind == CertificateKind::Idevid
                && fits
                && let Some(press) = self.press(certificate.authority)?
                && let Some(packed) = press.pack(&certificate.der)?
            {
                certificate.der = packed;
            }
        }
        Ok(())
    }

    /// The certificate as it was issued.
    pub(crate) fn unpack(&self, mut certificate: Certificate) -> Result<Certificate, Error> {
        if let Some((&FORM, packed)) = certificate.der.split_first()
            && packed.starts_with(&FRAME)
        {
            let press = self.press(certificate.authority)?;
            let press = press.ok_or_else(|| broken("a packed certificate has lost its authority"))?;
            certificate.der = press.unpack(packed)?;
        }
        Ok(certificate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_comes_back() {
        let press = Press::of(dictionary(Uuid::from_u128(7), &[9; 300]));
        // what the dictionary knows, with something new in it
        let mut der = dictionary(Uuid::from_u128(7), &[9; 20]);
        let new: Vec<u8> = (0..100_u8).map(|i| i.wrapping_mul(151)).collect();
        der.splice(60..60, new);
        let packed = press.pack(&der).unwrap().unwrap();
        assert!(packed[0] == FORM && packed.len() < 250, "{} of {}", packed.len(), der.len());
        assert_eq!(press.unpack(&packed[1..]).unwrap(), der);
        assert!(press.unpack(&packed[2..]).is_err(), "a torn one is refused");
        let noise: Vec<u8> = (0..64_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(press.pack(&noise).unwrap(), None, "no gain, no change");
    }

    #[test]
    fn the_dictionary_stays_what_it_was() {
        let dictionary = dictionary(Uuid::from_u128(1), &[]);
        let sum = dictionary.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()));
        assert_eq!(
            (dictionary.len(), sum),
            (337, 14_392_712_431_952_188_396),
            "rows were packed against it: another one is another form"
        );
    }
}
