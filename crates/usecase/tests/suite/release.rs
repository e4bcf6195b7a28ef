//! Releases: who publishes what, under which key; what devices run.

use crate::world::{World, day};
use std::sync::Arc;
use tegata_domain::device::Device;
use tegata_domain::id::Uuid;
use tegata_domain::permit::{Actor, Member, Role};
use tegata_domain::release::{NewRelease, Release};
use tegata_keys::digest::sha256;
use tegata_keys::signer::Signer;
use tegata_usecase::release::{publish, register, running, upload};
use tegata_usecase::{Error, Kind, Result, finding, release};
use tegata_wire::release::Manifest;

pub fn version(version: &str, security_version: u32) -> NewRelease {
    NewRelease { version: version.into(), security_version, file_name: "image.swu".into(), ..NewRelease::default() }
}

/// Publishes `file`, signed by nobody or by `signer`.
pub async fn release_of(
    world: &World,
    product: Uuid,
    (new, file): (NewRelease, &[u8]),
    signer: Option<&Signer>,
    actor: &Actor,
) -> Result<Arc<Release>> {
    let manifest = Manifest {
        product: product.to_string(),
        version: new.version.clone(),
        security_version: new.security_version,
        remedy: new.remedy,
        size: file.len() as u64,
        sha256: sha256(file),
    };
    let signature = signer.map_or_else(Vec::new, |signer| signer.sign(manifest.text().as_bytes()).unwrap());
    let mut sink = upload(actor, world.cx()).await?;
    for chunk in file.chunks(100_000) {
        sink.write(chunk).await?;
    }
    Ok(publish(sink, (product, new, signature), actor, world.cx()).await?.release)
}

fn refusal<T>(outcome: Result<T, Error>) -> (Kind, &'static str, String) {
    let error = outcome.err().expect("it was permitted");
    (error.kind, error.code, error.public)
}

/// A product of the maker's.
pub async fn product(world: &World) -> Uuid {
    world.ticket(1000).await;
    tegata_usecase::product::list(0, 10, &world.maker(), world.cx()).await.unwrap()[0].uid
}

fn spki(signer: &Signer) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(signer.spki());
    format!("-----BEGIN PUBLIC KEY-----\n{text}\n-----END PUBLIC KEY-----\n")
}

fn files(world: &World) -> usize {
    std::fs::read_dir(world.data.join("firmware")).unwrap().count()
}

#[tokio::test]
async fn while_a_product_has_a_key_its_releases_are_signed_by_it() {
    let world = World::new().await;
    let (product, maker) = (product(&world).await, world.maker());
    let first = release_of(&world, product, (version("1.0", 1), b"one"), None, &maker).await.unwrap();
    assert_eq!(first.key, None, "nobody could check it");
    let signers = [Signer::generate_p256().unwrap().0, Signer::generate_ed25519().unwrap().0];
    let mut keys = Vec::new();
    for signer in &signers {
        keys.push(register(product, &spki(signer), &maker, world.cx()).await.unwrap());
    }
    assert_eq!(refusal(register(product, &spki(&signers[0]), &maker, world.cx()).await).1, "exists");
    let before = files(&world);
    let unsigned = release_of(&world, product, (version("1.1", 1), b"two"), None, &maker).await;
    let (kind, code, text) = refusal(unsigned);
    assert!(kind == Kind::Invalid && code == "signature" && text.contains("tegata-release/v1"), "{text}");
    let foreign = Signer::generate_p256().unwrap().0;
    assert_eq!(
        refusal(release_of(&world, product, (version("1.1", 1), b"two"), Some(&foreign), &maker).await).1,
        "signature"
    );
    assert_eq!(files(&world), before, "a refused file is gone");
    let second = release_of(&world, product, (version("1.1", 1), b"two"), Some(&signers[0]), &maker).await.unwrap();
    let third = release_of(&world, product, (version("1.2", 1), b"three"), Some(&signers[1]), &maker).await.unwrap();
    assert_eq!((second.key, third.key), (Some(keys[0].uid), Some(keys[1].uid)));
    release::end(product, keys[0].uid, &maker, world.cx()).await.unwrap();
    let ended = release_of(&world, product, (version("1.3", 1), b"four"), Some(&signers[0]), &maker).await;
    assert_eq!(refusal(ended).1, "signature", "an ended key signs nothing");
    let found = finding::list(None, (0, 10), &maker, world.cx()).await.unwrap();
    assert!(found.len() == 3 && found.iter().all(|seen| seen.finding.kind == "bad_release_signature"));
}

