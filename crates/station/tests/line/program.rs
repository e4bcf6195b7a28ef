//! Where the two programs are.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The line's program.
pub const STATION: &str = env!("CARGO_BIN_EXE_tegata-station");

/// The platform's program: that of the environment variable TEGATA_BINARY, or built now beside the line's and copied
/// away, since it is of another package, which no test of this one can name.
pub fn tegata() -> &'static str {
    static BUILT: OnceLock<String> = OnceLock::new();
    BUILT.get_or_init(|| given().unwrap_or_else(build))
}

#[expect(clippy::disallowed_methods, reason = "a test takes its settings from the environment")]
fn given() -> Option<String> {
    std::env::var("TEGATA_BINARY").ok()
}

fn build() -> String {
    let folder = Path::new(STATION).parent().expect("a program lies in a folder");
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    let target = folder.parent().expect("profiles lie in the target folder");
    let status = Command::new(env!("CARGO"))
        // of the workspace, and this test with it, so that packages have the features that they have when all tests are
        // built, and none is built anew
        .args(["build", "--quiet", "--workspace", "--bin", "tegata", "--test", "line"])
        .args(["--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(status.expect("cargo runs this test").success(), "tegata cannot be built");
    let copy = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("tegata-{}", std::process::id()));
    std::fs::copy(folder.join("tegata"), &copy).expect("it was built");
    copy.display().to_string()
}
