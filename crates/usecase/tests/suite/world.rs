//! A platform in a fresh folder, with a test clock and a seeded generator.

use std::ops::Deref;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;
use tegata_domain::batch::{Batch, Confirmation, NewBatch};
use tegata_domain::chance::Chance;
use tegata_domain::id::OrganisationRow;
use tegata_domain::number::Number;
use tegata_domain::organisation::{Kinds, Organisation, OrganisationKind};
use tegata_domain::permit::{Actor, Member, Role};
use tegata_domain::product::{CredentialPolicy, NewProduct, Sector};
use tegata_domain::time::{Clock, ClockJumped, Timestamp};
use tegata_keys::request::request;
use tegata_keys::signer::Signer;
use tegata_usecase::cx::{Names, Oidc, Settings};
use tegata_usecase::device::make::Request;
use tegata_usecase::device::{Made, Ticket};
use tegata_usecase::organisation::NewOrganisation;
use tegata_usecase::platform::{self, NewPlatform, Opening};
use tegata_usecase::transfer::Offering;
use tegata_usecase::{Cx, Result, batch, device, organisation, product, token, transfer};

/// A clock that moves when the test says so.
pub struct TestClock {
    millis: AtomicI64,
    jumped: AtomicBool,
}

impl TestClock {
    pub fn pass(&self, span: Duration) {
        self.millis.fetch_add(span.as_millis() as i64, SeqCst);
    }

    pub fn back(&self, span: Duration) {
        self.millis.fetch_sub(span.as_millis() as i64, SeqCst);
    }

    pub fn jump(&self, jumped: bool) {
        self.jumped.store(jumped, SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Result<Timestamp, ClockJumped> {
        match self.jumped.load(SeqCst) {
            true => Err(ClockJumped { by_seconds: 86_400 }),
            false => Ok(Timestamp::from_millis(self.millis.load(SeqCst))),
        }
    }
}

/// SplitMix64: the same bytes for the same seed.
pub struct Seeded(AtomicU64);

impl Seeded {
    pub fn new(seed: u64) -> Self {
        Seeded(AtomicU64::new(seed))
    }
}

impl Chance for Seeded {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            let mut z = self.0.fetch_add(0x9e37_79b9_7f4a_7c15, SeqCst);
            z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            chunk.copy_from_slice(&(z ^ z >> 31).to_be_bytes()[..chunk.len()]);
        }
    }
}

pub struct World {
    pub clock: Arc<TestClock>,
    /// Of the first administrator.
    pub password: String,
    chance: Arc<Seeded>,
    pub data: PathBuf,
    settings: Settings,
    _folder: tempfile::TempDir,
    cx: OnceLock<Open>,
}

/// An open platform that does the background work, as one does that is served.
pub struct Open {
    // first: it ends with the platform, and lets the next one do the work at once
    _lease: Option<Lease>,
    cx: Cx,
}

impl Deref for Open {
    type Target = Cx;

    fn deref(&self) -> &Cx {
        &self.cx
    }
}

/// Holds the lease of the background work. A thread of its own: a test may keep its own one busy for longer than a lease
/// holds.
struct Lease {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Lease {
    /// Returns once it holds.
    fn hold(cx: Cx) -> Lease {
        let (stop, stopped) = channel();
        let (held, holds) = channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let hold = || runtime.block_on(cx.store.lease().hold()).unwrap();
            while !hold() {
                // whoever held it before was cut off: it ends by itself
                std::thread::sleep(Duration::from_millis(50));
            }
            held.send(()).unwrap();
            while stopped.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                hold();
            }
            runtime.block_on(cx.store.lease().release()).unwrap();
        });
        holds.recv().unwrap();
        Lease { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_some_and(|ended| ended.is_ok()), "the lease's thread panicked");
    }
}

pub fn day(n: u32) -> Duration {
    Duration::from_secs(24 * 3600) * n
}

