//! TLS as devices and people meet it: two faces by name, old and new versions, and credentials that are judged at
//! every request, whatever the connection proved before.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by panicking")]

use std::io;
use std::process::Command;
use tegata_testkit::api::Message;
use tegata_testkit::tls::{Client, TLS12, TLS13, self_made};
use tegata_testkit::{Connection, Identity, Setup, World, factory};

const BINARY: &str = env!("CARGO_BIN_EXE_tegata");
const PUBLIC: &str = "public.test";
const DEVICE: &str = "device.test";

/// A platform with two names on one port.
fn world(https: &str) -> World {
    let init = ["--public-url", "https://public.test:8443", "--device-url", "https://device.test:8443"];
    World::with(BINARY, Setup { init: init.map(str::to_owned).to_vec(), https: https.to_owned(), ..Setup::default() })
}

fn open(world: &World, name: &str, client: &Client) -> io::Result<Connection> {
    Connection::open(world.server().https, name, client)
}

/// A made device.
fn unit(world: &World, serial: &str) -> factory::Unit {
    let api = world.api();
    let batch = factory::batch(&api, &factory::product(&api, serial), 1);
    factory::device(&api, &batch, serial)
}

/// An enrolment under the IDevID: what a device may do as often as it likes.
fn enrolment(identity: &Identity) -> Message {
    let csr = tegata_wire::est::encode(&factory::csr(identity));
    Message::new("POST", "/.well-known/est/simpleenroll").body("application/pkcs10", csr)
}

#[test]
fn the_public_name_never_asks_and_the_device_name_does() {
    let world = world("127.0.0.1:0");
    let unit = unit(&world, "FACE-1");
    let root = tegata_wire::x509::parse(&pem(&world.first.root)).unwrap().subject.to_vec();
    for version in [TLS12, TLS13] {
        let client = Client::new(&world.first.trust, version, Some(&unit.identity));
        let mut public = open(&world, PUBLIC, &client).unwrap();
        assert_eq!(public.call(&Message::new("GET", "/healthz")).unwrap().status, 200);
        assert!(client.questions().is_empty(), "{version:?}: the public name asked for a certificate");
        assert_eq!(public.call(&enrolment(&unit.identity)).unwrap().status, 401, "there is no device on this face");
        for name in [DEVICE, "DEVICE.TEST"] {
            let client = Client::new(&world.first.trust, version, Some(&unit.identity));
            let mut device = open(&world, name, &client).unwrap();
            assert_eq!(client.questions(), [vec![root.clone()]], "{version:?}: hints name the one root");
            assert_eq!(device.call(&enrolment(&unit.identity)).unwrap().status, 200);
        }
    }
}

