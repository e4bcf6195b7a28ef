//! Starts and stops the platform: opens it, opens its doors, runs its jobs.

use crate::clock::{SystemChance, SystemClock};
use crate::config::Config;
use crate::http::addresses::Addresses;
use crate::http::door::Door;
use crate::http::gate::{Gate, Gates, Serves, Shortcut};
use crate::http::handles;
use crate::http::lateness::Lateness;
use crate::http::places::Places;
use crate::http::tls::{Faces, Identity, host};
use crate::metrics::{http as counts, sample};
use crate::wiring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tegata_domain::chance::Chance;
use tegata_domain::ledger::Log;
use tegata_usecase::platform::{self, Opening};
use tegata_usecase::{Cx, authority, ledger};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

/// What a start is given.
pub struct Start {
    /// The data folder.
    pub folder: PathBuf,
    /// The unlock file, if it does not lie in the data folder.
    pub unlock: Option<PathBuf>,
    /// The configuration.
    pub config: Config,
}

/// A running platform.
pub struct Server {
    /// Where HTTPS listens.
    pub https: SocketAddr,
    /// Where HTTP listens.
    pub http: SocketAddr,
    /// The context of its use cases.
    pub cx: Cx,
    stop: watch::Sender<bool>,
    doors: JoinSet<()>,
    jobs: JoinSet<()>,
    drain: std::time::Duration,
}

/// The platform did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Folder, keys, clock or ledger.
    #[error(transparent)]
    Platform(#[from] tegata_usecase::Error),
    /// An address is taken, or not ours.
    #[error("cannot listen on {address}: {source}; give another address")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// Certificate or key of the server.
    #[error("TLS: {0}")]
    Tls(String),
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

async fn identity(cx: &Cx, config: &Config) -> Result<Identity, StartError> {
    if let Some((certificate, key)) = &config.tls.files {
        return Identity::read(certificate, key).map_err(StartError::Tls);
    }
    let mut hosts = vec![host(&cx.names.public_url), host(&cx.names.device_url)];
    hosts.extend(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    let mut seen = std::collections::HashSet::new();
    hosts.retain(|host| seen.insert(host.clone()));
    let (chain, pkcs8) = platform::https_identity(cx, &hosts).await?;
    Ok(Identity {
        chain: chain.into_iter().map(CertificateDer::from).collect(),
        key: PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8.to_vec())),
    })
}

async fn faces(cx: &Cx, config: &Config) -> Result<Faces, StartError> {
    let roots = authority::roots(cx).await?;
    let subject = |der: &Vec<u8>| Some(tegata_wire::x509::parse(der).ok()?.subject.to_vec());
    let root = roots.iter().filter_map(subject).take(1).collect();
    let identity = identity(cx, config).await?;
    let ends = identity.chain.first().and_then(|leaf| platform::ends(leaf));
    counts::https_ends(ends.map_or(0, |ends| ends.seconds()));
    let made = Faces::new(identity, root, &cx.names.device_url, &cx.names.public_url);
    made.map_err(|e| StartError::Tls(e.to_string()))
}

fn seed() -> u64 {
    let mut bytes = [0; 8];
    SystemChance.fill(&mut bytes);
    u64::from_be_bytes(bytes)
}

impl Server {
    /// Opens the platform and its doors.
    pub async fn start(start: Start) -> Result<Self, StartError> {
        let Start { folder, unlock, config } = start;
        let (secure, plain) = (listen(config.server.https).await?, listen(config.server.http).await?);
        let (https, http) = (address(&secure)?, address(&plain)?);
        let cx = platform::open(Opening {
            database: config.store.clone(),
            folder,
            unlock,
            settings: config.settings.clone(),
            clock: Arc::new(SystemClock::default()),
            chance: Arc::new(SystemChance),
        })
        .await?;
        cx.store.lease().hold().await.map_err(tegata_usecase::Error::from)?;
        // whoever reads "listening" finds a checkpoint
        for log in Log::ALL {
            ledger::sequence(log, &cx).await?;
        }
        let table = wiring::table();
        let room = handles::connections(config.limits.connections);
        let connections = Arc::new(Semaphore::new(room));
        let addresses = Addresses::new(room * usize::from(config.limits.share_percent) / 100);
        let (places, lateness) = (Places::new(&config.limits), Arc::new(Lateness::default()));
        let faces = Arc::new(faces(&cx, &config).await?);
        let (stop, stopped) = watch::channel(false);
        let mut doors = JoinSet::new();
        for (listener, faces, router) in
            [(secure, Some(faces), table.secure()), (plain, None, table.plain(http.ip().is_loopback()))]
        {
            let away = faces.is_some() && !https.ip().is_loopback();
            let gate = Arc::new(Gate::new(&config, (&places, &lateness), away, seed()));
            let secure = faces.is_some();
            let serves = Serves { polls: secure, lookups: secure || http.ip().is_loopback() };
            let shortcut = Arc::new(Shortcut::new(&gate, &cx, serves));
            let router = router.fallback(tegata_web::lookup::nothing).with_state(cx.clone()).layer(Gates(gate));
            let (connections, addresses) = (Arc::clone(&connections), Arc::clone(&addresses));
            let door = Door { listener, faces, router, shortcut, connections, addresses };
            doors.spawn(door.serve(stopped.clone()));
        }
        let room = counts::Place { semaphore: connections, room };
        counts::watch(room, places.counted(&config.limits));
        let mut jobs = tegata_job::start(&cx);
        jobs.spawn(lateness.watch());
        jobs.spawn(sample::run(cx.clone()));
        Ok(Server { https, http, cx, stop, doors, jobs, drain: config.server.drain })
    }

    /// Lets running requests end, then stops.
    pub async fn stop(mut self) {
        let _nobody_listens = self.stop.send(true);
        let doors = async { while self.doors.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain, doors).await.is_err() {
            tracing::warn!("some requests did not end in time and were cut off");
        }
        self.jobs.shutdown().await;
        if let Err(error) = self.cx.store.lease().release().await {
            tracing::warn!(%error, "the lease of the background work ends by itself in some seconds");
        }
    }
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|e| StartError::Tls(e.to_string()))
}
