//! Every profile, read by the crate `x509-cert`, and the refusals of requests.

use super::*;
use crate::possession::{RequestError, prove};
use der::{Decode, Encode};
use x509_cert::Certificate;

fn now() -> Timestamp {
    Timestamp::parse("2026-11-22T09:30:00Z").unwrap()
}

fn addresses() -> Addresses {
    Addresses { plain: "http://plain.example".into() }
}

fn chain() -> (Vec<u8>, Issuer, Vec<u8>) {
    let (root_key, _) = Signer::generate_p256().unwrap();
    let name = authority_name("Example", "Root");
    let root_der = root(&root_key, random_serial([7; 16]), &name, [now(), Timestamp::NEVER], None).unwrap();
    let root = Issuer::new(root_key, &root_der, Uuid::nil(), 1, &addresses()).unwrap();
    let (key, _) = Signer::generate_p256().unwrap();
    let name = authority_name("Example", "Devices");
    let der = root.authority(random_serial([9; 16]), &name, key.spki(), now()).unwrap();
    (root_der, Issuer::new(key, &der, Uuid::max(), 16, &addresses()).unwrap(), der)
}

#[test]
fn profiles_are_read_by_others() {
    let (root_der, issuer, authority) = chain();
    let device = Signer::generate_p256().unwrap().0;
    let keys = tegata_domain::number::Permutations::new(&[tegata_domain::number::KeyVersion {
        version: 1,
        from_row: 0,
        key: [1; 32],
    }]);
    let serial = keys.serial(77, [0xff; 8]).unwrap();
    let says = Idevid {
        serial,
        maker: "Example Works 手形",
        model: "EW-C210",
        device_serial: "SN-0001",
        product: Uuid::from_u128(0x0193_5f00_0000_7000_8000_0000_0000_0001),
        spki: device.spki(),
        now: now(),
    };
    let idevid = issuer.idevid(&says).unwrap();
    let ldevid =
        issuer.ldevid(&Ldevid { serial, subject: Uuid::nil(), spki: device.spki(), now: now(), until: now() }).unwrap();
    for der in [&root_der, &authority, &idevid, &ldevid] {
        let read = Certificate::from_der(der).unwrap();
        assert_eq!(&read.to_der().unwrap(), der, "not distinguished encoding");
    }
    let read = Certificate::from_der(&idevid).unwrap();
    let tbs = read.tbs_certificate();
    assert_eq!(tbs.subject().to_string(), "SERIALNUMBER=SN-0001,CN=EW-C210,O=Example Works 手形");
    assert_eq!(tbs.serial_number().as_bytes(), serial.0);
    assert_eq!(tbs.extensions().map(|e| e.len()), Some(5));
    assert!(String::from_utf8_lossy(&idevid).contains("/15.crl"), "shard of the serial's low bits");
}

#[test]
fn key_of_another_authority_is_refused() {
    let (_, _, authority) = chain();
    let other = Signer::generate_p256().unwrap().0;
    assert!(Issuer::new(other, &authority, Uuid::nil(), 1, &addresses()).is_err());
}

/// A PKCS#10 by hand; `key` signs, `claimed` is the key inside.
fn request(key: &Signer, claimed: &Signer) -> Vec<u8> {
    use tegata_wire::asn1::*;
    let info = to_vec(SEQUENCE, |out| {
        unsigned(out, &[0]);
        element(out, SEQUENCE, |_| {});
        out.extend_from_slice(claimed.spki());
        element(out, context(0), |_| {});
    });
    x509::signed(&info, key.algorithm(), &key.sign(&info).unwrap())
}

#[test]
fn possession() {
    let (one, two) = (Signer::generate_p256().unwrap().0, Signer::generate_p256().unwrap().0);
    assert_eq!(prove(&request(&one, &one)), Ok(one.spki()));
    assert_eq!(prove(&request(&two, &one)), Err(RequestError::NoPossession));
    let ed = Signer::generate_ed25519().unwrap().0;
    assert_eq!(prove(&request(&ed, &ed)), Ok(ed.spki()));
    let swapped = request(&ed, &one);
    let mixed = prove(&swapped);
    assert!(matches!(mixed, Err(RequestError::WeakKey(_))), "{mixed:?}");
    assert!(matches!(prove(b"hello"), Err(RequestError::Malformed(_))));
    let mut long = request(&one, &one);
    long.push(0);
    assert!(matches!(prove(&long), Err(RequestError::Malformed(_))));
}
