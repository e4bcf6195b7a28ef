//! A factory: a platform, a product, a line's token, and the folder of its units.

use crate::program::{STATION, tegata};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tegata_domain::permit::Role;
use tegata_testkit::factory::{id, new_product, text};
use tegata_testkit::{Api, Setup, World, tenant};

/// A factory.
pub struct Factory {
    /// The platform.
    pub world: World,
    /// Where its units go.
    pub out: PathBuf,
    product: String,
    url: String,
}

/// A port that nothing listens on.
fn free() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

impl Factory {
    /// On a platform of its own, whose ports stay the same when it starts again.
    pub fn new() -> Factory {
        let world = World::with(tegata(), Setup { https: free(), http: free(), ..Setup::default() });
        let product = id(&world.api().post("/api/v1/products", &new_product("EW-C210")).expect(201));
        let token = tenant::token(&world.api(), Role::Station);
        std::fs::write(world.folder().join("token"), token.secret + "\n").unwrap();
        let (out, url) = (world.folder().join("units"), format!("https://localhost:{}", world.server().https.port()));
        Factory { world, out, product, url }
    }

    /// Opens a batch that requires confirmation.
    pub fn batch(&self, quantity: usize) -> String {
        let body = json!({ "product": self.product, "quantity": quantity, "confirmation": "required" });
        id(&self.world.api().post("/api/v1/batches", &body).expect(201))
    }

    /// `make` under a batch, with more options.
    pub fn make(&self, batch: &str, more: &[&str]) -> Command {
        let mut command = station(&["make", "--batch", batch, "--url", &self.url, "--json"]);
        command.arg("--trust").arg(&self.world.first.https_ca);
        command.arg("--root").arg(&self.world.first.root);
        command.arg("--token-file").arg(self.world.folder().join("token"));
        command.arg("--out").arg(&self.out).args(more);
        command
    }

    /// Checks the folder of all units; how many hold. All must.
    pub fn check(&self) -> u64 {
        let mut command = station(&["check", "--json", "--root"]);
        let output = command.arg(&self.world.first.root).arg(&self.out).output().unwrap();
        let (held, said) = answer(&output);
        assert!(held, "{said}");
        said["verified"].as_u64().unwrap()
    }

    /// What the folder of a serial says of its device.
    pub fn device(&self, serial: &str) -> Value {
        object(&self.out.join(serial).join("device.json"))
    }

    /// All devices of the platform, by serial; none may be there twice.
    pub fn devices(&self) -> BTreeMap<String, Value> {
        let all = self.world.api().all("/api/v1/devices");
        let count = all.len();
        let by_serial: BTreeMap<String, Value> = all.into_iter().map(|d| (text(&d, "serial"), d)).collect();
        assert_eq!(by_serial.len(), count, "a serial is there twice");
        by_serial
    }
}

/// The line's program.
pub fn station(arguments: &[&str]) -> Command {
    let mut command = Command::new(STATION);
    // help texts are as wide as the terminal, which a test has not
    command.args(arguments).env_remove("COLUMNS");
    command
}

/// The object in a file.
pub fn object(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))).unwrap()
}

/// Whether a command succeeded, and its one object on one line of stdout.
pub fn answer(output: &Output) -> (bool, Value) {
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(text.matches('\n').count() == 1 && text.ends_with('\n'), "one line: {text}\n{said}");
    (output.status.success(), serde_json::from_str(&text).unwrap())
}

/// The kinds of a list of findings.
pub fn findings(api: &Api) -> Vec<String> {
    api.all("/api/v1/findings").iter().map(|finding| text(finding, "kind")).collect()
}
