//! The line: chunk by chunk, key → request → certificate → read back → confirm → label.
//!
//! While one chunk is with the platform, the keys of the next are made.

pub mod figures;
pub mod plan;

mod ask;

use crate::check::{self, Against};
use crate::platform::Platform;
use crate::unit::{Device, Unit, UnitError};
use ask::Asking;
use figures::{Figures, Refused, now};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;
use tegata_domain::chance::Chance;
use tegata_keys::file;
use tegata_keys::request::request_of;
use tegata_keys::vault::KeyMaker;

/// What a run is to do.
pub struct Order {
    /// The folder of all units.
    pub out: PathBuf,
    /// The batch.
    pub batch: String,
    /// Units of one request.
    pub together: usize,
    /// How long the line waits for a platform that does not answer.
    pub patience: Duration,
    /// The root that chains must lead to.
    pub root: Option<Vec<u8>>,
}

/// A line: what it is to do, and what it works with.
pub struct Line<'a> {
    /// What it is to do.
    pub order: Order,
    /// Whom it asks.
    pub platform: &'a Platform,
    /// Where keys are made.
    pub vault: &'a dyn KeyMaker,
    /// Passwords and challenges.
    pub chance: &'a dyn Chance,
}

/// A unit on the line.
struct Work {
    unit: Unit,
    /// What is sent for it; `None` when the answer is there from an earlier run.
    request: Option<String>,
    /// An earlier run began it.
    resumed: bool,
}

/// What all labels of the batch show.
struct Paper {
    maker: String,
    model: String,
    gtin: String,
    public_url: String,
    /// Whether units get an initial password.
    password: bool,
}

/// Problems that speak of the batch, not of the unit: the next run asks again.
const OF_BATCH: [&str; 2] = ["urn:tegata:problem:over_quantity", "urn:tegata:problem:outside_validity"];

impl Paper {
    /// A unit that was made for another product is none of this batch, though its serial number is.
    fn check(&self, unit: &Unit, device: &Device) -> Result<(), String> {
        if device.gtin == self.gtin && device.model == self.model {
            return Ok(());
        }
        Err(format!(
            "{} holds unit {} of another product: {}, GTIN {}; the batch is of {}, GTIN {}. Give another --out",
            unit.folder.display(),
            unit.serial,
            device.model,
            device.gtin,
            self.model,
            self.gtin
        ))
    }
}

fn is_of_batch(problem: &Value) -> bool {
    OF_BATCH.iter().any(|kind| problem["type"] == *kind)
}

