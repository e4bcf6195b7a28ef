//! The story, step by step.

use super::api::Api;
use super::report::{Report, expect};
use super::{Options, Stage, factory, field, ledger};
use serde_json::json;

/// One device of the story: what its body holds, and what the platform said.
pub struct Unit {
    /// Its key and certificates.
    pub identity: tegata_agent::Identity,
    /// Its management number.
    pub number: String,
    /// Which of the products.
    pub product: usize,
}

/// Who plays.
pub struct Player {
    pub(super) api: Api,
    pub(super) device_url: String,
    pub(super) trust: Vec<u8>,
    pub(super) options: Options,
    pub(super) folder: std::path::PathBuf,
}

impl Player {
    /// On a stage that is set up.
    pub fn new(stage: &Stage, trust: Vec<u8>, options: Options) -> Self {
        let names = &stage.server.cx.names;
        Player {
            api: Api::new(&names.public_url, &trust, &stage.first.token),
            device_url: names.device_url.clone(),
            trust,
            options,
            folder: stage.folder.path().to_owned(),
        }
    }

    /// Plays all steps; each runs even when one before did not hold, as far as it can.
    pub fn play(&self) -> Report {
        let mut report = Report::default();
        let ready = self.api.look("/readyz", "application/json").and_then(|a| a.json());
        report.enter("platform", ready.map(|_| json!({ "folder": self.folder.display().to_string() })));
        let products = factory::products(&self.api);
        let products = keep(&mut report, "products", products, |p| json!({ "registered": p.len() }));
        let units = factory::make(self, products.as_deref().unwrap_or_default());
        let mut units = units.unwrap_or_else(|problem| {
            report.enter("factory", Err(problem));
            Vec::new()
        });
        if !units.is_empty() {
            let asked = self.options.devices as usize;
            let all = expect(units.len() == asked, format!("{} of {asked} devices were made", units.len()));
            report.enter("factory", all.map(|()| json!({ "made": units.len() })));
        }
        report.enter("line-refuses", factory::refusals(self, products.as_deref().unwrap_or_default(), &units));
        report.enter("shipping", field::ship(self, &units));
        report.enter("enrolment", field::enrol(self, &mut units));
        report.enter("look-up", field::look_up(self, &units));
        report.enter("quarantine", field::quarantine(self, &mut units));
        report.enter("revocation", field::revoke(self, &units));
        report.enter("retirement", field::retire(self, &units));
        report.enter("ledger", ledger::verify(self, &units));
        show(&mut report, &units);
        report
    }
}

/// Enters a step and keeps what it made.
fn keep<T>(
    report: &mut Report,
    name: &'static str,
    made: Result<T, super::report::Broken>,
    facts: impl Fn(&T) -> serde_json::Value,
) -> Option<T> {
    match made {
        Ok(made) => {
            report.enter(name, Ok(facts(&made)));
            Some(made)
        }
        Err(problem) => {
            report.enter(name, Err(problem));
            None
        }
    }
}

fn show(report: &mut Report, units: &[Unit]) {
    for (index, profile) in factory::PROFILES.iter().enumerate() {
        // the first of each product went through the special acts: show the second, which is in use
        if let Some(unit) = units.iter().filter(|unit| unit.product == index).nth(1) {
            report.show(profile.name, unit.number.clone());
        }
    }
    for (what, index) in [("quarantined, released", 0), ("revoked", 1), ("retired", 2), ("quarantined", 3)] {
        if let Some(unit) = units.get(index) {
            report.show(what, unit.number.clone());
        }
    }
}
