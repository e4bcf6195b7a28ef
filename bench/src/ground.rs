//! A platform with a product and an open batch, in a temporary folder or in one that stays.

use crate::Failure;
use crate::fill::Line;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata::clock::{SystemChance, SystemClock};
use tegata_domain::batch::{Confirmation, NewBatch, QUANTITY_MAX};
use tegata_domain::product::{CredentialPolicy, NewProduct, Sector};
use tegata_store::Database;
use tegata_usecase::cx::{Cx, Names, Settings};
use tegata_usecase::platform::{self, HTTPS_CA_FILE, NewPlatform, Opening};
use tegata_usecase::{batch, product, token};

/// The host that certificates and requests name.
pub const HOST: &str = "localhost";

/// The host that devices know.
pub const DEVICE_HOST: &str = "device.localhost";

/// What a work stands on.
pub struct Ground {
    folder: Folder,
    /// The administrator's token.
    pub token: String,
    /// Outward id of the open batch.
    pub batch: String,
    /// Outward id of the product.
    pub product: String,
}

enum Folder {
    /// Goes with the ground.
    Passing(tempfile::TempDir),
    /// Was there before, and stays.
    Kept(PathBuf),
}

/// Of a kept ground: what no store tells again.
const KEPT: &str = "ground.json";

/// The platform opened by this process, not by a server.
pub struct Opened {
    /// Context of its use cases.
    pub cx: Cx,
    /// Makes devices without keys.
    pub line: Line,
}

impl Ground {
    /// Sets a platform up in a folder that goes with it, and opens it. `store`: the URL of an empty PostgreSQL database,
    /// where its rows are to be.
    pub async fn lay(store: Option<&str>) -> Result<(Ground, Opened), Failure> {
        let folder = tempfile::Builder::new().prefix("tegata-bench-").tempdir()?;
        Self::begin(Folder::Passing(folder), store.map(Database::at)).await
    }

    /// The same in a folder that stays; what an earlier run left there goes on.
    pub async fn lay_at(folder: &Path) -> Result<(Ground, Opened), Failure> {
        fs::create_dir_all(folder)?;
        let kept = folder.join(KEPT);
        if !kept.exists() {
            // a run that was killed before it had anything to go on with
            let data = folder.join("data");
            if data.exists() {
                fs::remove_dir_all(data)?;
            }
            let (ground, opened) = Self::begin(Folder::Kept(folder.to_owned()), None).await?;
            let text = json!({ "token": ground.token, "batch": ground.batch, "product": ground.product }).to_string();
            write_whole(&kept, &text)?;
            return Ok((ground, opened));
        }
        let said: Value = serde_json::from_str(&fs::read_to_string(&kept)?)?;
        let text = |name: &str| said[name].as_str().map(str::to_owned).ok_or("ground.json is not whole");
        let ground = Ground {
            folder: Folder::Kept(folder.to_owned()),
            token: text("token")?,
            batch: text("batch")?,
            product: text("product")?,
        };
        let opened = ground.open().await?;
        Ok((ground, opened))
    }

    async fn begin(folder: Folder, database: Option<Database>) -> Result<(Ground, Opened), Failure> {
        eprintln!("bench: setting a platform up");
        let names = Names {
            public_url: format!("https://{HOST}"),
            device_url: format!("https://{DEVICE_HOST}"),
            plain_url: format!("http://{HOST}"),
        };
        let first = platform::init(NewPlatform {
            folder: folder.path().join("data"),
            unlock: None,
            database,
            names,
            organisation: "Example Works".into(),
            clock: Arc::new(SystemClock::default()),
            chance: Arc::new(SystemChance),
        })
        .await?;
        let cx = open(&first.folder).await?;
        let actor = token::authenticate(&first.token, &cx).await?;
        let product = product::register(new_product(), None, &actor, &cx).await?;
        let new = NewBatch {
            quantity: QUANTITY_MAX,
            confirmation: Confirmation::Implied,
            valid_from: None,
            valid_until: None,
        };
        let batch = batch::open(product.uid, new, None, &actor, &cx).await?;
        let (batch_uid, product_uid) = (batch.uid.to_string(), product.uid.to_string());
        let ground = Ground { folder, token: first.token, batch: batch_uid, product: product_uid };
        Ok((ground, Opened { line: Line::open(product, batch, actor), cx }))
    }

    /// Opens the platform again. Only while no server has it open.
    pub async fn open(&self) -> Result<Opened, Failure> {
        let cx = open(&self.data()).await?;
        let actor = token::authenticate(&self.token, &cx).await?;
        let product = product::by_uid(self.product.parse()?, &actor, &cx).await?;
        let batch = batch::by_uid(self.batch.parse()?, &actor, &cx).await?.batch;
        Ok(Opened { line: Line::open(product, batch, actor), cx })
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A file beside the data folder, on the same disk.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The certificate to trust for HTTPS, DER.
    pub fn authority(&self) -> Result<Vec<u8>, Failure> {
        let text = fs::read_to_string(self.data().join(HTTPS_CA_FILE))?;
        platform::from_pem(&text).ok_or_else(|| "no HTTPS authority in the data folder".into())
    }

    /// Folds the log of writes into the database, so that two runs find the same. Only while no server has it open.
    pub fn fold(&self) -> Result<(), Failure> {
        let path = self.data().join("tegata.db");
        if !path.exists() {
            return Ok(());
        }
        let database = rusqlite::Connection::open(path)?;
        Ok(database.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))?)
    }

    /// Bytes that the folded data folder takes on disk, in blocks of 4,096.
    pub fn bytes(&self) -> Result<u64, Failure> {
        Ok(size(&self.data())?)
    }
}

impl Folder {
    fn path(&self) -> &Path {
        match self {
            Folder::Passing(folder) => folder.path(),
            Folder::Kept(folder) => folder,
        }
    }
}

/// Writes a file so that it is there whole or not at all.
pub fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(fs::rename(&beside, path)?)
}

fn size(folder: &Path) -> std::io::Result<u64> {
    fs::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            let metadata = entry.metadata()?;
            if metadata.is_dir() { size(&entry.path()) } else { Ok(metadata.len().next_multiple_of(4096)) }
        })
        .sum()
}

async fn open(folder: &Path) -> Result<Cx, Failure> {
    let opening = Opening {
        folder: folder.to_owned(),
        unlock: None,
        database: Default::default(),
        settings: Settings::default(),
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    Ok(platform::open(opening).await?)
}

fn new_product() -> NewProduct {
    NewProduct {
        name: "Network camera".into(),
        model: "EW-C210".into(),
        gtin: "04512345678906".into(),
        sector: Sector::Camera,
        support_end: "2045-03".into(),
        support_reason: None,
        contact: Some("security@example.com".into()),
        credential: CredentialPolicy::UniqueAndChanged,
    }
}
