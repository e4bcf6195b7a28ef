//! `tegata release`: what a maker does before she publishes, offline.

use super::Failure;
use clap::{Args, Subcommand};
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use tegata_keys::digest::Digests;
use tegata_wire::release::Manifest;

/// Prepare a release, without any server.
#[derive(Args)]
#[command(
    after_help = "Example:\n  tegata release manifest --product 0d28e8a9-f8e1-8d79-bfcc-abc74998857a --version 1.4.0 \
    --security-version 3 image.swu > manifest"
)]
pub struct Release {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the manifest of a file: the text that the release key signs
    Manifest(Text),
}

/// Print the manifest of a file.
#[derive(Args)]
#[command(
    after_help = "Example:\n  tegata release manifest --product 0d28e8a9-f8e1-8d79-bfcc-abc74998857a --version 1.4.0 \
    --security-version 3 image.swu > manifest\n  openssl dgst -sha256 -sign release.key -out manifest.sig manifest"
)]
pub struct Text {
    /// Id of the product
    #[arg(long, value_name = "UUID")]
    product: String,
    /// Version: 1 to 64 visible characters without spaces
    #[arg(long)]
    version: String,
    /// Security version: grows when going back would open a weakness again
    #[arg(long, value_name = "NUMBER")]
    security_version: u32,
    /// Held devices may have it: it ends what a recall or a quarantine is about
    #[arg(long)]
    remedy: bool,
    /// The file of the release
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(super) fn run(command: Release) -> Result<(), Failure> {
    let Command::Manifest(asked) = command.command;
    let (size, sha256) = measure(&asked.file).map_err(|e| format!("{}: {e}", asked.file.display()))?;
    let Text { product, version, security_version, remedy, .. } = asked;
    let text = Manifest { product, version, security_version, remedy, size, sha256 }.text();
    if Manifest::parse(&text).is_err() || size == 0 {
        let why =
            "--product is a UUID in lower case, --version has 1 to 64 visible ASCII characters, FILE is not empty";
        return Err(why.into());
    }
    Ok(std::io::stdout().write_all(text.as_bytes())?)
}

/// Length and SHA-256 of a file.
fn measure(file: &Path) -> std::io::Result<(u64, [u8; 32])> {
    let (mut file, mut digests, mut size) = (File::open(file)?, Digests::default(), 0);
    let mut chunk = vec![0; 256 * 1024];
    loop {
        match file.read(&mut chunk)? {
            0 => return Ok((size, digests.finish().0)),
            read => {
                digests.update(&chunk[..read]);
                size += read as u64;
            }
        }
    }
}
