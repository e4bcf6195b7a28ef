//! The field: devices that enrol and renew over EST, and people who act upon others.

use crate::memory::Memory;
use crate::target::Target;
use serde_json::json;
use tegata_testkit::api::Message;
use tegata_testkit::factory::{self, Unit, new_product};
use tegata_testkit::{Est, EstError, wait};

/// A device to work on. `None` when none was made before the server died.
fn unit(target: &Target, memory: &Memory) -> Option<Unit> {
    wait::until("a made device, or the end of the server", || match memory.take() {
        Some(unit) => Some(Some(unit)),
        None => target.api.send(Message::new("GET", "/healthz")).err().map(|_| None),
    })
}

/// Enrols devices, one after the other, each over its own connection.
#[derive(Default)]
pub struct Enroller {
    /// Its answer did not come: enrols again.
    cut: Option<Unit>,
}

impl Enroller {
    /// Works until the connection breaks.
    pub fn work(&mut self, target: &Target, memory: &Memory) {
        while let Some(unit) = self.cut.take().or_else(|| unit(target, memory)) {
            self.cut = enrol(target, memory, unit);
            if self.cut.is_some() {
                return;
            }
        }
    }
}

/// Enrols under the IDevID, then renews under what came; gives the unit back when the server died first.
pub fn enrol(target: &Target, memory: &Memory, mut unit: Unit) -> Option<Unit> {
    let csr = factory::csr(&unit.identity);
    let ask = |unit: &Unit, renew: bool| {
        let url = format!("https://localhost:{}", target.at.port());
        let est = Est::new(&url, std::slice::from_ref(&target.trust), Some(&unit.identity));
        if renew { est.renew(&csr) } else { est.enrol(&csr) }
    };
    for renew in [false, true] {
        match ask(&unit, renew) {
            Ok(chain) => {
                memory.known().enrolled.push((unit.number.clone(), chain[0].clone()));
                if !renew {
                    unit.identity.chain = chain;
                }
            }
            Err(EstError::Refused { status, detail }) if !target.puts_off(status) => {
                panic!("{}: EST answered {status}: {detail}", unit.serial)
            }
            // after a renewal that was cut the unit is left in peace: it holds its first operational certificate
            Err(_) if renew => return None,
            Err(_) => return Some(unit),
        }
    }
    None
}

/// Acts upon devices, revokes, registers products.
#[derive(Default)]
pub struct Actor {
    products: usize,
}

/// The act, and the event that tells of it.
const ACTS: [(&str, &str); 3] = [("ship", "shipped"), ("quarantine", "quarantined"), ("release", "released")];
/// A product comes after so many devices.
const PRODUCT_EVERY: usize = 3;

impl Actor {
    /// Works until the connection breaks.
    pub fn work(&mut self, target: &Target, memory: &Memory) {
        for count in 0.. {
            if count % PRODUCT_EVERY == 0 && self.register(target, memory).is_none() {
                return;
            }
            let Some(unit) = unit(target, memory) else { return };
            if act(target, memory, &unit).is_none() {
                return;
            }
        }
    }

    /// Registers a product. Asked again under the same key, it is the same.
    pub fn register(&mut self, target: &Target, memory: &Memory) -> Option<()> {
        let model = format!("CRASH-{}", self.products);
        let message = Message::new("POST", "/api/v1/products").json(&new_product(&model));
        let answer = target.ask(message.header("idempotency-key", model.clone()), 201).ok()?;
        memory.known().products.push((model, factory::id(&answer)));
        self.products += 1;
        Some(())
    }
}

/// Ships, quarantines, releases and revokes; `None` when the server died.
pub fn act(target: &Target, memory: &Memory, unit: &Unit) -> Option<()> {
    for (act, kind) in ACTS {
        let path = format!("/api/v1/devices/{}/{act}", unit.number);
        let answer = target.ask(Message::new("POST", path).json(&json!({})), 200).ok()?.json();
        let sequence = answer["sequence"].as_u64().expect("a sequence number");
        memory.known().acts.push((unit.number.clone(), kind, sequence));
    }
    let idevid = &unit.identity.chain[0];
    let path = format!("/api/v1/certificates/{}/revoke", factory::serial(idevid));
    target.ask(Message::new("POST", path).json(&json!({})), 200).ok()?;
    memory.known().revoked.push((unit.number.clone(), idevid.clone()));
    Some(())
}
