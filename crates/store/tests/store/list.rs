//! Lists of devices: each once, in order, with what stands beside it.

use crate::fixture::*;
use tegata_domain::change::{Change, Made, Write};
use tegata_domain::device::Device;
use tegata_domain::id::*;
use tegata_domain::organisation::Organisation;
use tegata_domain::release::Running;
use tegata_domain::time::Timestamp;
use tegata_store::{Listed, Page};

/// Maker and owner of each device, from row 1 on.
const WHOSE: [(i64, i64); 10] = [(1, 1), (1, 1), (2, 1), (1, 3), (3, 3), (1, 1), (2, 2), (3, 1), (1, 2), (2, 1)];

fn of(row: i64) -> Device {
    let (maker, owner) = WHOSE[row as usize - 1];
    let device = device(row, &format!("S{row}"), row as u8);
    Device { maker: OrganisationRow(maker), owner: OrganisationRow(owner), ..device }
}

async fn filled() -> World {
    let world = World::new(100).await;
    let made = |row: i64| Made { device: of(row), certificate: certificate(row), epoch_key: [9; 32], event: event(1) };
    let changes = (1..=10).map(|row| Change::of("", vec![Write::Made(Box::new(made(row)))])).collect();
    let outcomes = world.store.save_all(changes, &permit(), NOW).await.unwrap();
    assert_eq!(outcomes, [Ok(()); 10]);
    world
}

#[tokio::test]
async fn a_page_has_what_was_made_and_what_is_owned() {
    let world = filled().await;
    for (organisation, after, limit) in (0..4).flat_map(|o| (0..11).flat_map(move |a| (1..12).map(move |l| (o, a, l))))
    {
        let page = Page { after: DeviceRow(after), limit };
        let page = world.store.device().page(OrganisationRow(organisation), page).await.unwrap();
        let is_its =
            |row: &i64| WHOSE[*row as usize - 1].0 == organisation || WHOSE[*row as usize - 1].1 == organisation;
        let expected: Vec<Device> = (after + 1..=10).filter(is_its).take(limit as usize).map(of).collect();
        let devices: Vec<Device> = page.into_iter().map(|listed| listed.device).collect();
        assert_eq!(devices, expected, "of {organisation} after {after}, at most {limit}");
    }
}

#[tokio::test]
async fn what_stands_beside_a_device() {
    let world = filled().await;
    let other = Organisation { row: OrganisationRow(2), uid: uid(12), name: "Other".into(), ..organisation() };
    let running = |release| Running { device: DeviceRow(3), version: "1.2".into(), release, at: NOW };
    let writes = vec![Write::Organisation(other), Write::Running(running(None))];
    world.store.save(Change::of("", writes), &permit(), NOW).await.unwrap();
    let at = Timestamp::from_millis(7);
    world.store.seen().note(vec![(DeviceRow(3), at), (DeviceRow(9), at)]).await.unwrap();
    let bare = |row, owner| Listed { device: of(row), owner: Some(uid(owner)), seen_at: None, running: None };
    let third = Listed { seen_at: Some(at), running: Some((running(None), None)), ..bare(3, 1) };
    let expected = [bare(1, 1), bare(2, 1), third, Listed { owner: None, ..bare(4, 1) }];
    let page = Page { after: DeviceRow(0), limit: 4 };
    assert_eq!(world.store.device().page(OrganisationRow(1), page).await.unwrap(), expected);
    for listed in expected {
        let (row, serial) = (listed.device.row, listed.device.serial.clone());
        assert_eq!(world.store.device().listed(row).await.unwrap(), Some(listed.clone()));
        assert_eq!(world.store.device().listed_by_serial(ProductRow(1), &serial).await.unwrap(), Some(listed));
    }
    let ninth = world.store.device().listed(DeviceRow(9)).await.unwrap();
    assert_eq!(ninth, Some(Listed { seen_at: Some(at), ..bare(9, 12) }));
    assert_eq!(world.store.device().listed(DeviceRow(11)).await.unwrap(), None);
}