#[tokio::test]
async fn the_same_again_is_the_same_and_versions_do_not_change() {
    let world = World::new().await;
    let (product, maker) = (product(&world).await, world.maker());
    let large = vec![7; 3 << 20];
    let first = release_of(&world, product, (version("1.0", 1), &large), None, &maker).await.unwrap();
    assert_eq!((first.size, first.sha256), (3 << 20, sha256(&large)));
    let again = release_of(&world, product, (version("1.0", 1), &large), None, &maker).await.unwrap();
    assert_eq!(again.uid, first.uid);
    let other = release_of(&world, product, (version("1.0", 1), b"other"), None, &maker).await;
    assert_eq!(refusal(other).1, "exists");
    assert_eq!(refusal(release_of(&world, product, (version("1.1", 1), b""), None, &maker).await).1, "release");
    assert_eq!(files(&world), 1, "one file, and nothing unfinished");
}

#[tokio::test]
async fn a_security_version_goes_back_only_by_an_administrator() {
    let world = World::new().await;
    let (product, maker) = (product(&world).await, world.maker());
    release_of(&world, product, (version("2.0", 5), b"two"), None, &maker).await.unwrap();
    let (kind, code, _) = refusal(release_of(&world, product, (version("1.9", 4), b"old"), None, &maker).await);
    assert_eq!((kind, code), (Kind::Conflict, "older_release"));
    let older = NewRelease { allow_older: true, ..version("1.9", 4) };
    let Actor::Member(member) = world.maker() else { unreachable!() };
    let engineer = Actor::Member(Member { role: Role::Engineer, ..member });
    assert_eq!(refusal(release_of(&world, product, (older.clone(), b"old"), None, &engineer).await).1, "role");
    release_of(&world, product, (older, b"old"), None, &maker).await.unwrap();
    let found = finding::list(None, (0, 10), &maker, world.cx()).await.unwrap();
    assert_eq!(found.iter().map(|seen| seen.finding.data["published"] == true).collect::<Vec<_>>(), [false, true]);
}

#[tokio::test]
async fn a_reported_version_is_an_event_once() {
    let world = World::new().await;
    let (_, made, number) = world.one().await;
    let identified = tegata_usecase::certificate::identify(&made.certificate, world.cx()).await.unwrap();
    let device: Device = identified.device;
    for (version, days) in [("1.0", 1), ("1.0", 1), ("1.1", 1), ("1.1", 0)] {
        running::report(&device, version, world.cx()).await.unwrap();
        world.clock.pass(day(days));
    }
    let events = tegata_usecase::device::events(number, (0, 10), &world.maker(), world.cx()).await.unwrap();
    let said: Vec<_> = events.iter().skip(1).map(|(e, _)| (e.kind.name(), e.data.to_string())).collect();
    assert_eq!(
        said,
        [
            ("updated", r#"{"by":"device","version":"1.0"}"#.to_owned()),
            ("updated", r#"{"by":"device","previous":"1.0","version":"1.1"}"#.to_owned())
        ]
    );
    let known = running::of(device.row, world.cx()).await.unwrap().unwrap();
    assert_eq!((known.version.as_str(), known.release), ("1.1", None));
    for wrong in ["", "a\tb", "版", &"1".repeat(65)] {
        assert_eq!(refusal(running::report(&device, wrong, world.cx()).await).1, "version");
    }
}
