//! Somebody says that something is wrong with a device. It changes nothing of the device: owner and maker hear of it.

use crate::address::Quota;
use crate::cx::Inner;
use crate::device;
use crate::error::{Error, Kind, Result};
use serde_json::json;
use std::net::IpAddr;
use std::time::Duration;
use tegata_domain::change::{Change, Refused, Write};
use tegata_domain::finding::{Finding, FindingKind};
use tegata_domain::number::Number;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::report::{Report, ReportKind, TEXT_MAX, Tongue, words};
use tegata_store::SaveError;

/// Reports a day from one network.
const A_NETWORK: u32 = 5;
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How often people from one network reported.
pub struct Reporters(Quota);

impl Default for Reporters {
    fn default() -> Self {
        Reporters(Quota::new(A_NETWORK, DAY))
    }
}

/// What somebody says.
#[derive(Debug, Clone)]
pub struct Said {
    /// What is wrong, in a word.
    pub kind: ReportKind,
    /// The same in own words.
    pub text: String,
    /// The language of the page.
    pub language: Tongue,
}

/// Takes a report about a device from somebody at `address`.
#[tracing::instrument(target = "tegata::trace", level = "trace", name = "report::enter", skip_all)]
pub async fn enter(number: Number, said: Said, address: IpAddr, cx: &Inner) -> Result<()> {
    let device = device::load(number, cx).await.map_err(|_| Error::not_found("number in the register"))?;
    let form = || Error::invalid("report", format!("a report has 1 to {TEXT_MAX} characters"));
    let text = words(&said.text).ok_or_else(form)?;
    let now = cx.now()?;
    if !cx.reporters.0.take(address, now, cx) {
        return Err(too_many("there were enough reports from this network today; try again tomorrow"));
    }
    let permit = Actor::Platform.permit(Operation::EnterReport, &device)?;
    let (uid, kind) = (cx.uid(now), said.kind);
    let report = Report { uid, device: device.row, at: now, language: said.language, kind, text };
    let mut writes = vec![Write::Report(report)];
    let maker = (device.maker != device.owner).then_some(device.maker);
    for organisation in std::iter::once(device.owner).chain(maker) {
        let finding = FindingKind::ProblemReported;
        writes.push(Write::FindingOpen(Finding {
            uid: cx.uid(now),
            organisation,
            device: Some(device.row),
            batch: None,
            kind: finding.name().to_owned(),
            level: finding.level(),
            at: now,
            // the words stand with the report: a finding holds no personal data
            data: json!({ "kind": kind.name() }),
            closed: None,
        }));
    }
    match cx.store.save(Change::of(number.masked(), writes), &permit, now).await {
        Err(SaveError::Refused(Refused::Full)) => {
            Err(too_many("there were enough reports about this device today; try again tomorrow"))
        }
        other => Ok(other?),
    }
}

fn too_many(text: &str) -> Error {
    Error::new(Kind::Throttled, "too_many", text)
}