impl World {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    /// With settings.
    pub async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = Timestamp::parse("2026-11-22T00:00:00Z").unwrap().millis();
        let clock = Arc::new(TestClock { millis: start.into(), jumped: false.into() });
        let chance = Arc::new(Seeded(AtomicU64::new(7)));
        let names = Names {
            public_url: "https://id.test".into(),
            device_url: "https://device.test".into(),
            plain_url: "http://pki.test".into(),
        };
        let data = folder.path().join("data");
        let new = NewPlatform {
            folder: data.clone(),
            unlock: None,
            database: tegata_testkit::postgres::chosen().map(platform::Database::at),
            names,
            organisation: "Example Works".into(),
            clock: clock.clone(),
            chance: chance.clone(),
        };
        let password = platform::init(new).await.unwrap().password;
        let world = World { clock, password, chance, data, settings, _folder: folder, cx: OnceLock::new() };
        world.open().await.unwrap();
        world
    }

    /// Opens the platform in a folder, as one that is a copy of ours.
    pub async fn open_at(&self, folder: PathBuf) -> Result<Open> {
        self.open_with(folder, None).await
    }

    /// Opens it anew, with a provider that people log in by.
    pub async fn log_in_by(&mut self, oidc: Oidc) {
        self.close();
        let open = self.open_with(self.data.clone(), Some(oidc)).await.unwrap();
        assert!(self.cx.set(open).is_ok());
    }

    async fn open_with(&self, folder: PathBuf, oidc: Option<Oidc>) -> Result<Open> {
        let opening = Opening {
            folder,
            unlock: None,
            database: Default::default(),
            // a test's clock stands: whoever polls in a loop would ask too often
            settings: Settings { device_rate: 0, oidc, ..self.settings.clone() },
            clock: self.clock.clone(),
            chance: self.chance.clone(),
        };
        let cx = platform::open(opening).await?;
        let lease = cx.store.is_shared().then(|| Lease::hold(cx.clone()));
        Ok(Open { _lease: lease, cx })
    }

    /// Opens the platform; it must be closed.
    pub async fn open(&self) -> Result<()> {
        let open = self.open_at(self.data.clone()).await?;
        assert!(self.cx.set(open).is_ok(), "it was open");
        Ok(())
    }

    pub fn close(&mut self) {
        drop(self.cx.take());
    }

    pub fn chance(&self) -> Arc<Seeded> {
        self.chance.clone()
    }

    pub fn cx(&self) -> &Cx {
        self.cx.get().unwrap()
    }

    pub fn maker(&self) -> Actor {
        Actor::Member(Member {
            organisation: OrganisationRow(1),
            kinds: Kinds::of(&[OrganisationKind::Platform, OrganisationKind::Maker]),
            role: Role::Administrator,
            name: "test".into(),
            right: None,
        })
    }

    /// Enters an organisation; answers it with its administrator.
    pub async fn enter(&self, name: &str, kind: OrganisationKind) -> (Organisation, Actor) {
        let new = NewOrganisation { name: name.into(), kinds: Kinds::of(&[kind]) };
        let created = organisation::create(new, &self.maker(), self.cx()).await.unwrap();
        let actor = token::authenticate(&created.token, self.cx()).await.unwrap();
        (created.organisation, actor)
    }

    /// Hands a device from one to the other.
    pub async fn hand_over(&self, number: Number, from: &Actor, to: &Actor) {
        let offered = transfer::offer(number, Offering::default(), from, self.cx()).await.unwrap();
        transfer::claim(&offered.code, to, self.cx()).await.unwrap();
    }

    pub async fn ticket(&self, quantity: u32) -> Arc<Ticket> {
        self.ticket_of(quantity, CredentialPolicy::Unique).await
    }

    pub async fn ticket_of(&self, quantity: u32, credential: CredentialPolicy) -> Arc<Ticket> {
        self.permit(quantity, credential, Confirmation::Implied).await.1
    }

    /// A batch of a new product, and its ticket.
    pub async fn permit(
        &self,
        quantity: u32,
        credential: CredentialPolicy,
        confirmation: Confirmation,
    ) -> (Batch, Arc<Ticket>) {
        let new = NewProduct {
            name: "Camera".into(),
            model: format!("C{quantity}"),
            gtin: "4512345678906".into(),
            sector: Sector::Camera,
            support_end: "2036-03".into(),
            support_reason: None,
            contact: None,
            credential,
        };
        let product = product::register(new, None, &self.maker(), self.cx()).await.unwrap();
        let new = NewBatch { quantity, confirmation, valid_from: None, valid_until: None };
        let batch = batch::open(product.uid, new, None, &self.maker(), self.cx()).await.unwrap();
        let ticket = device::ticket(batch.uid, &self.maker(), self.cx()).await.unwrap();
        (batch, Arc::new(ticket))
    }

    /// Makes devices with these serials, one key for all lines that name the same key number.
    pub async fn make(&self, ticket: &Arc<Ticket>, serials: &[String]) -> Vec<(Signer, Result<Made>)> {
        let keys: Vec<Signer> = serials.iter().map(|_| Signer::generate_p256().unwrap().0).collect();
        let line = |(serial, key): (&String, &Signer)| Request { serial: serial.clone(), csr: request(key).unwrap() };
        let requests = serials.iter().zip(&keys).map(line).collect();
        let made = device::make(requests, ticket, self.cx()).await.unwrap();
        keys.into_iter().zip(made).collect()
    }

    /// One device.
    pub async fn one(&self) -> (Signer, Made, Number) {
        let ticket = self.ticket(1).await;
        let (key, made) = self.make(&ticket, &["A-1".to_owned()]).await.pop().unwrap();
        let made = made.unwrap();
        let number = Number::parse(&made.number).unwrap();
        (key, made, number)
    }
}
