//! Enrolment: from the identity of manufacture (IDevID) to an operational one (LDevID), and to the next.
//!
//! A new key for every certificate. The new pair lies beside the old one until it was used once, so that a certificate
//! that the platform does not take leaves the device with the one that worked.

use crate::cx::Cx;
use crate::error::{Error, Result};
use crate::est::{Est, EstError};
use crate::identity::Identity;
use crate::link::{Link, refused};
use crate::pem;
use tegata_domain::time::Timestamp;
use tegata_wire::devid;
use tegata_wire::signed_note::Verifier;

const CURRENT: &str = "ldevid.pem";
const NEXT: &str = "ldevid.next.pem";
/// The platform's log keys, as they were fetched.
pub const LOG_KEYS: &str = "keys";

/// Which operational pair is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The one that worked before.
    Current,
    /// The new one, not yet used.
    Next,
}

/// The HTTPS authorities to trust, DER.
pub fn trust(cx: &Cx) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    for path in &cx.config.trust {
        let text = std::fs::read(path).map_err(|why| Error::file(path, why))?;
        let found = pem::blocks(&text, pem::CERTIFICATE).map_err(|why| Error::file(path, why))?;
        all.extend(found.into_iter().map(|der| der.to_vec()));
    }
    Ok(all)
}

/// The identity from manufacture, as the line left it in the folder.
pub fn idevid(cx: &Cx) -> Result<Identity> {
    let read = |name: &str| {
        let missing =
            || Error::file(cx.folder.path(name), "is missing: the line puts it there when the device is made");
        cx.folder.read(name)?.ok_or_else(missing)
    };
    let key = read("key.pem")?;
    let mut certificates = read("certificate.pem")?;
    certificates.push(b'\n');
    certificates.extend(cx.folder.read("chain.pem")?.unwrap_or_default());
    Identity::from_pem(&key, &certificates).map_err(|why| Error::file(cx.folder.path("certificate.pem"), why))
}

/// The operational identity to use now: the new one first. What is unreadable is as good as missing, since a new
/// enrolment replaces it.
pub fn operational(cx: &Cx) -> Result<Option<(Identity, Which)>> {
    for (name, which) in [(NEXT, Which::Next), (CURRENT, Which::Current)] {
        let Some(bytes) = cx.folder.read(name)? else { continue };
        match Identity::from_pem(&bytes, &bytes) {
            Ok(identity) => return Ok(Some((identity, which))),
            Err(why) => cx.say(format!("{name}: {why}; going on without it")),
        }
    }
    Ok(None)
}

/// The new pair was used: it takes the old one's place.
pub fn promote(cx: &Cx) -> Result<()> {
    Ok(cx.folder.rename(NEXT, CURRENT)?)
}

/// The platform does not take the new pair: back to the old one.
pub fn drop_next(cx: &Cx) -> Result<()> {
    Ok(cx.folder.remove(NEXT)?)
}

/// Asks for an operational certificate under the identity of manufacture.
pub fn enrol(cx: &Cx) -> Result<()> {
    let first = idevid(cx)?;
    let est = Est::new(&cx.config.device_url, &trust(cx)?, Some(&first));
    keep(cx, |request| est.enrol(request))?;
    if verifiers(cx)?.is_empty() {
        fetch_log_keys(cx)?;
    }
    Ok(())
}

/// Asks for the next certificate under the operational one.
pub fn renew(cx: &Cx, current: &Identity) -> Result<()> {
    let est = Est::new(&cx.config.device_url, &trust(cx)?, Some(current));
    keep(cx, |request| est.renew(request))
}

type Asked = Result<Vec<Vec<u8>>, EstError>;

fn keep(cx: &Cx, ask: impl FnOnce(&[u8]) -> Asked) -> Result<()> {
    let mut next = Identity::generate()?;
    next.chain = ask(&next.request()?).map_err(|why| match why {
        EstError::Refused { status, detail } => refused(status, detail.as_bytes(), None).judged(),
        other => other.into(),
    })?;
    if !next.fits() {
        return Err(Error::Other("the platform gave a certificate for another key; it is not used".into()));
    }
    Ok(cx.folder.save(NEXT, next.whole_pem().as_bytes())?)
}

/// Fetches the keys of the platform's logs over the pinned connection and keeps them. From then on the device checks
/// with these.
pub fn fetch_log_keys(cx: &Cx) -> Result<()> {
    if let Some(path) = &cx.config.log_keys {
        return Err(Error::file(path, "has no key of a log that this device understands"));
    }
    let link = Link::new(&cx.config.device_url, &trust(cx)?, None);
    let text = link.text(&link.url("/ledger/keys"))?;
    if parse_keys(&text).is_empty() {
        return Err(Error::Other("the platform's /ledger/keys has no key that this device understands".into()));
    }
    Ok(cx.folder.save(LOG_KEYS, text.as_bytes())?)
}

/// The keys of the platform's logs: the configured ones, else those that were fetched.
pub fn verifiers(cx: &Cx) -> Result<Vec<Verifier>> {
    let text = match &cx.config.log_keys {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|why| Error::file(path, why))?),
        None => cx.folder.text(LOG_KEYS)?,
    };
    Ok(text.map(|text| parse_keys(&text)).unwrap_or_default())
}

/// Other key types may stand among them one day; they are passed over.
fn parse_keys(text: &str) -> Vec<Verifier> {
    text.lines().take(64).filter_map(|line| Verifier::parse(line.trim()).ok()).collect()
}

/// Whether less than a third of a certificate's life is left. A clock that stands before the certificate's begin knows
/// nothing; the heartbeat tells then.
pub fn is_old(certificate: &[u8], now: Timestamp) -> bool {
    let Ok([begin, end]) = devid::validity(certificate).map(|all| all.map(moment)) else { return false };
    let (Some(begin), Some(end)) = (begin, end) else { return false };
    now > begin && end.since(now) < end.since(begin) / 3
}

fn moment([year, month, day, hour, minute, second]: [u16; 6]) -> Option<Timestamp> {
    Timestamp::parse(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

/// The product that the IDevID names: only its releases are for this device.
pub fn product(cx: &Cx) -> Result<u128> {
    let path = cx.folder.path("certificate.pem");
    let identity = idevid(cx)?;
    let product = identity.chain.first().map(|leaf| devid::product(leaf)).transpose();
    let product = product.map_err(|why| Error::file(&path, why))?.flatten();
    product.ok_or_else(|| Error::file(path, "names no product"))
}
