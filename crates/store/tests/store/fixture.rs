//! Nouns to save, and a store to save them in.

use std::path::Path;
use tegata_domain::authority::{Authority, AuthorityKind};
use tegata_domain::batch::{Batch, Confirmation};
use tegata_domain::certificate::{Certificate, CertificateKind};
use tegata_domain::change::{Change, Made, Write};
use tegata_domain::device::{Condition, Device, Stage, Stamp};
use tegata_domain::event::{Event, EventKind};
use tegata_domain::id::*;
use tegata_domain::ledger::{Head, Log};
use tegata_domain::organisation::{Kinds, Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Operation, Permit, Subject};
use tegata_domain::product::{CredentialPolicy, Product, Sector};
use tegata_domain::time::{Month, Timestamp};
use tegata_store::{Database, Error, Mode, STORE_FILE, Store, carry, snapshot};

pub const NOW: Timestamp = Timestamp::NEVER;

pub fn permit() -> Permit {
    Actor::Platform.permit(Operation::Publish, Subject::default()).unwrap()
}

/// Opens the store that a folder says.
pub fn open(folder: &Path, mode: Mode) -> Result<Store, Error> {
    match Database::recorded(folder)? {
        Some(database) => Store::connect(folder, &database, mode, format!("{mode:?}")),
        None => Store::open(folder, mode),
    }
}

/// Copies the store that a folder says, as a backup does.
pub fn copied(folder: &Path, into: &Path) {
    match Database::recorded(folder).unwrap() {
        Some(database) => carry::from_postgres(&database, into, &|_, _| ()).map(drop).unwrap(),
        None => snapshot::copy(folder, into, &|_, _| ()).unwrap(),
    }
}

pub struct World {
    pub store: Store,
    pub folder: tempfile::TempDir,
}

impl World {
    /// An organisation, a product, and a batch of `quantity`.
    pub async fn new(quantity: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if let Some(url) = tegata_testkit::postgres::chosen() {
            std::fs::write(folder.path().join(STORE_FILE), url).unwrap();
        }
        let store = open(folder.path(), Mode::Create).unwrap();
        Self::of(store, folder, quantity).await
    }

    /// The same in a store that was just made.
    pub async fn of(store: Store, folder: tempfile::TempDir, quantity: u32) -> Self {
        for log in Log::ALL {
            store.ledger().create(log, Head { size: 0, root: [0; 32] }).await.unwrap();
        }
        let writes = vec![
            Write::Organisation(organisation()),
            Write::Authority(authority()),
            Write::Product(product()),
            Write::Batch(batch(quantity)),
        ];
        store.save(Change::of("", writes), &permit(), NOW).await.unwrap();
        World { store, folder }
    }

    pub async fn issued(&self) -> u32 {
        self.store.batch().by_uid(batch(1).uid).await.unwrap().unwrap().issued
    }
}

pub fn uid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

pub fn organisation() -> Organisation {
    Organisation {
        row: OrganisationRow(1),
        uid: uid(1),
        name: "Example Works".into(),
        kinds: Kinds::of(&[OrganisationKind::Maker]),
        factor: false,
        created_at: NOW,
    }
}

fn authority() -> Authority {
    Authority {
        row: AuthorityRow(1),
        uid: uid(4),
        kind: AuthorityKind::Idevid,
        organisation: OrganisationRow(1),
        certificate: vec![1],
        sealed_key: None,
        shards: 16,
        created_at: NOW,
    }
}

pub fn product() -> Product {
    Product {
        row: ProductRow(1),
        uid: uid(2),
        organisation: OrganisationRow(1),
        name: "Camera".into(),
        model: "C1".into(),
        gtin: "04512345678906".into(),
        sector: Sector::Camera,
        support_end: Month { year: 2033, month: 3 },
        support_reason: None,
        contact: None,
        credential: CredentialPolicy::Unique,
        created_at: NOW,
    }
}

pub fn batch(quantity: u32) -> Batch {
    Batch {
        row: BatchRow(1),
        uid: uid(3),
        organisation: OrganisationRow(1),
        product: ProductRow(1),
        quantity,
        issued: 0,
        confirmation: Confirmation::Implied,
        valid_from: Timestamp::from_millis(0),
        valid_until: NOW,
        created_at: NOW,
    }
}

pub fn event(sequence: u32) -> Event {
    let commitment = [sequence as u8; 32];
    Event { sequence, period: 0, kind: EventKind::Made, at: NOW, data: serde_json::json!({}), commitment }
}

pub fn certificate(row: i64) -> Certificate {
    Certificate {
        row: CertificateRow(row),
        random: [7; 8],
        device: DeviceRow(row),
        authority: AuthorityRow(1),
        kind: CertificateKind::Idevid,
        period: 0,
        der: vec![1, 2, 3],
        key: None,
        not_after: NOW,
        revoked: None,
    }
}

pub fn device(row: i64, serial: &str, key: u8) -> Device {
    Device {
        row: DeviceRow(row),
        uid: uid(row as u128),
        product: ProductRow(1),
        batch: BatchRow(1),
        maker: OrganisationRow(1),
        owner: OrganisationRow(1),
        serial: serial.into(),
        key: [key; 16],
        idevid: CertificateRow(row),
        stage: Stage::Made,
        condition: Condition::Well,
        confirmed: true,
        period: 0,
        sequence: 1,
        head: [1; 32],
        stamps: vec![Stamp { stage: Stage::Made, at: NOW, sequence: Some(1) }],
    }
}

/// The change that makes a device.
pub fn made(row: i64, serial: &str, key: u8) -> Change {
    let device = device(row, serial, key);
    let made = Made { device, certificate: certificate(row), epoch_key: [9; 32], event: event(1) };
    Change::of("", vec![Write::Made(Box::new(made))])
}
