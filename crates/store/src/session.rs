//! Sessions: SQL, and the compact form of their branches.

use crate::engine::{Connection, Row, params};
use crate::error::ErrorKind;
use crate::{Error, Store};
use tegata_domain::id::DeviceRow;
use tegata_domain::ratchet::{Branch, Ratchet};
use tegata_domain::session::Session;

/// False where the session is no longer at the version that it was decided on.
pub(crate) fn write(c: &Connection, s: &Session) -> Result<bool, Error> {
    let text = match s.version {
        0 => {
            "insert into session (device, version, period, epoch, issued, branches)
            values ($1, $2 + 1, $3, $4, $5, $6) on conflict do nothing"
        }
        _ => {
            "update session set version = version + 1, period = $3, epoch = $4, issued = $5, branches = $6
            where device = $1 and version = $2"
        }
    };
    let (issued, branches) = (s.ratchet.issued as i64, encode(&s.ratchet));
    let values = params![s.device.0, s.version, s.period, s.epoch, issued, branches];
    Ok(c.execute(text, values)? == 1)
}

/// Begins a new epoch where tokens were given.
pub(crate) fn begin_epoch(c: &Connection, device: DeviceRow) -> Result<(), Error> {
    let text = "update session set version = version + 1, epoch = epoch + 1, issued = 0, branches = $2
        where device = $1";
    c.execute(text, params![device.0, encode(&Ratchet::default())])?;
    Ok(())
}

/// Begins a new epoch for all, in a store that was restored.
pub(crate) fn begin_epochs(c: &Connection) -> Result<(), Error> {
    let text = "update session set version = version + 1, epoch = epoch + 1, issued = 0, branches = $1";
    c.execute(text, [encode(&Ratchet::default())])?;
    Ok(())
}

/// The returns, then each branch: numbers of eight bytes, lists after their length in one byte.
pub fn encode(ratchet: &Ratchet) -> Vec<u8> {
    fn list(out: &mut Vec<u8>, numbers: &[u64]) {
        out.push(numbers.len() as u8);
        numbers.iter().for_each(|number| out.extend(number.to_be_bytes()));
    }
    let mut out = Vec::with_capacity(64);
    list(&mut out, &ratchet.returns);
    for branch in &ratchet.branches {
        out.extend(branch.parent.to_be_bytes());
        out.extend(branch.returned.to_be_bytes());
        out.extend(branch.shown.to_be_bytes());
        list(&mut out, &branch.children);
        list(&mut out, &branch.passed);
    }
    out
}

/// `None` where the bytes are not what [`encode`] writes.
pub fn decode(issued: u64, mut bytes: &[u8]) -> Option<Ratchet> {
    fn number(bytes: &mut &[u8]) -> Option<u64> {
        let (head, rest) = bytes.split_first_chunk()?;
        *bytes = rest;
        Some(u64::from_be_bytes(*head))
    }
    fn list(bytes: &mut &[u8]) -> Option<Vec<u64>> {
        let (count, rest) = bytes.split_first()?;
        *bytes = rest;
        (0..*count).map(|_| number(bytes)).collect()
    }
    let mut ratchet = Ratchet { issued, returns: list(&mut bytes)?, branches: Vec::new() };
    while !bytes.is_empty() {
        let (parent, returned) = (number(&mut bytes)?, number(&mut bytes)?);
        let (shown, rest) = bytes.split_first_chunk()?;
        bytes = rest;
        let shown = u32::from_be_bytes(*shown);
        let (children, passed) = (list(&mut bytes)?, list(&mut bytes)?);
        ratchet.branches.push(Branch { parent, returned, shown, children, passed });
    }
    Some(ratchet)
}

/// Reads of sessions.
pub struct Sessions<'a>(&'a Store);

impl Store {
    /// Reads of sessions.
    pub fn session(&self) -> Sessions<'_> {
        Sessions(self)
    }
}

impl Sessions<'_> {
    /// That of a device, once it gave a heartbeat.
    pub async fn of_device(&self, device: DeviceRow) -> Result<Option<Session>, Error> {
        let text = "select version, period, epoch, issued, branches from session where device = $1";
        let read = |row: &Row<'_>| {
            let ratchet = decode(row.get::<i64>(3)? as u64, row.get::<&[u8]>(4)?);
            let (version, period, epoch) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(ratchet.map(|ratchet| Session { device, version, period, epoch, ratchet }))
        };
        match self.0.read(|c| c.one(text, [device.0], read))? {
            None => Ok(None),
            Some(Some(session)) => Ok(Some(session)),
            Some(None) => Err(Error::new(ErrorKind::Broken, "a session cannot be read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tegata_domain::ratchet::Shown;

    #[test]
    fn every_state_comes_back() {
        let mut ratchet = Ratchet::default();
        for token in [0, 0, 2, 2, 4, 2, 6, 0, 5, 1, 9, 3] {
            let shown = if token == 0 { Shown::Nothing } else { Shown::Token(token) };
            ratchet = ratchet.show(shown).0;
            let bytes = encode(&ratchet);
            assert_eq!(decode(ratchet.issued, &bytes).as_ref(), Some(&ratchet));
            for cut in 0..bytes.len() {
                assert_ne!(decode(ratchet.issued, &bytes[..cut]).as_ref(), Some(&ratchet));
            }
        }
        assert!(ratchet.branches.len() > 1 && !ratchet.returns.is_empty(), "{ratchet:?}");
    }
}
