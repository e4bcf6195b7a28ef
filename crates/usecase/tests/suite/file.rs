//! Files of releases and tiles: what is damaged where it lies never leaves as if it were whole.

use crate::release::{product, release_of, version};
use crate::world::{World, day};
use futures_util::{FutureExt, TryStreamExt};
use std::path::PathBuf;
use std::sync::Arc;
use tegata_domain::release::Release;
use tegata_keys::digest::sha256;
use tegata_keys::signer::Signer;
use tegata_usecase::release::{content, publish, register, sweep, upload};
use tegata_usecase::{Error, Kind, release};
use tegata_wire::release::Manifest;

/// Many pieces, and no two alike.
fn large() -> Vec<u8> {
    (0..3_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

async fn published(world: &World, file: &[u8]) -> (Arc<Release>, PathBuf) {
    let product = product(world).await;
    let release = release_of(world, product, (version("1.0", 1), file), None, &world.maker()).await.unwrap();
    let path = world.data.join("firmware").join(data_encoding::HEXLOWER.encode(&release.sha256));
    (release, path)
}

async fn part(world: &World, release: &Arc<Release>, first: u64, length: u64) -> Result<Vec<u8>, Error> {
    let bodies = content(release, world.cx()).open(first, length).await?;
    Ok(bodies.try_collect::<Vec<_>>().await?.concat())
}

#[tokio::test]
async fn every_part_is_what_was_published() {
    let world = World::new().await;
    let file = large();
    let (release, _) = published(&world, &file).await;
    for (first, length) in
        [(0, 3_000_000), (0, 1), (262_143, 2), (262_144, 262_144), (2_999_999, 1), (700_000, 1_500_000)]
    {
        let wanted = &file[first as usize..(first + length) as usize];
        assert!(part(&world, &release, first, length).await.unwrap() == wanted, "{first}+{length}");
    }
}

#[tokio::test]
async fn a_damaged_file_is_handed_out_by_nobody() {
    let mut world = World::new().await;
    let (release, path) = published(&world, &large()).await;
    let mut damaged = large();
    damaged[2_500_000] ^= 1;
    for (what, bytes) in
        [("changed", damaged), ("cut", large()[..2_000_000].to_vec()), ("grown", [large(), vec![0]].concat())]
    {
        std::fs::write(&path, bytes).unwrap();
        world.close();
        world.open().await.unwrap();
        let cx = world.cx();
        let (first, again) = (content(&release, cx).open(0, 10).await, content(&release, cx).open(0, 10).await);
        for refused in [first.err().unwrap(), again.err().unwrap()] {
            assert_eq!((refused.kind, refused.code), (Kind::Unavailable, "damaged"), "{what}");
        }
        assert_eq!(cx.releases.damaged(), 1, "{what}: it is read once");
    }
    world.close();
    std::fs::remove_file(&path).unwrap();
    world.open().await.unwrap();
    assert_eq!(part(&world, &release, 0, 1).await.unwrap_err().code, "damaged");
}

#[tokio::test]
async fn what_is_damaged_later_ends_the_download_before_it() {
    let world = World::new().await;
    let (release, path) = published(&world, &large()).await;
    assert_eq!(part(&world, &release, 0, 3_000_000).await.unwrap(), large());
    let mut damaged = large();
    damaged[1_000_000] ^= 1;
    std::fs::write(&path, damaged).unwrap();
    let mut bodies = content(&release, world.cx()).open(0, 3_000_000).await.unwrap();
    let mut sent = Vec::new();
    let error = loop {
        match bodies.try_next().await {
            Ok(Some(bytes)) => sent.extend_from_slice(&bytes),
            Ok(None) => panic!("it was served to its end"),
            Err(error) => break error,
        }
    };
    assert_eq!(error.code, "damaged");
    assert!(sent.len() <= 1_000_000 && large().starts_with(&sent), "{} bytes", sent.len());
    assert_eq!(part(&world, &release, 0, 10).await.unwrap_err().code, "damaged", "the whole of it, from then on");
}

#[tokio::test]
async fn a_file_that_nobody_came_to_name_goes_after_a_day() {
    let world = World::new().await;
    let (_, path) = published(&world, b"named").await;
    let orphan = path.with_file_name(data_encoding::HEXLOWER.encode(&sha256(b"orphan")));
    let foreign = path.with_file_name("README");
    for file in [&orphan, &foreign] {
        std::fs::write(file, b"orphan").unwrap();
    }
    assert_eq!(sweep(world.cx()).await.unwrap(), (0, 0), "it may be on its way");
    world.clock.pass(day(1000));
    assert_eq!(sweep(world.cx()).await.unwrap(), (1, 0));
    assert!(path.exists() && foreign.exists() && !orphan.exists());
}

/// The key ends between the decision and the commit: when the file has its name already.
#[tokio::test]
async fn a_key_that_ends_while_the_file_is_written_signs_nothing() {
    let world = World::new().await;
    let (product, maker) = (product(&world).await, world.maker());
    let signer = Signer::generate_p256().unwrap().0;
    let spki = data_encoding::BASE64.encode(signer.spki());
    let key = register(product, &spki, &maker, world.cx()).await.unwrap();
    // another stays, so that it is not as if the product had none
    let other = data_encoding::BASE64.encode(Signer::generate_p256().unwrap().0.spki());
    register(product, &other, &maker, world.cx()).await.unwrap();
    let file = large();
    let manifest = Manifest {
        product: product.to_string(),
        version: "1.0".into(),
        security_version: 1,
        remedy: false,
        size: file.len() as u64,
        sha256: sha256(&file),
    };
    let signature = signer.sign(manifest.text().as_bytes()).unwrap();
    let mut sink = upload(&maker, world.cx()).await.unwrap();
    sink.write(&file).await.unwrap();
    let path = world.data.join("firmware").join(data_encoding::HEXLOWER.encode(&sha256(&file)));
    let mut publishing = Box::pin(publish(sink, (product, version("1.0", 1), signature), &maker, world.cx()));
    // it goes on only when it is asked to; each step has its time to bring the file to its name
    let steps = tokio::time::Duration::from_millis(300);
    while !path.exists() {
        assert!((&mut publishing).now_or_never().is_none(), "it ended before the file had its name");
        let named = async {
            while !path.exists() {
                tokio::task::yield_now().await;
            }
        };
        let _or_the_next_step = tokio::time::timeout(steps, named).await;
    }
    release::end(product, key.uid, &maker, world.cx()).await.unwrap();
    let refused = publishing.await.expect_err("a release under an ended key");
    assert_eq!((refused.kind, refused.code), (Kind::Invalid, "signature"));
    assert!(release::list(Some(product), (0, 10), &maker, world.cx()).await.unwrap().is_empty());
}
