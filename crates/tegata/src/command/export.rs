//! `tegata export`: all data of an organisation in open formats (law 10), from the data folder.

use super::progress::Progress;
use super::{Failure, Opened, runtime};
use crate::clock::{SystemChance, SystemClock};
use clap::{ArgGroup, Args};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tegata_api::export::{self, FILES};
use tegata_domain::id::Uuid;
use tegata_usecase::platform::{self, Opening};

/// Write all data of an organisation in open formats.
#[derive(Args)]
#[command(group = ArgGroup::new("who").required(true).args(["token_file", "organisation"]))]
#[command(
    after_help = "Examples:\n  tegata export --data /var/lib/tegata --unlock /etc/tegata/unlock --out ./export \\\n    \
    --organisation 01a205bc-b2a9-7ea1-9fc6-dea23b600548\n  tegata export --data /var/lib/tegata --token-file token \
    --proofs --out ./export\n\nThe platform may run meanwhile; the export shows one moment. One file a noun, one JSON \
    object a line, as the API answers it; README.txt in it tells what is what."
)]
pub struct Export {
    /// The data folder
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// File with an API token of an administrator or auditor: its organisation is exported
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Id of the organisation, for the platform's operator
    #[arg(long, value_name = "ID")]
    organisation: Option<Uuid>,
    /// The folder to make; absent or empty
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Add the ledger's proof to every event
    #[arg(long)]
    proofs: bool,
    /// The unlock file, if it does not lie in the data folder
    #[arg(long, value_name = "FILE")]
    unlock: Option<PathBuf>,
    #[command(flatten)]
    opened: Opened,
    /// Answer with one JSON object
    #[arg(long)]
    json: bool,
}

/// Files that are being written, beside the place where they will be.
struct Writer {
    part: PathBuf,
    files: BTreeMap<&'static str, (BufWriter<File>, u64)>,
}

impl Drop for Writer {
    fn drop(&mut self) {
        let _moved_away_or_nothing_to_keep = fs::remove_dir_all(&self.part);
    }
}

fn create(path: &Path) -> std::io::Result<BufWriter<File>> {
    Ok(BufWriter::new(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?))
}

impl Writer {
    fn new(out: &Path) -> Result<Self, Failure> {
        if fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some()) || out.is_file() {
            return Err(format!("{} is not an empty folder; give another --out", out.display()).into());
        }
        let mut name = out.file_name().ok_or("--out is no folder name")?.to_owned();
        name.push(format!(".part-{}", std::process::id()));
        let part = out.with_file_name(name);
        DirBuilder::new().mode(0o700).create(&part).map_err(|e| format!("{}: {e}", part.display()))?;
        let mut writer = Writer { part, files: BTreeMap::new() };
        for (name, _) in FILES {
            writer.files.insert(name, (create(&writer.part.join(name))?, 0));
        }
        Ok(writer)
    }

    fn line(&mut self, name: &'static str, value: &Value) -> std::io::Result<u64> {
        let (file, count) = self.files.get_mut(name).ok_or_else(|| std::io::Error::other("no such file"))?;
        writeln!(file, "{value}")?;
        *count += 1;
        Ok(*count)
    }

    fn counts(&self) -> BTreeMap<&'static str, u64> {
        self.files.iter().map(|(name, (_, count))| (name.trim_end_matches(".ndjson"), *count)).collect()
    }

    fn finish(&mut self, out: &Path, head: &str) -> Result<PathBuf, Failure> {
        let mut readme = create(&self.part.join("README.txt"))?;
        readme.write_all(self.readme(head).as_bytes())?;
        readme.flush()?;
        for (file, _) in self.files.values_mut() {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        fs::rename(&self.part, out)?;
        Ok(fs::canonicalize(out)?)
    }

    fn readme(&self, head: &str) -> String {
        let mut text = format!(
            "Export of one organisation from a Tegata platform\n\n{head}\n\nEach file holds one JSON object a line \
             (NDJSON, UTF-8), as the platform's API answers it;\n/api/openapi.json of the platform describes the members. \
             Times are RFC 3339 in UTC, digests\nlower-case hex, certificates PEM (RFC 7468). `id`, `product`, `batch` and \
             `number` lead from\none file to the other.\n"
        );
        for (name, what) in FILES {
            let count = self.files.get(name).map_or(0, |(_, count)| *count);
            text += &format!("\n{name} ({count} lines)\n  {what}\n");
        }
        text + "\nNot in here: data of other organisations, secrets, and what was erased.\n"
    }
}

pub(super) fn run(command: Export) -> Result<(), Failure> {
    let out = std::path::absolute(&command.out)?;
    let mut writer = Writer::new(&out)?;
    let progress = Progress::new();
    let written = runtime()?.block_on(write(&command, &mut writer, &progress));
    progress.end();
    let head = written?;
    let counts = writer.counts();
    let folder = writer.finish(&out, &head)?;
    if command.json {
        println!("{}", json!({ "export": folder, "counts": counts }));
    } else {
        println!("Export         {}", folder.display());
        counts.iter().for_each(|(name, count)| println!("  {name:12} {count}"));
        println!("README.txt in it tells what is what.");
    }
    Ok(())
}

/// Writes all lines; answers what the export is of.
async fn write(command: &Export, writer: &mut Writer, progress: &Progress) -> Result<String, Failure> {
    let config = command.opened.config()?;
    let opening = Opening {
        folder: std::path::absolute(&command.data)?,
        unlock: command.unlock.clone(),
        database: config.store,
        settings: config.settings,
        clock: Arc::new(SystemClock::default()),
        chance: Arc::new(SystemChance),
    };
    let cx = platform::open_to_read(opening).await?;
    let actor = match (&command.token_file, command.organisation) {
        (Some(file), _) => {
            let token = fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
            tegata_usecase::export::holder(token.trim(), &cx).await?
        }
        (None, Some(organisation)) => tegata_usecase::export::of_organisation(organisation, &cx).await?,
        (None, None) => return Err("give --token-file or --organisation".into()),
    };
    let own = tegata_usecase::organisation::own(&actor, &cx).await?;
    let mut sink = |file: &'static str, value: &Value| {
        let count = writer.line(file, value)?;
        if file == "devices.ndjson" {
            progress.tell("devices", count, 0);
        }
        Ok(())
    };
    export::write(&mut sink, command.proofs, &actor, &cx).await?;
    Ok(format!("Organisation {} ({}), on {}, {}.", own.name, own.uid, cx.names.public_url, cx.now()?.rfc3339()))
}
