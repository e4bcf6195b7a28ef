//! The story, step by step.

use super::api::Api;
use super::release::Desk;
use super::report::{Broken, Report};
use super::{Options, Stage, backup, disposal, field, ledger, line, release, sale, twin};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::OnceLock;
use tegata_usecase::platform::{self, HTTPS_CA_FILE, OUTBOX, ROOT_FILE};

/// Whose a device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The factory.
    Maker,
    /// Somebody at home.
    Household,
    /// Who runs many.
    Operator,
}

/// One device of the story: what its body holds, and what the platform said.
pub struct Unit {
    /// The folder that the line filled; the body's disk from then on.
    pub folder: PathBuf,
    /// Its management number.
    pub number: String,
    /// Which of the products.
    pub product: usize,
    /// Whose it is now.
    pub owner: Owner,
}

/// Who plays.
pub struct Player {
    /// The maker, who runs the platform too.
    pub(super) api: Api,
    household: OnceLock<Api>,
    operator: OnceLock<Api>,
    pub(super) device_url: String,
    /// The platform's HTTPS authority, DER.
    pub(super) trust: Vec<u8>,
    pub(super) trust_file: PathBuf,
    /// The platform's device root, DER.
    pub(super) root: Vec<u8>,
    pub(super) options: Options,
    /// The demo's folder.
    pub(super) folder: PathBuf,
    /// The platform's data folder.
    pub(super) data: PathBuf,
    pub(super) runtime: tokio::runtime::Handle,
}

impl Player {
    /// On a stage that is set up.
    pub fn new(stage: &Stage, trust: Vec<u8>, options: Options) -> Result<Self, Broken> {
        let (names, data) = (&stage.server.cx.names, stage.first.folder.clone());
        let root = platform::from_pem(&std::fs::read_to_string(data.join(ROOT_FILE))?).ok_or("no device root")?;
        Ok(Player {
            api: Api::new(&names.public_url, &trust, &stage.first.token),
            household: OnceLock::new(),
            operator: OnceLock::new(),
            device_url: names.device_url.clone(),
            trust,
            trust_file: data.join(HTTPS_CA_FILE),
            root,
            options,
            folder: stage.folder.path().to_owned(),
            data,
            runtime: tokio::runtime::Handle::current(),
        })
    }

    /// The client of an owner; the maker's for one who has not come.
    pub fn of(&self, owner: Owner) -> &Api {
        let theirs = match owner {
            Owner::Maker => None,
            Owner::Household => self.household.get(),
            Owner::Operator => self.operator.get(),
        };
        theirs.unwrap_or(&self.api)
    }

    /// An owner comes.
    pub fn enter(&self, owner: Owner, api: Api) -> Result<(), Broken> {
        let place = match owner {
            Owner::Maker => return Err("the maker is there already".into()),
            Owner::Household => &self.household,
            Owner::Operator => &self.operator,
        };
        place.set(api).map_err(|_| "this owner is there already".into())
    }

    /// Its owner does something with a device.
    pub fn act(&self, unit: &Unit, act: &str, body: &Value) -> Result<Value, Broken> {
        self.of(unit.owner).post(&format!("/api/v1/devices/{}/{act}", unit.number), body)?.json()
    }

    /// Where letters lie.
    pub fn outbox(&self) -> PathBuf {
        self.data.join(OUTBOX)
    }

    /// Plays all steps; each runs even when one before did not hold, as far as it can.
    pub fn play(&self) -> Report {
        let mut report = Report::default();
        let ready = self.api.look("/readyz", "application/json").and_then(|a| a.json());
        report.enter("platform", ready.map(|_| json!({ "folder": self.folder.display().to_string() })));
        let registered = line::products(self).and_then(|all| Ok((Desk::set_up(self, &all)?, all)));
        let (desk, products, facts) = match registered {
            Ok((desk, all)) => {
                let facts = json!({ "registered": all.len(), "release_keys": all.len() });
                (Some(desk), all, Ok(facts))
            }
            Err(problem) => (None, Vec::new(), Err(problem)),
        };
        report.enter("products", facts);
        let mut units = Vec::new();
        let made = line::make(self, &products, &mut units);
        report.enter("line", made);
        report.enter("line-refuses", line::refusals(self, &products, &units));
        report.enter("shipping", sale::ship(self, &mut units));
        report.enter("sale", sale::sell(self, &mut units));
        report.enter("installation", field::install(self, &mut units));
        report.enter("look-up", field::look_up(self, &units));
        let no_key = || Broken::from("there is no key that signs releases");
        let of = |product: usize| desk.as_ref().zip(products.get(product)).ok_or_else(no_key);
        let rolled = of(line::CAMERA).and_then(|(desk, product)| release::roll(self, desk, product, &units));
        let (facts, campaign) = rolled.map_or_else(|problem| (Err(problem), None), |(facts, id)| (Ok(facts), Some(id)));
        report.enter("release", facts);
        report.show_campaign(campaign);
        report.enter("clone", of(line::PUMP).and_then(|(desk, product)| twin::clone(self, desk, product, &units)));
        report.enter("quarantine", field::quarantine(self, &units));
        report.enter("revocation", field::revoke(self, &units));
        report.enter("disposal", disposal::dispose(self, &units));
        report.enter("ledger", ledger::verify(self, &units));
        report.enter("backup", backup::restore(self, &units));
        show(&mut report, &units);
        report
    }
}

fn show(report: &mut Report, units: &[Unit]) {
    for (index, profile) in line::PROFILES.iter().enumerate() {
        // the first of each product went through the special acts: show the second, which is in use
        if let Some(unit) = units.iter().filter(|unit| unit.product == index).nth(1) {
            report.show(profile.name, unit.number.clone());
        }
    }
    let special = ["cloned, released", "revoked", "retired", "quarantined", "initial password"];
    for (what, unit) in special.into_iter().zip(units) {
        report.show(what, unit.number.clone());
    }
}