impl Line<'_> {
    /// Makes the units of these serial numbers; the figures tell how it went.
    pub fn run(&self, serials: &[String]) -> Figures {
        let begin = now();
        let mut figures = Figures { planned: serials.len(), ..Figures::default() };
        figures.stopped = self.make(serials, &mut figures).err();
        figures.took = begin.elapsed_now();
        figures
    }

    fn make(&self, serials: &[String], figures: &mut Figures) -> Result<(), String> {
        let todo = self.sort(serials, figures)?;
        if todo.is_empty() {
            return Ok(());
        }
        let begin = now();
        let bar = ProgressBar::new(serials.len() as u64);
        let style = ProgressStyle::with_template("making  {bar:32} {pos}/{len}  {per_sec}  {msg}");
        bar.set_style(style.map_err(|e| e.to_string())?);
        bar.set_position(figures.there as u64);
        let mut asking = Asking::new(self);
        let paper = self.paper(&mut asking)?;
        std::thread::scope(|scope| {
            let (send, chunks) = sync_channel(1);
            let paper = &paper;
            scope.spawn(move || {
                for chunk in todo.chunks(self.order.together) {
                    // the other end is gone once the line stopped
                    if send.send(self.prepare(chunk, paper)).is_err() {
                        break;
                    }
                }
            });
            let ended = self.work(
                &chunks,
                paper,
                &mut asking,
                (figures, &|figures: &mut Figures| {
                    figures.took = begin.elapsed_now();
                    bar.set_position((figures.confirmed + figures.refused.len()) as u64);
                    bar.set_message(format!("yield {:.1} %  p99 {:.0} ms", figures.good(), figures.p99_ms()));
                }),
            );
            drop(chunks);
            bar.finish_and_clear();
            ended
        })
    }

    /// Which units are still to be made: not those that are finished or stay set aside.
    fn sort(&self, serials: &[String], figures: &mut Figures) -> Result<Vec<Unit>, String> {
        let (mut todo, mut paper) = (Vec::new(), None);
        for serial in serials {
            let unit = Unit::of(&self.order.out, serial);
            match unit.aside(&self.order.out).map_err(|e| e.to_string())? {
                Some(problem) if !is_of_batch(&problem) => {
                    figures.refused.push(Refused { serial: serial.clone(), problem });
                    continue;
                }
                Some(_) => unit.take_back(&self.order.out).map_err(|e| e.to_string())?,
                None => {}
            }
            let done = unit.is_done();
            let known = match unit.device() {
                Err(why) if done => return Err(why.to_string()),
                other => other.ok().filter(|device| device.batch != self.order.batch),
            };
            // made under another batch: is it at least the same product?
            if let Some(device) = known {
                let paper = match &mut paper {
                    Some(paper) => paper,
                    none => none.insert(self.paper(&mut Asking::new(self))?),
                };
                paper.check(&unit, &device)?;
            }
            if done {
                (figures.there, figures.made) = (figures.there + 1, figures.made + 1);
                figures.confirmed += 1;
            } else {
                todo.push(unit);
            }
        }
        Ok(todo)
    }

    fn paper(&self, asking: &mut Asking<'_>) -> Result<Paper, String> {
        let batch = asking.get(&format!("/api/v1/batches/{}", self.order.batch))?;
        let text = |name: &str| {
            let text = batch["label"][name].as_str().map(str::to_owned);
            text.ok_or_else(|| format!("the batch has no label.{name}; the platform is older than this program"))
        };
        Ok(Paper {
            maker: text("maker")?,
            model: text("model")?,
            gtin: text("gtin")?,
            public_url: text("public_url")?,
            password: text("credential")? != "none",
        })
    }

    /// Folders, keys, passwords and requests of a chunk; all on disk.
    fn prepare(&self, units: &[Unit], paper: &Paper) -> Result<Vec<Work>, String> {
        let one = |unit: &Unit| -> Result<Work, String> {
            let resumed = unit.is_begun();
            if resumed && unit.is_issued() {
                return Ok(Work { unit: unit.clone(), request: None, resumed });
            }
            file::folder(&unit.folder).map_err(|e| format!("{}: {e}", unit.folder.display()))?;
            let key = self.vault.create(&unit.name).map_err(|e| e.to_string())?;
            if paper.password {
                unit.make_credential(self.chance).map_err(|e| e.to_string())?;
            }
            let csr = request_of(&*key).map_err(|e| e.to_string())?;
            let line = json!({ "serial": unit.serial, "csr": data_encoding::BASE64.encode(&csr) });
            Ok(Work { unit: unit.clone(), request: Some(line.to_string() + "\n"), resumed })
        };
        in_parallel(units, one).into_iter().collect()
    }

    fn work(
        &self,
        chunks: &Receiver<Result<Vec<Work>, String>>,
        paper: &Paper,
        asking: &mut Asking<'_>,
        (figures, show): (&mut Figures, &dyn Fn(&mut Figures)),
    ) -> Result<(), String> {
        while let Ok(chunk) = chunks.recv() {
            let (chunk, mut full) = (chunk?, None);
            let refused = self.issue(&chunk, paper, asking)?;
            figures.requests = asking.requests.clone();
            let mut good = Vec::new();
            for (work, refused) in chunk.into_iter().zip(refused) {
                match refused {
                    None => good.push(work),
                    Some(problem) => {
                        full = full.or_else(|| is_of_batch(&problem).then(|| problem["detail"].to_string()));
                        self.set_aside(&work.unit, problem, figures)?;
                    }
                }
            }
            let good = self.read_back(good, figures)?;
            figures.made += good.len();
            self.confirm(good, asking, figures)?;
            show(figures);
            if let Some(why) = full {
                return Err(format!("the batch permits no more: {why}"));
            }
        }
        Ok(())
    }

    /// Asks for the identities that are missing, and keeps them; the problem of each that was refused.
    fn issue(&self, chunk: &[Work], paper: &Paper, asking: &mut Asking<'_>) -> Result<Vec<Option<Value>>, String> {
        let mut refused: Vec<Option<Value>> = chunk.iter().map(|_| None).collect();
        let open: Vec<usize> = (0..chunk.len()).filter(|place| chunk[*place].request.is_some()).collect();
        let lines: Vec<&str> = open.iter().filter_map(|place| chunk[*place].request.as_deref()).collect();
        let path = format!("/api/v1/batches/{}/devices", self.order.batch);
        let answers = asking.lines(&path, &lines)?;
        let mut issued = Vec::new();
        for (place, answer) in open.into_iter().zip(answers) {
            match answer {
                Ok(answer) => issued.push((&chunk[place].unit, answer)),
                Err(problem) => refused[place] = Some(problem),
            }
        }
        let keep = |(unit, answer): &(&Unit, Value)| self.keep(unit, answer, paper);
        in_parallel(&issued, keep).into_iter().collect::<Result<(), _>>()?;
        Ok(refused)
    }

    fn keep(&self, unit: &Unit, answer: &Value, paper: &Paper) -> Result<(), String> {
        let foreign = || format!("the platform answered {} with what is no device of it: {answer}", unit.serial);
        let text = |name: &str| answer[name].as_str().map(str::to_owned).ok_or_else(foreign);
        let der = |value: &Value| {
            let text = value.as_str().ok_or_else(foreign)?;
            data_encoding::BASE64.decode(text.as_bytes()).map_err(|_| foreign())
        };
        if answer["serial"] != unit.serial.as_str() {
            return Err(foreign());
        }
        let chain: Vec<Vec<u8>> =
            answer["chain"].as_array().ok_or_else(foreign)?.iter().map(der).collect::<Result<_, _>>()?;
        let device = Device {
            serial: unit.serial.clone(),
            number: text("number")?,
            device: text("device")?,
            batch: self.order.batch.clone(),
            maker: paper.maker.clone(),
            model: paper.model.clone(),
            gtin: paper.gtin.clone(),
            public_url: paper.public_url.clone(),
        };
        unit.keep(&device, &der(&answer["certificate"])?, &chain).map_err(|e| e.to_string())
    }

    /// Reads the units from disk; what does not hold is set aside and never confirmed.
    fn read_back(&self, chunk: Vec<Work>, figures: &mut Figures) -> Result<Vec<Work>, String> {
        let against = Against { vault: self.vault, root: self.order.root.as_deref(), chance: self.chance };
        let checked = in_parallel(&chunk, |work| check::issued(&work.unit, &against));
        let mut good = Vec::new();
        for (work, checked) in chunk.into_iter().zip(checked) {
            match checked {
                Ok(()) => good.push(work),
                Err(why) => {
                    let problem = json!({
                        "type": "urn:tegata:problem:read_back", "title": "read back", "status": 0, "detail": why,
                    });
                    self.set_aside(&work.unit, problem, figures)?;
                }
            }
        }
        Ok(good)
    }

    /// Confirms what was read back, each under its batch, and prints the labels.
    fn confirm(&self, chunk: Vec<Work>, asking: &mut Asking<'_>, figures: &mut Figures) -> Result<(), String> {
        let line = |work: &Work| -> Result<(String, String), UnitError> {
            let (device, credential) = (work.unit.device()?, work.unit.credential()?);
            let mut line = json!({ "number": device.number });
            if let Some(credential) = credential {
                line["credential"] = credential.told();
            }
            Ok((device.batch, line.to_string() + "\n"))
        };
        let mut batches: BTreeMap<String, Vec<(Work, String)>> = BTreeMap::new();
        for work in chunk {
            let (batch, line) = line(&work).map_err(|e| e.to_string())?;
            batches.entry(batch).or_default().push((work, line));
        }
        for (batch, works) in batches {
            let lines: Vec<&str> = works.iter().map(|(_, line)| line.as_str()).collect();
            let answers = asking.lines(&format!("/api/v1/batches/{batch}/confirmations"), &lines)?;
            let mut good = Vec::new();
            for ((work, _), answer) in works.iter().zip(answers) {
                match answer {
                    Ok(_) => good.push(work),
                    Err(problem) => {
                        figures.made -= 1;
                        self.set_aside(&work.unit, problem, figures)?;
                    }
                }
            }
            let label = |work: &&Work| work.unit.print().and_then(|_| work.unit.finish()).map_err(|e| e.to_string());
            in_parallel(&good, label).into_iter().collect::<Result<(), _>>()?;
            figures.confirmed += good.len();
            figures.resumed += good.iter().filter(|work| work.resumed).count();
        }
        Ok(())
    }

    fn set_aside(&self, unit: &Unit, problem: Value, figures: &mut Figures) -> Result<(), String> {
        unit.set_aside(&self.order.out, &problem).map_err(|e| e.to_string())?;
        figures.refused.push(Refused { serial: unit.serial.clone(), problem });
        Ok(())
    }
}