fn pem(path: &std::path::Path) -> Vec<u8> {
    tegata_usecase::platform::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What a client without a name, or with a name that nobody fixed, meets.
#[test]
fn other_names_are_devices_on_loopback_and_nobody_elsewhere() {
    let (inside, outside) = (world("127.0.0.1:0"), world("0.0.0.0:0"));
    for name in ["other.test", "127.0.0.1"] {
        let client = Client::new(&inside.first.trust, TLS13, None);
        // the certificate has no other.test, but the server's question comes before the client gives up
        let reached = open(&inside, name, &client).is_ok();
        assert_eq!((reached, client.questions().len()), (name == "127.0.0.1", 1), "{name}");
        let client = Client::new(&outside.first.trust, TLS13, None);
        let refused = open(&outside, name, &client).err().map(|e| e.kind());
        let closed = [io::ErrorKind::UnexpectedEof, io::ErrorKind::ConnectionReset, io::ErrorKind::BrokenPipe];
        assert!(refused.is_some_and(|kind| closed.contains(&kind)), "{name}: {refused:?}");
    }
    for (name, questions) in [(PUBLIC, 0), (DEVICE, 1)] {
        let client = Client::new(&outside.first.trust, TLS13, None);
        let mut connection = open(&outside, name, &client).unwrap();
        assert_eq!(connection.call(&Message::new("GET", "/healthz")).unwrap().status, 200);
        assert_eq!(client.questions().len(), questions, "{name}");
    }
}

#[test]
fn both_versions_with_forward_secrecy() {
    let world = world("127.0.0.1:0");
    for name in [PUBLIC, DEVICE] {
        for version in [TLS12, TLS13] {
            let client = Client::new(&world.first.trust, version, None);
            let mut connection = open(&world, name, &client).unwrap();
            assert_eq!(connection.call(&Message::new("GET", "/healthz")).unwrap().status, 200);
            assert_eq!(connection.tls().protocol_version(), Some(version.version));
            let suite = format!("{:?}", connection.tls().negotiated_cipher_suite().unwrap().suite());
            assert!(suite.starts_with("TLS13_") || suite.starts_with("TLS_ECDHE_"), "{suite}");
        }
    }
}

/// What openssl says when it offers these.
fn s_client(world: &World, offer: &[&str]) -> (bool, String) {
    let port = world.server().https.port();
    let mut command = Command::new("openssl");
    command.args(["s_client", "-connect", &format!("127.0.0.1:{port}"), "-servername", DEVICE, "-brief"]);
    let output = command.args(offer).stdin(std::process::Stdio::null()).output().expect("openssl can be run");
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn nothing_without_forward_secrecy_and_nothing_before_1_2() {
    let world = world("127.0.0.1:0");
    for offer in [
        ["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"].as_slice(),
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"],
        &["-tls1_3"],
    ] {
        let (held, said) = s_client(&world, offer);
        assert!(held && said.contains("CONNECTION ESTABLISHED"), "{offer:?}: {said}");
    }
    for offer in [
        ["-tls1_2", "-cipher", "AES128-SHA"].as_slice(),
        &["-tls1_2", "-cipher", "AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-SHA256"],
        // everything that openssl has but ECDHE: plain RSA, DHE, PSK, without encryption, without a certificate
        &["-tls1_2", "-cipher", "ALL:COMPLEMENTOFALL:!kECDHE:@SECLEVEL=0"],
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-NULL-SHA:AECDH-AES128-SHA:@SECLEVEL=0"],
        // forward secrecy, but CBC with SHA-1
        &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA"],
        &["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        &["-tls1", "-cipher", "ALL:@SECLEVEL=0"],
    ] {
        let (held, said) = s_client(&world, offer);
        // the refusal must be the server's: an alert that came, not an offer that openssl could not make
        let alert = said.contains("alert handshake failure") || said.contains("alert protocol version");
        assert!(!held && alert, "{offer:?}: {said}");
    }
}

/// What happens to a device while it holds a connection, and what it may do after.
#[test]
fn a_held_connection_is_judged_at_every_request() {
    let world = world("127.0.0.1:0");
    let api = world.api();
    for (serial, version) in [("HELD-12", TLS12), ("HELD-13", TLS13)] {
        let unit = unit(&world, serial);
        let client = Client::new(&world.first.trust, version, Some(&unit.identity));
        let request = enrolment(&unit.identity);
        let mut held = open(&world, DEVICE, &client).unwrap();
        let status = |held: &mut Connection| held.call(&request).unwrap().status;
        assert_eq!(status(&mut held), 200);
        factory::act(&api, &unit.number, "quarantine");
        assert_eq!(status(&mut held), 403);
        factory::act(&api, &unit.number, "release");
        assert_eq!(status(&mut held), 200, "the connection outlived the quarantine");
        let serial = factory::serial(&unit.identity.chain[0]);
        let revoke = format!("/api/v1/certificates/{serial}/revoke");
        api.post(&revoke, &serde_json::json!({})).expect(200);
        let refused = held.call(&request).unwrap().expect(403).text();
        assert!(refused.contains("revoked"), "{refused}");
    }
}

/// A resumed session proves nothing anew: it carries the certificate of the first handshake, which is judged again.
#[test]
fn a_resumed_session_is_judged_too() {
    let world = world("127.0.0.1:0");
    let api = world.api();
    for (serial, version) in [("RESUMED-12", TLS12), ("RESUMED-13", TLS13)] {
        let unit = unit(&world, serial);
        let client = Client::new(&world.first.trust, version, Some(&unit.identity));
        let request = enrolment(&unit.identity);
        let mut first = open(&world, DEVICE, &client).unwrap();
        assert_eq!(first.call(&request).unwrap().status, 200);
        assert!(!first.is_resumed());
        let mut resumed = open(&world, DEVICE, &client).unwrap();
        assert!(resumed.is_resumed(), "{version:?}: the server forgot the session");
        assert_eq!(resumed.call(&request).unwrap().status, 200);
        factory::act(&api, &unit.number, "quarantine");
        let mut again = open(&world, DEVICE, &client).unwrap();
        assert!(again.is_resumed());
        for connection in [&mut first, &mut resumed, &mut again] {
            assert_eq!(connection.call(&request).unwrap().status, 403);
        }
        // the public face knows no devices, whatever sessions the client holds
        let mut public = open(&world, PUBLIC, &client).unwrap();
        assert_eq!(public.call(&request).unwrap().status, 401);
    }
}

/// The handshake takes any certificate whose key the client holds; the request then says what is wrong.
#[test]
fn a_self_made_certificate_gets_an_answer() {
    let world = world("127.0.0.1:0");
    let unit = unit(&world, "SELF-1");
    let real = tegata_wire::x509::parse(&unit.identity.chain[0]).unwrap();
    let like = self_made(real.serial, real.subject);
    for version in [TLS12, TLS13] {
        let client = Client::new(&world.first.trust, version, Some(&like));
        let refused = open(&world, DEVICE, &client).unwrap().call(&enrolment(&like)).unwrap().expect(401);
        assert!(refused.text().contains("foreign_certificate"), "{}", refused.text());
    }
}

/// A certificate of ours shown by who does not hold its key ends in the handshake.
#[test]
fn a_copied_certificate_without_its_key_is_nothing() {
    let world = world("127.0.0.1:0");
    let unit = unit(&world, "COPY-1");
    let mut thief = factory::key();
    thief.chain = unit.identity.chain.clone();
    for version in [TLS12, TLS13] {
        let client = Client::new(&world.first.trust, version, Some(&thief));
        // in TLS 1.3 the client's handshake ends before the server has checked: the request fails then
        let outcome = open(&world, DEVICE, &client).and_then(|mut c| c.call(&enrolment(&unit.identity)));
        assert!(outcome.is_err(), "{version:?}: {outcome:?}");
    }
}
