//! The factory's part: five products, a batch each, devices made at the line.

use super::Sabotage;
use super::api::Api;
use super::report::{Broken, expect};
use super::story::{Player, Unit};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tegata_agent::Identity;

/// A product of the story.
pub struct Profile {
    /// Name for people.
    pub name: &'static str,
    model: &'static str,
    gtin: &'static str,
    sector: &'static str,
    support_end: &'static str,
}

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

/// A registered product with its open batch.
pub struct Line {
    batch: String,
}

fn field(value: &Value, name: &str) -> Result<String, Broken> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("the answer has no {name}: {value}").into())
}

/// Registers the five products and opens a batch for each.
pub fn products(api: &Api) -> Result<Vec<String>, Broken> {
    let register = |p: &Profile| {
        let body = json!({
            "name": p.name, "model": p.model, "gtin": p.gtin, "sector": p.sector, "support_end": p.support_end,
            "contact": "security@example.com",
        });
        field(&api.post("/api/v1/products", &body)?.json()?, "id")
    };
    PROFILES.iter().map(register).collect()
}

fn open(api: &Api, product: &str, quantity: usize) -> Result<Line, Broken> {
    let answer = api.post("/api/v1/batches", &json!({ "product": product, "quantity": quantity }))?;
    Ok(Line { batch: field(&answer.json()?, "id")? })
}

/// One request as a line of NDJSON.
fn line(serial: &str, csr: &[u8]) -> String {
    json!({ "serial": serial, "csr": data_encoding::BASE64.encode(csr) }).to_string() + "\n"
}

/// Devices that one request to the line asks for.
const TOGETHER: usize = 50;

/// Makes the devices, in turn of all products, with rate and yield on the terminal.
pub fn make(player: &Player, products: &[String]) -> Result<Vec<Unit>, Broken> {
    expect(!products.is_empty(), "there is no product")?;
    let total = player.options.devices as usize;
    let bar = ProgressBar::new(total as u64);
    let style = ProgressStyle::with_template("     making       {bar:32} {pos}/{len}  {per_sec}  {msg}")?;
    bar.set_style(style);
    let mut units = Vec::with_capacity(total);
    let mut asked = 0;
    for (product, id) in products.iter().enumerate() {
        let quantity = total / products.len() + usize::from(product < total % products.len());
        let batch = open(&player.api, id, quantity)?;
        let mut left = quantity;
        while left > 0 {
            let count = left.min(TOGETHER);
            let first = quantity - left;
            units.extend(some(player, &batch, product, first..first + count)?);
            left -= count;
            asked += count;
            bar.set_position(units.len() as u64);
            bar.set_message(format!("yield {:.1} %", 100.0 * units.len() as f64 / asked as f64));
        }
    }
    bar.finish_and_clear();
    // the special acts of the story take the first four: a pump, a gateway, a meter, a siren
    for (place, product) in [1, 2, 4, 3].into_iter().enumerate() {
        if let Some(found) = units.iter().skip(place).position(|unit| unit.product == product) {
            units.swap(place, place + found);
        }
    }
    Ok(units)
}

fn some(player: &Player, line_of: &Line, product: usize, range: std::ops::Range<usize>) -> Result<Vec<Unit>, Broken> {
    let mut body = String::new();
    let mut identities = Vec::new();
    for index in range {
        let identity = Identity::generate()?;
        let mut csr = identity.request()?;
        if player.options.sabotage == Some(Sabotage::Factory) && product == 0 && index == 0 {
            let last = csr.len() - 1;
            csr[last] ^= 1;
        }
        body += &line(&format!("{}-{index:06}", PROFILES[product].model), &csr);
        identities.push(identity);
    }
    let path = format!("/api/v1/batches/{}/devices", line_of.batch);
    let answer = player.api.send(&path, "application/x-ndjson", body.as_bytes())?;
    expect(answer.status == 200, String::from_utf8_lossy(&answer.body))?;
    let lines = answer.body.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let mut units = Vec::new();
    for (line, mut identity) in lines.zip(identities) {
        let made: Value = serde_json::from_slice(line)?;
        if made["problem"].is_object() {
            continue;
        }
        identity.chain = vec![data_encoding::BASE64.decode(field(&made, "certificate")?.as_bytes())?];
        units.push(Unit { identity, number: field(&made, "number")?, product });
    }
    Ok(units)
}

/// What the line must not get: a key twice, a device too many, a request without proof of possession.
pub fn refusals(player: &Player, products: &[String], units: &[Unit]) -> Result<Value, Broken> {
    let (Some(product), Some(unit)) = (products.first(), units.first()) else {
        return Err("there is no device to try with".into());
    };
    let batch = open(&player.api, product, 1)?;
    let fresh = Identity::generate()?;
    let mut broken = fresh.request()?;
    let last = broken.len() - 1;
    broken[last] ^= 1;
    let (one, two) = (Identity::generate()?.request()?, Identity::generate()?.request()?);
    let body = [
        line("OTHER-1", &unit.identity.request()?),
        line("OTHER-2", &broken),
        "{\"serial\":\"OTHER-3\"\n".to_owned(),
        line("OTHER-4", &one),
        line("OTHER-5", &two),
    ];
    let path = format!("/api/v1/batches/{}/devices", batch.batch);
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
    let findings = player.api.get("/api/v1/findings")?.json()?;
    let kinds: Vec<&str> =
        findings["items"].as_array().into_iter().flatten().filter_map(|f| f["kind"].as_str()).collect();
    for kind in ["key_under_another_serial", "no_possession", "over_quantity"] {
        expect(kinds.contains(&kind), format!("there is no finding {kind}"))?;
    }
    Ok(json!({ "refused": 4, "findings": kinds.len() }))
}
