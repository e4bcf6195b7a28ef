//! Pages of the console: how long somebody who is logged in waits for the whole of one.

use crate::Failure;
use crate::client::{Tls, get_with};
use crate::ground::{Ground, HOST, Opened};
use crate::load::{Measured, Target};
use crate::program::Program;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tegata::clock::SystemChance;
use tegata_domain::chance;
use tegata_domain::permit::Role;
use tegata_usecase::invitation::{self, NewInvitation};
use tegata_usecase::login::Attempt;
use tegata_usecase::{Cx, cursor, token};

/// Each page is asked for so many times.
const TIMES: usize = 100;
const PASSWORD: &str = "a passphrase for the benchmark";

/// What one page takes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Page {
    /// Its address, parts that change in braces.
    pub path: String,
    /// Half of the answers were whole within so many milliseconds.
    pub p50_ms: f64,
    /// And 99 of 100.
    pub p99_ms: f64,
}

/// A page's address, and its requests.
pub type Asked = (&'static str, Arc<Vec<Bytes>>);

/// A login of somebody who administers the organisation, as its cookie.
async fn log_in(ground: &Ground, cx: &Cx) -> Result<String, Failure> {
    let actor = token::authenticate(&ground.token, cx).await?;
    let new = NewInvitation { role: Role::Administrator, note: "bench".into() };
    let (_, link) = invitation::create(new, &actor, cx).await?;
    let name = format!("bench-{:08x}", u32::from_be_bytes(chance::bytes(&SystemChance)));
    let attempt = Attempt { source: IpAddr::V4(Ipv4Addr::LOCALHOST), agent: "bench", known: None };
    let opened = invitation::accept(&link, (&name, PASSWORD), attempt, cx).await?;
    Ok(format!("__Host-tegata={}", opened.secret))
}

/// The pages, as somebody comes by them. `devices`: rows and indices of some at random.
pub async fn ask(ground: &Ground, opened: &Opened, devices: &[(i64, u64)]) -> Result<Vec<Asked>, Failure> {
    let cx = &opened.cx;
    let cookie = log_in(ground, cx).await?;
    let get = |path: String| get_with(&path, HOST, &[("accept", "text/html"), ("cookie", &cookie)]);
    let same = |path: String| Arc::new(vec![get(path); TIMES]);
    let mut pages: Vec<Asked> = FIXED.iter().map(|path| (*path, same((*path).to_owned()))).collect();
    let filtered = format!("/console/devices?product={}&stage=shipped", ground.product);
    pages.push(("/console/devices?product={id}&stage=shipped", same(filtered)));
    pages.push(("/console/products/{id}", same(format!("/console/products/{}", ground.product))));
    pages.push(("/console/batches/{id}", same(format!("/console/batches/{}", ground.batch))));
    let (mut own, mut deep) = (Vec::new(), Vec::new());
    for (row, _) in devices.iter().take(TIMES) {
        let number = cx.numbers.number(*row).ok_or("no number key")?;
        own.push(get(format!("/console/devices/{number}")));
        deep.push(get(format!("/console/devices?after={}", cursor::encode(*row, cx)?)));
    }
    pages.push(("/console/devices/{number}", Arc::new(own)));
    pages.push(("/console/devices?after={cursor}", Arc::new(deep)));
    Ok(pages)
}

/// Pages whose address says all.
const FIXED: [&str; 18] = [
    "/console",
    "/console/devices",
    "/console/devices?stage=in_use",
    "/console/devices?condition=quarantined",
    "/console/devices?silent=7",
    "/console/devices?update=waiting",
    "/console/devices?q=no-such-serial",
    "/console/products",
    "/console/batches",
    "/console/releases",
    "/console/campaigns",
    "/console/findings",
    "/console/notices",
    "/console/audit",
    "/console/accounts",
    "/console/tokens",
    "/console/organisation",
    "/ledger",
];

/// Asks for each page over a connection of its own, one request after the other.
pub async fn measure(server: Program, asked: &[Asked], trust: &[u8]) -> Result<(Program, Vec<Page>), Failure> {
    let address = server.https.ok_or("the server has no TLS")?;
    let (mut server, mut pages) = (server, Vec::new());
    for (path, requests) in asked {
        let kept = vec![Tls::connect(address, HOST, trust).await?];
        let mut target = Target::new(server, kept, requests);
        let answered = target.each().await.map_err(|why| format!("{path}: {why}"));
        server = target.leave();
        let Measured { mut took, .. } = answered?;
        let mut at = |percent| took.percentile(percent).ok_or("no answer");
        pages.push(Page { path: (*path).to_owned(), p50_ms: at(50)?, p99_ms: at(99)? });
    }
    Ok((server, pages))
}