/// Since a moment, by the same clock.
trait Elapsed {
    fn elapsed_now(&self) -> Duration;
}

impl Elapsed for std::time::Instant {
    fn elapsed_now(&self) -> Duration {
        now().saturating_duration_since(*self)
    }
}

/// More threads than cores: they mostly wait for the disk.
const THREADS: usize = 8;

/// `f` of every item, in order.
fn in_parallel<T: Sync, R: Send>(items: &[T], f: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let part = items.len().div_ceil(THREADS).max(1);
    let f = &f;
    std::thread::scope(|scope| {
        let threads: Vec<_> =
            items.chunks(part).map(|part| scope.spawn(move || part.iter().map(f).collect::<Vec<R>>())).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a thread of the line does not panic")).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_of_another_product_is_none_of_the_batch() {
        let text = |text: &str| text.to_owned();
        let paper = Paper {
            maker: text("Works"),
            model: text("Lamp"),
            gtin: text("04012345000009"),
            public_url: text("https://id.test"),
            password: false,
        };
        let unit = Unit::of(std::path::Path::new("out"), "1");
        let device = |model: &str, gtin: &str| Device {
            serial: text("1"),
            number: text("n"),
            device: text("d"),
            batch: text("b"),
            maker: text("Works"),
            model: text(model),
            gtin: text(gtin),
            public_url: text("https://id.test"),
        };
        assert_eq!(paper.check(&unit, &device("Lamp", "04012345000009")), Ok(()));
        for other in [device("Lock", "04012345000009"), device("Lamp", "04012345000016")] {
            assert!(paper.check(&unit, &other).unwrap_err().contains("--out"));
        }
    }
}
