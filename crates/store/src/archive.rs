//! Archives: files under names, as tar (POSIX.1-2001) in zstd (RFC 8878). What seals them is the caller's.

use crate::error::Error;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Writes an archive.
pub struct Packing<W: Write> {
    tar: tar::Builder<zstd::Encoder<'static, W>>,
}

impl<W: Write> Packing<W> {
    /// An archive into `out`.
    pub fn new(out: W) -> Result<Self, Error> {
        // level 3 is the one that keeps up with a disk; each frame carries its checksum
        let mut encoder = zstd::Encoder::new(out, 3)?;
        encoder.include_checksum(true)?;
        Ok(Packing { tar: tar::Builder::new(encoder) })
    }

    /// Adds what `content` gives, which must be `size` bytes.
    pub fn add(&mut self, name: &str, size: u64, content: impl Read) -> Result<(), Error> {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        Ok(self.tar.append_data(&mut header, name, content)?)
    }

    /// Ends the archive; answers what it was written to.
    pub fn finish(self) -> Result<W, Error> {
        Ok(self.tar.into_inner()?.finish()?)
    }
}

/// Reads an archive to its end and hands out its files in order. Anything but a plain file is refused.
pub fn unpack<R: Read, E: From<Error>>(
    from: R,
    mut each: impl FnMut(&str, &mut dyn Read) -> Result<(), E>,
) -> Result<(), E> {
    let decoder = zstd::Decoder::new(from).map_err(Error::from)?;
    let mut tar = tar::Archive::new(decoder);
    for entry in tar.entries().map_err(Error::from)? {
        let mut entry = entry.map_err(Error::from)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type() != tar::EntryType::Regular {
            return Err(Error::from(io::Error::other(format!("{name} is no plain file"))).into());
        }
        each(&name, &mut entry)?;
    }
    // to the end: what follows the archive belongs to its seal
    io::copy(&mut tar.into_inner(), &mut io::sink()).map_err(Error::from)?;
    Ok(())
}

/// Writes what comes to a new file that only its owner may read.
pub fn write_file(path: &Path, content: &mut dyn Read) -> Result<(), Error> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    if let Some(parent) = path.parent() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    }
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
    io::copy(content, &mut file)?;
    Ok(())
}
