//! Files that are whole or absent, on disk when a call returns, and not for others to read.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// A folder for its owner only (0700), on disk with its name. One that is there already is fine.
pub fn folder(path: &Path) -> Result<()> {
    match DirBuilder::new().mode(0o700).create(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(e) => Err(e),
        Ok(()) => sync_folder(path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))),
    }
}

/// Writes files (0600) into a folder, each whole or absent; all are on disk when this returns. What is there already is
/// replaced.
pub fn write(folder: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    for (name, bytes) in files {
        let (temporary, path) = (temporary(folder, name), folder.join(name));
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        drop(file);
        std::fs::rename(&temporary, &path)?;
    }
    sync_folder(folder)
}

/// Names in a folder are on disk when this returns.
pub fn sync_folder(folder: &Path) -> Result<()> {
    File::open(folder)?.sync_all()
}

/// What a crash may leave behind; the next write of the same name takes it over.
fn temporary(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!(".{name}.part"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn files_are_private_and_replaced_whole() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("unit");
        folder(&inner).unwrap();
        folder(&inner).unwrap();
        // a crash left this
        std::fs::write(temporary(&inner, "a"), "half of something longer").unwrap();
        write(&inner, &[("a", b"one"), ("b", b"two")]).unwrap();
        write(&inner, &[("a", b"three")]).unwrap();
        assert_eq!(std::fs::read(inner.join("a")).unwrap(), b"three");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&inner), mode(&inner.join("a")), mode(&inner.join("b"))), (0o700, 0o600, 0o600));
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 2);
        std::fs::write(outer.path().join("file"), "").unwrap();
        assert!(folder(&outer.path().join("file")).is_err());
    }
}
