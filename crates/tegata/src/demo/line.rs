//! The factory's part: five products, a batch each, units made by the station's own program code.

use super::Sabotage;
use super::api::field;
use super::report::{Broken, expect};
use super::story::{Owner, Player, Unit};
use serde_json::{Value, json};
use std::time::Duration;
use tegata_agent::Identity;
use tegata_keys::vault::{DeviceKey, FolderVault, KeyMaker, VaultError};
use tegata_station::chance::SystemChance;
use tegata_station::check::{Against, finished};
use tegata_station::line::figures::Figures;
use tegata_station::line::plan::Plan;
use tegata_station::line::{Line, Order};
use tegata_station::platform::Platform;
use tegata_station::unit::{self, KEY};

/// A product of the story.
pub struct Profile {
    /// Name for people.
    pub name: &'static str,
    model: &'static str,
    gtin: &'static str,
    sector: &'static str,
    support_end: &'static str,
}

/// The place of the camera in the list.
pub const CAMERA: usize = 0;
/// The place of the infusion pump in the list.
pub const PUMP: usize = 1;

/// The five devices that the source talk names.
pub const PROFILES: [Profile; 5] = [
    Profile {
        name: "Network camera",
        model: "EW-C210",
        gtin: "04512345678906",
        sector: "camera",
        support_end: "2033-03",
    },
    Profile {
        name: "Infusion pump",
        model: "EW-P40",
        gtin: "04512345678913",
        sector: "infusion_pump",
        support_end: "2038-12",
    },
    Profile {
        name: "Bus gateway",
        model: "EW-G8",
        gtin: "04512345678920",
        sector: "vehicle_gateway",
        support_end: "2036-06",
    },
    Profile { name: "Warning siren", model: "EW-S1", gtin: "04512345678937", sector: "siren", support_end: "2041-03" },
    Profile {
        name: "Smart meter",
        model: "EW-M5",
        gtin: "04512345678944",
        sector: "smart_meter",
        support_end: "2036-12",
    },
];

/// Registers the five products. Each unit has a password of its own, to be changed when it is installed.
pub fn products(player: &Player) -> Result<Vec<String>, Broken> {
    let register = |p: &Profile| {
        let body = json!({
            "name": p.name, "model": p.model, "gtin": p.gtin, "sector": p.sector, "support_end": p.support_end,
            "contact": "security@example.com", "credential": "unique_and_changed",
        });
        field(&player.api.post("/api/v1/products", &body)?.json()?, "id")
    };
    PROFILES.iter().map(register).collect()
}

/// Opens a batch; `confirmation` is required or implied.
fn open(player: &Player, product: &str, quantity: usize, confirmation: &str) -> Result<String, Broken> {
    let asked = json!({ "product": product, "quantity": quantity, "confirmation": confirmation });
    field(&player.api.post("/api/v1/batches", &asked)?.json()?, "id")
}

/// Keys in the folders of units; on request, one unit shows another's key when it is read back.
struct Vault {
    keys: FolderVault,
    swapped: Option<String>,
}

impl KeyMaker for Vault {
    fn create(&self, label: &str) -> Result<Box<dyn DeviceKey>, VaultError> {
        self.keys.create(label)
    }

    fn open(&self, label: &str) -> Result<Option<Box<dyn DeviceKey>>, VaultError> {
        if self.swapped.as_deref() == Some(label) {
            return self.keys.create(".other").map(Some);
        }
        self.keys.open(label)
    }
}

/// Makes the units of all products, one line after another: a folder each, read back, confirmed, labelled.
pub fn make(player: &Player, products: &[String], units: &mut Vec<Unit>) -> Result<Value, Broken> {
    let token = json!({ "name": "line", "role": "station", "days": 1 });
    let token = field(&player.api.post("/api/v1/tokens", &token)?.json()?, "token")?;
    let platform = Platform::new(&player.device_url, std::slice::from_ref(&player.trust), &token);
    let total = player.options.devices as usize;
    let mut whole = Figures { planned: total, ..Figures::default() };
    for (product, id) in products.iter().enumerate() {
        let quantity = total / products.len() + usize::from(product < total % products.len());
        let (figures, made) = run(player, &platform, (product, id), quantity)?;
        whole.took += figures.took;
        whole.made += figures.made;
        whole.confirmed += figures.confirmed;
        whole.requests.extend(figures.requests);
        whole.refused.extend(figures.refused);
        whole.stopped = whole.stopped.or(figures.stopped);
        units.extend(made);
    }
    specials(units);
    if let Some(refused) = whole.refused.first() {
        return Err(format!("{} was refused: {}", refused.serial, refused.problem["detail"]).into());
    }
    expect(whole.is_whole(), format!("{} of {total} are finished: {:?}", whole.confirmed, whole.stopped))?;
    for unit in units.iter().take(SPECIALS.len()) {
        check(player, unit)?;
    }
    let tenth = |number: f64| (number * 10.0).round() / 10.0;
    Ok(json!({
        "made": whole.made, "confirmed": whole.confirmed, "per_second": tenth(whole.rate()),
        "yield_percent": tenth(whole.good()), "p99_ms": tenth(whole.p99_ms()),
    }))
}

