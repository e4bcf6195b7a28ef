//! Targets of keys, seals and backups.

use arbitrary::{Result, Unstructured};
use std::io::{Read, Write};
use std::sync::OnceLock;
use tegata_domain::id::Uuid;
use tegata_domain::time::Timestamp;
use tegata_keys::recovery::RecoveryKey;
use tegata_keys::sealed_file::{Opened, Sealing};
use tegata_keys::session::{Epoch, SessionKey};
use tegata_keys::signer::Signer;
use tegata_keys::{chain as chains, possession as possessions, profile, secret, statement};
use tegata_store::archive::{Packing, unpack};

/// Session tokens, and tokens of the API.
pub fn token(data: &[u8]) {
    let key = SessionKey::new(&[7; 32]);
    let of = Epoch { device: Uuid::from_u128(1), period: 2, epoch: 3 };
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(key.counter(of, text), None, "a MAC out of nothing");
        let _refused = secret::token_hash(text);
    }
    if let Some(eight) = data.first_chunk() {
        let token = key.token(of, u64::from_be_bytes(*eight), *eight);
        assert_eq!(key.counter(of, &token), Some(u64::from_be_bytes(*eight)));
        assert_eq!(key.counter(Epoch { epoch: 4, ..of }, &token), None);
    }
}

/// The recovery key.
pub fn recovery(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Some(key) = RecoveryKey::parse(text) {
        let written = key.text();
        let again = RecoveryKey::parse(&written).expect("we read what we write");
        assert_eq!((*again.text()).as_str(), (*written).as_str());
    }
}

fn open(sealed: &[u8], secret: &[u8; 32]) -> std::io::Result<Vec<u8>> {
    let mut plain = Vec::new();
    Opened::new(sealed, secret)?.read_to_end(&mut plain)?;
    Ok(plain)
}

/// A sealed file: any bytes as one, and any change of one.
pub fn file(data: &[u8]) {
    assert!(open(data, &[9; 32]).is_err(), "a seal out of nothing");
    let _short = any_change(Unstructured::new(data));
}

fn any_change(mut input: Unstructured<'_>) -> Result<()> {
    let (at, bit, end): (u16, u8, u16) = input.arbitrary()?;
    let plain = input.take_rest();
    let sealing = Sealing::new(Vec::new(), &[7; 32], &[8; 32]);
    let sealed = sealing.and_then(|mut sealing| sealing.write_all(plain).and_then(|()| sealing.finish()));
    let sealed = sealed.expect("memory takes it");
    assert_eq!(open(&sealed, &[7; 32]).ok().as_deref(), Some(plain));
    let mut changed = sealed.clone();
    let at = usize::from(at) % sealed.len();
    changed[at] ^= 1 << (bit % 8);
    assert!(open(&changed, &[7; 32]).is_err(), "a changed bit at {at}");
    assert!(open(&sealed[..usize::from(end) % sealed.len()], &[7; 32]).is_err(), "an end that was cut off");
    Ok(())
}

/// An archive: any bytes as one, and any files in one.
pub fn archive(data: &[u8]) {
    let read = |bytes: &[u8]| {
        let mut files = Vec::new();
        let outcome = unpack(bytes, |name, content| {
            let mut file = Vec::new();
            // what unpacks to more than this is not read on
            let read = content.take(1 << 20).read_to_end(&mut file)?;
            files.push((name.to_owned(), file));
            if read < 1 << 20 { Ok(()) } else { Err(std::io::Error::other("long").into()) }
        });
        outcome.map(|()| files).map_err(|error: tegata_store::Error| error)
    };
    let _refused = read(data);
    let mut packing = Packing::new(Vec::new()).expect("memory takes it");
    let parts: Vec<&[u8]> = data.split(|byte| *byte == 0).take(8).collect();
    for (number, part) in parts.iter().enumerate() {
        packing.add(&format!("keys/{number}"), part.len() as u64, *part).expect("memory takes it");
    }
    let packed = packing.finish().expect("memory takes it");
    let files = read(&packed).expect("we read what we write");
    assert!(files.iter().map(|(_, file)| file.as_slice()).eq(parts));
}

/// A request as proof of possession: any bytes, never a panic below.
pub fn possession(data: &[u8]) {
    let _refused = possessions::prove(data);
    let _refused = statement::check(data);
    if let Some((length, rest)) = data.split_first() {
        let (spki, signature) = rest.split_at(usize::from(*length).min(rest.len()));
        assert!(statement::verify(spki, b"nobody signed this", signature).is_err());
    }
}

/// A chain of certificates: none leads to a root whose key signed nothing else.
pub fn chain(data: &[u8]) {
    static ROOT: OnceLock<Vec<u8>> = OnceLock::new();
    let root = ROOT.get_or_init(|| {
        let key = Signer::generate_p256().expect("a key").0;
        let name = profile::authority_name("Nobody", "Root");
        profile::root(&key, [1; 16], &name, [Timestamp::from_millis(0), Timestamp::NEVER], None).expect("a root")
    });
    let parts: Vec<&[u8]> = data.split(|byte| *byte == b'|').take(6).collect();
    let Some((leaf, rest)) = parts.split_first() else { return };
    let rest: Vec<Vec<u8>> = rest.iter().map(|part| part.to_vec()).collect();
    assert!(chains::verify(leaf, &rest, Some(root)).is_err(), "a chain out of nothing");
    let _any = chains::verify(leaf, &rest, None);
}
