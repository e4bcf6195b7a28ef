//! The main job: a device's life, played over real protocols against a platform in a fresh folder.

mod api;
mod backup;
mod body;
mod crowd;
mod disposal;
mod field;
mod ledger;
mod line;
mod release;
mod report;
mod sale;
mod story;
mod twin;

use crate::command::Failure;
use crate::config::{Config, Values};
use crate::server::{Server, Start};
use report::Report;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use tegata_usecase::cx::Names;
use tegata_usecase::platform::{self, HTTPS_CA_FILE, Initialised, NewPlatform};
use tokio::signal::unix::{SignalKind, signal};

/// A step that can be broken on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Sabotage {
    /// One unit shows another unit's key when it is read back
    Line,
    /// One device is claimed with a wrong code
    Sale,
    /// One device is quarantined before it enrols
    Installation,
    /// The image is changed after it was signed
    Release,
    /// The pump's folder is not copied
    Clone,
    /// The meter does not let its owner start the erasure from afar
    Disposal,
    /// The copy of the ledger is changed before it is verified
    Ledger,
}

/// What is played.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// How many devices.
    pub devices: u32,
    /// One JSON object at the end instead of text.
    pub json: bool,
    /// What is broken on purpose.
    pub sabotage: Option<Sabotage>,
}

/// A platform in a temporary folder, running.
pub struct Stage {
    /// The running platform.
    pub server: Server,
    /// What init answered.
    pub first: Initialised,
    /// Removed at the end.
    pub folder: tempfile::TempDir,
}

/// Two free ports. Between this and the start another program could take one; then the start says so.
fn free_ports() -> std::io::Result<(u16, u16)> {
    let (one, two) = (TcpListener::bind(("127.0.0.1", 0))?, TcpListener::bind(("127.0.0.1", 0))?);
    Ok((one.local_addr()?.port(), two.local_addr()?.port()))
}

/// Sets a platform up in a fresh folder and starts it on free ports.
pub async fn set_up() -> Result<Stage, Failure> {
    let folder = tempfile::Builder::new().prefix("tegata-demo-").tempdir()?;
    let (https, http) = free_ports()?;
    let names = Names {
        public_url: format!("https://localhost:{https}"),
        device_url: format!("https://localhost:{https}"),
        plain_url: format!("http://localhost:{http}"),
    };
    let new = NewPlatform {
        folder: folder.path().join("data"),
        unlock: None,
        database: None,
        names,
        organisation: "Example Works".into(),
        clock: Arc::new(crate::clock::SystemClock::default()),
        chance: Arc::new(crate::clock::SystemChance),
    };
    let first = platform::init(new).await?;
    let flags = [
        ("--https", "server.https", format!("127.0.0.1:{https}")),
        ("--http", "server.http", format!("127.0.0.1:{http}")),
    ];
    let config = Config::from(&Values::gather(None, &[], &flags)?)?;
    let server = Server::start(Start { folder: first.folder.clone(), unlock: None, config }).await?;
    Ok(Stage { server, first, folder })
}

/// Plays the story; with `stay` it goes on serving until it is interrupted. Answers whether every step held.
pub async fn run(options: Options, stay: bool) -> Result<bool, Failure> {
    let stage = set_up().await?;
    let trust = https_authority(&stage.first.folder.join(HTTPS_CA_FILE))?;
    let player = story::Player::new(&stage, trust, options)?;
    let report = tokio::task::spawn_blocking(move || player.play()).await?;
    let held = report.held();
    if options.json {
        let mut object = report.object();
        if stay {
            object["look"] = look(&stage, &report);
        }
        println!("{object}");
    }
    tell(&stage, &report, options, stay);
    if stay {
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
    }
    stage.server.stop().await;
    drop(stage.folder);
    Ok(held)
}

fn https_authority(path: &Path) -> Result<Vec<u8>, Failure> {
    platform::from_pem(&std::fs::read_to_string(path)?).ok_or_else(|| "no HTTPS authority".into())
}

/// Where to look, for programs.
fn look(Stage { server, first, .. }: &Stage, report: &Report) -> serde_json::Value {
    let devices: serde_json::Map<_, _> =
        report.shown().iter().map(|(what, number)| (what.clone(), number[..].into())).collect();
    serde_json::json!({
        "pages": format!("http://localhost:{}", server.http.port()), "devices": devices, "campaign": report.campaign(),
        "token": first.token, "user": first.user, "password": first.password,
    })
}

fn tell(stage: &Stage, report: &Report, options: Options, stay: bool) {
    let say = |line: String| if options.json { eprintln!("{line}") } else { println!("{line}") };
    let Stage { server, first, .. } = stage;
    say(String::new());
    say(if report.held() { "Every step held.".into() } else { "Not every step held; see above.".to_owned() });
    if !stay {
        return;
    }
    say("\nLook around (Ctrl-C ends and removes everything):".into());
    for (what, number) in report.shown() {
        say(format!("  {what:<24} http://{}/d/{number}", server.http));
    }
    say(format!("  {:<24} http://{}/", "start page", server.http));
    // browsers take passkeys for a name, not for an address
    say(format!("  {:<24} http://localhost:{}/login", "log in", server.http.port()));
    say(format!("  {:<24} http://{}/ledger/devices/checkpoint", "ledger", server.http));
    say(format!("  {:<24} http://{}/metrics", "metrics", server.http));
    say(format!("  {:<24} {}", "letters", first.folder.join(platform::OUTBOX).display()));
    say(format!("  {:<24} {}", "units from the line", stage.folder.path().join("units").display()));
    say(format!("\n  API        https://localhost:{}/api/v1/devices", server.https.port()));
    if let Some(campaign) = report.campaign() {
        say(format!("  campaign   https://localhost:{}/api/v1/campaigns/{campaign}", server.https.port()));
    }
    say(format!("  token      {}", first.token));
    say(format!("  trust      {}", first.folder.join(HTTPS_CA_FILE).display()));
    say(format!("  log-in     {} / {}", first.user, first.password));
}