/// The products of the first units, which the special acts of the story take: cloned, revoked, retired, held, and the
/// camera whose password nobody changes.
const SPECIALS: [usize; 5] = [PUMP, 2, 4, 3, CAMERA];

fn specials(units: &mut [Unit]) {
    for (place, product) in SPECIALS.into_iter().enumerate() {
        if let Some(found) = units.iter().skip(place).position(|unit| unit.product == product) {
            units.swap(place, place + found);
        }
    }
}

fn run(
    player: &Player,
    platform: &Platform,
    (product, id): (usize, &str),
    quantity: usize,
) -> Result<(Figures, Vec<Unit>), Broken> {
    let prefix = format!("{}-", PROFILES[product].model);
    let plan = Plan { prefix, first: 1, count: Some(quantity), serials: None };
    let serials = plan.serials()?;
    let out = player.folder.join("units").join(PROFILES[product].model);
    std::fs::create_dir_all(&out)?;
    let broken = player.options.sabotage == Some(Sabotage::Line) && product == CAMERA;
    let swapped = serials.last().filter(|_| broken).map(|serial| unit::folder_name(serial));
    let vault = Vault { keys: FolderVault::new(&out, KEY), swapped };
    let order = Order {
        out: out.clone(),
        batch: open(player, id, quantity, "required")?,
        together: 50,
        patience: Duration::from_secs(30),
        root: Some(player.root.clone()),
    };
    let line = Line { order, platform, vault: &vault, chance: &SystemChance };
    let figures = line.run(&serials);
    let mut made = Vec::new();
    for serial in &serials {
        let unit = unit::Unit::of(&out, serial);
        if unit.is_done() {
            made.push(Unit { number: unit.device()?.number, product, owner: Owner::Maker, folder: unit.folder });
        }
    }
    Ok((figures, made))
}

/// What the next machine does: reads a folder, and sees whether it is whole.
fn check(player: &Player, unit: &Unit) -> Result<(), Broken> {
    let folder = unit::Unit::at(&unit.folder)?;
    let out = unit.folder.parent().ok_or("a unit without a line")?;
    let vault = FolderVault::new(out, KEY);
    Ok(finished(&folder, &Against { vault: &vault, root: Some(&player.root), chance: &SystemChance })?)
}

/// One request as a line of NDJSON.
fn line(serial: &str, csr: &[u8]) -> String {
    json!({ "serial": serial, "csr": data_encoding::BASE64.encode(csr) }).to_string() + "\n"
}

/// What the line must not get: a key twice, a device too many, a request without proof of possession.
pub fn refusals(player: &Player, products: &[String], units: &[Unit]) -> Result<Value, Broken> {
    let (Some(product), Some(unit)) = (products.first(), units.first()) else {
        return Err("there is no device to try with".into());
    };
    let batch = open(player, product, 1, "implied")?;
    let mut broken = Identity::generate()?.request()?;
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let (one, two) = (Identity::generate()?.request()?, Identity::generate()?.request()?);
    let body = [
        line("OTHER-1", &unit.idevid(player)?.request()?),
        line("OTHER-2", &broken),
        "{\"serial\":\"OTHER-3\"\n".to_owned(),
        line("OTHER-4", &one),
        line("OTHER-5", &two),
    ];
    let path = format!("/api/v1/batches/{batch}/devices");
    let answer = player.api.send(&path, "application/x-ndjson", body.concat().as_bytes())?;
    let lines: Vec<Value> = answer
        .body
        .split(|b| *b == b'\n')
        .filter(|line| !line.is_empty())
        .map(serde_json::from_slice)
        .collect::<Result<_, _>>()?;
    let problem = |i: usize| {
        let kind = lines.get(i).and_then(|line| line["problem"]["type"].as_str()).unwrap_or("made");
        kind.rsplit(':').next().unwrap_or_default().to_owned()
    };
    let got: Vec<String> = (0..5).map(problem).collect();
    let expected = ["key_under_another_serial", "no_possession", "json", "made", "over_quantity"];
    expect(got == expected, format!("the line answered {got:?}"))?;
    let findings = player.api.all("/api/v1/findings")?;
    let kinds: Vec<&str> = findings.iter().filter_map(|f| f["kind"].as_str()).collect();
    for kind in ["key_under_another_serial", "no_possession", "over_quantity"] {
        expect(kinds.contains(&kind), format!("there is no finding {kind}"))?;
    }
    Ok(json!({ "refused": 4, "findings": kinds.len() }))
}
