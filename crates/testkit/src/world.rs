//! The world of a test: a data folder, and the program that runs on it.

use crate::{Api, Est, Identity, Refusal, Server};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Output};
use tempfile::TempDir;

/// Where the platform of a world is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Place {
    /// As `TEGATA_TEST_ENGINE` says.
    #[default]
    Chosen,
    /// In its folder, for tests of what happens to files.
    Folder,
    /// In an empty PostgreSQL.
    Database(String),
}

/// How a world is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Options of `init` beside `--data`, `--json` and `--store`.
    pub init: Vec<String>,
    /// Where the platform is.
    pub store: Place,
    /// Address of the HTTPS port.
    pub https: String,
    /// Address of the plain HTTP port.
    pub http: String,
    /// Environment of `serve`.
    pub environment: Vec<(String, String)>,
}

impl Default for Setup {
    fn default() -> Self {
        let free = || "127.0.0.1:0".to_owned();
        Setup { init: Vec::new(), store: Place::Chosen, https: free(), http: free(), environment: Vec::new() }
    }
}

/// What `init` said.
#[derive(Debug, Clone)]
pub struct First {
    /// API token of the first administrator.
    pub token: String,
    /// Log-in name and password of the first administrator.
    pub login: (String, String),
    /// Id of the first organisation.
    pub organisation: String,
    /// The HTTPS authority, DER.
    pub trust: Vec<u8>,
    /// The same as a PEM file.
    pub https_ca: PathBuf,
    /// The device root as a PEM file.
    pub root: PathBuf,
}

/// A data folder and the program on it. Both go away with it.
pub struct World {
    binary: PathBuf,
    setup: Setup,
    /// What `init` said.
    pub first: First,
    server: Option<Server>,
    folder: TempDir,
}

impl World {
    /// Sets up a fresh folder and serves it. `binary` is `env!("CARGO_BIN_EXE_tegata")` of the test.
    pub fn new(binary: &str) -> World {
        Self::with(binary, Setup::default())
    }

    /// The same with a setup of its own.
    pub fn with(binary: &str, setup: Setup) -> World {
        let mut world = Self::initialised(binary, setup);
        world.start();
        world
    }

    /// Sets up a fresh folder; nothing runs yet.
    pub fn initialised(binary: &str, mut setup: Setup) -> World {
        if setup.store == Place::Chosen {
            setup.store = crate::postgres::chosen().map_or(Place::Folder, Place::Database);
        }
        let folder = tempfile::Builder::new().prefix("tegata-test-").tempdir().expect("a temporary folder");
        let data = folder.path().join("data");
        let mut init = clean(Path::new(binary));
        init.arg("init").arg("--data").arg(&data).arg("--json").args(&setup.init);
        if let Place::Database(url) = &setup.store {
            init.args(["--store", url]);
        }
        let first = First::read(&init.output().expect("the program can be run"));
        World { binary: binary.into(), setup, first, server: None, folder }
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Everywhere that the platform keeps something: the data folder, and the files of its database on the server that
    /// all tests share.
    pub fn files(&self) -> Vec<PathBuf> {
        let database = match &self.setup.store {
            Place::Database(url) => url.rsplit('/').next(),
            Place::Chosen | Place::Folder => None,
        };
        std::iter::once(self.data()).chain(database.map(|name| crate::Postgres::shared().files(name))).collect()
    }

    /// A folder for what the test writes.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The program, with an environment that has none of our variables.
    pub fn command(&self) -> Command {
        clean(&self.binary)
    }

    /// Serves the folder; panics with the log when the program refuses.
    pub fn start(&mut self) {
        let started = self.try_start();
        self.server = Some(started.unwrap_or_else(|r| panic!("serve refused to start: {}\n{}", r.status, r.said)));
    }

    /// Serves the folder once more, beside a server that may run.
    pub fn try_start(&self) -> Result<Server, Refusal> {
        Server::start(self.serve(), &self.folder.path().join("serve.log"))
    }

    /// The command that serves the folder.
    pub fn serve(&self) -> Command {
        let mut command = self.command();
        command.arg("serve").arg("--data").arg(self.data());
        command.args(["--https", &self.setup.https, "--http", &self.setup.http]);
        command.envs(self.setup.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The environment of later starts.
    pub fn set_environment(&mut self, environment: &[(&str, &str)]) {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.setup.environment = environment.iter().map(owned).collect();
    }

    /// The running server.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("the test started the server")
    }

    /// Takes a server in that [`World::try_start`] started.
    pub fn put(&mut self, server: Server) {
        self.server = Some(server);
    }

    /// Takes the running server out.
    pub fn take(&mut self) -> Server {
        self.server.take().expect("the test started the server")
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.take().kill();
    }

    /// SIGTERM, and the end.
    pub fn terminate(&mut self) -> ExitStatus {
        self.take().terminate()
    }

    /// The platform as anybody sees it, over HTTPS.
    pub fn public(&self) -> Api {
        Api::https(self.server().https, "localhost", &self.first.trust)
    }

    /// The platform over plain HTTP.
    pub fn plain(&self) -> Api {
        Api::http(self.server().http)
    }

    /// The API as the first administrator.
    pub fn api(&self) -> Api {
        self.public().bearer(&self.first.token)
    }

    /// The EST client of a device.
    pub fn est(&self, identity: Option<&Identity>) -> Est {
        let url = format!("https://localhost:{}", self.server().https.port());
        Est::new(&url, std::slice::from_ref(&self.first.trust), identity)
    }
}

fn clean(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    for (name, _) in std::env::vars_os() {
        // help texts are as wide as the terminal
        if name.to_string_lossy().starts_with("TEGATA_") || name == "COLUMNS" {
            command.env_remove(name);
        }
    }
    command
}

impl First {
    fn read(output: &Output) -> First {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "init: {}\n{said}", output.status);
        let value: Value = serde_json::from_slice(&output.stdout).expect("init --json prints one object");
        let text = |value: &Value| value.as_str().expect("init gives texts").to_owned();
        let https_ca = PathBuf::from(text(&value["https_ca"]));
        First {
            token: text(&value["token"]),
            login: (text(&value["login"]["user"]), text(&value["login"]["password"])),
            organisation: text(&value["organisation"]),
            trust: pem(&https_ca),
            https_ca,
            root: text(&value["roots"][0]).into(),
        }
    }
}

/// The first certificate of a PEM file (RFC 7468), DER.
pub fn pem(path: &Path) -> Vec<u8> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let read = CertificateDer::from_pem_file(path);
    read.unwrap_or_else(|e| panic!("{}: {e}", path.display())).to_vec()
}
