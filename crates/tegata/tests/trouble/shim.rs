//! The library between program and kernel: built once, and told what to do through a file.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use tegata_testkit::World;

static LIBRARY: LazyLock<(tempfile::TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let library = folder.path().join("shim.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/trouble/shim.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o"]).arg(&library).arg(source);
    let compiled = compiler.arg("-ldl").arg("-lpthread").status();
    assert!(compiled.expect("cc (Debian: build-essential)").success(), "the shim does not compile");
    (folder, library)
});

/// The orders of one world's server.
pub struct Shim {
    orders: PathBuf,
    journal: PathBuf,
}

impl Shim {
    /// Later starts of this world are under it.
    pub fn under(world: &mut World, journal: bool, more: &[(&str, &str)]) -> Shim {
        let folder = world.folder().to_owned();
        let shim = Shim { orders: folder.join("orders"), journal: folder.join("journal") };
        shim.order("");
        let library = LIBRARY.1.display().to_string();
        let data = world.data().canonicalize().unwrap().display().to_string();
        let (orders, written) = (shim.orders.display().to_string(), shim.journal.display().to_string());
        let mut all = vec![("LD_PRELOAD", library.as_str()), ("SHIM_ORDERS", &orders), ("SHIM_FOLDER", &data)];
        if journal {
            all.push(("SHIM_JOURNAL", &written));
        }
        all.extend(more);
        world.set_environment(&all);
        shim
    }

    /// From now on: see `shim.c`.
    pub fn order(&self, text: &str) {
        let next = self.orders.with_extension("next");
        std::fs::write(&next, text).unwrap();
        std::fs::rename(&next, &self.orders).unwrap();
    }

    /// What was written and synced since the journal began.
    pub fn journal(&self) -> &Path {
        &self.journal
    }
}
