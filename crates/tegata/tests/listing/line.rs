//! The routes of the line and of roll-outs in the console, and the ledger's pages.

use crate::case::Case;
use crate::stock::Stock;
use tegata::wiring::Method;
use tegata_domain::permit::Operation::*;
use tegata_testkit::api::Message;
use tegata_testkit::console;
use tegata_testkit::factory::GTIN;

fn get(path: impl Into<String>) -> Message {
    Message::new("GET", path).header("accept", "text/html")
}

fn form(path: impl Into<String>, with: &[(&str, &str)]) -> Message {
    Message::new("POST", path).body("application/x-www-form-urlencoded", console::fields(with))
}

/// The lines.
pub fn all() -> Vec<Case> {
    [products(), batches(), releases(), campaigns(), findings(), ledger()].into_iter().flatten().collect()
}

fn products() -> Vec<Case> {
    let new = |s: &Stock| {
        let model = s.fresh();
        let with = [
            ("name", "Model"),
            ("model", &*model),
            ("gtin", GTIN),
            ("sector", "other"),
            ("support_end", "2045-03"),
            ("support_reason", ""),
            ("contact", ""),
            ("credential", "unique"),
        ];
        form("/console/products", &with)
    };
    let keys = |s: &Stock| format!("/console/products/{}/keys", s.signed);
    vec![
        Case::page("/console/products", ReadProduct, |_| get("/console/products"))
            .through(&["product/read::list"])
            .stranger(200),
        Case::form("/console/products", CreateProduct, new).through(&["product/register::register"]).stranger(303),
        Case::page("/console/products/{id}", ReadProduct, |s| get(format!("/console/products/{}", s.product)))
            .through(&["product/read::by_uid"]),
        Case::form("/console/products/{id}/keys", CreateReleaseKey, move |s| {
            let key = tegata_keys::signer::Signer::generate_p256().unwrap().0;
            form(keys(s), &[("public_key", &data_encoding::BASE64.encode(key.spki()))])
        })
        .through(&["release/key::register"]),
        Case::form("/console/products/{id}/keys/{key}/end", EndReleaseKey, move |s| {
            form(format!("{}/{}/end", keys(s), s.key), &[])
        })
        .through(&["release/key::end"]),
    ]
}

fn batches() -> Vec<Case> {
    let new = |s: &Stock| {
        let with = [("product", &*s.product), ("quantity", "10"), ("confirmation", "implied"), ("until", "")];
        form("/console/batches", &with)
    };
    vec![
        Case::page("/console/batches", ReadBatch, |_| get("/console/batches"))
            .through(&["batch/read::list_with_products"])
            .stranger(200),
        Case::form("/console/batches", CreateBatch, new).through(&["batch/open::open"]),
        Case::page("/console/batches/{id}", ReadBatch, |s| get(format!("/console/batches/{}", s.batch)))
            .through(&["batch/read::by_uid"]),
        Case::page("/console/live/batches/{id}", ReadBatch, |s| get(format!("/console/live/batches/{}", s.batch)))
            .through(&["batch/read::by_uid"]),
    ]
}

fn releases() -> Vec<Case> {
    vec![
        Case::page("/console/releases", ReadRelease, |_| get("/console/releases"))
            .through(&["release/read::list_with_products"])
            .stranger(200),
        Case::page("/console/releases/{id}", ReadRelease, |s| get(format!("/console/releases/{}", s.release)))
            .through(&["release/read::by_uid_with_product"]),
    ]
}

fn campaigns() -> Vec<Case> {
    let new = |s: &Stock| {
        let with = [
            ("release", &*s.release),
            ("numbers", &s.unit.number),
            ("stage", ""),
            ("version", ""),
            ("percent", ""),
            ("extents", "10, 100"),
            ("success", "90"),
            ("limit", "2"),
            ("at_once", ""),
            ("forced", "1"),
        ];
        form("/console/campaigns", &with)
    };
    let one = |s: &Stock| get(format!("/console/campaigns/{}", s.campaign));
    let live = |s: &Stock| get(format!("/console/live/campaigns/{}", s.campaign));
    let act = |act: &'static str| move |s: &Stock| form(format!("/console/campaigns/{}/{act}", s.campaign), &[]);
    vec![
        Case::page("/console/campaigns", ReadCampaign, |_| get("/console/campaigns"))
            .through(&["campaign/read::list"])
            .stranger(200),
        Case::form("/console/campaigns", CreateCampaign, new).through(&["campaign/create::create"]),
        Case::page("/console/campaigns/new", CreateCampaign, |_| get("/console/campaigns/new")).stranger(200),
        Case::page("/console/campaigns/{id}", ReadCampaign, one)
            .through(&["campaign/read::by_uid", "campaign/read::actions"]),
        Case::form("/console/campaigns/{id}/pause", ChangeCampaign, act("pause")).through(&["campaign/act::act"]),
        Case::form("/console/campaigns/{id}/resume", ChangeCampaign, act("resume")).through(&["campaign/act::act"]),
        // a second time changes nothing
        Case::form("/console/campaigns/{id}/cancel", ChangeCampaign, |s| {
            form(format!("/console/campaigns/{}/cancel", s.doomed), &[("reason", "listed")])
        })
        .through(&["campaign/act::act"]),
        Case::page("/console/live/campaigns/{id}", ReadCampaign, live).through(&["campaign/read::by_uid"]),
    ]
}

fn findings() -> Vec<Case> {
    let close = |s: &Stock| form(format!("/console/findings/{}/close", s.finding), &[("reason", "looked at")]);
    let receive = |s: &Stock| form(format!("/console/notices/{}/receipt", s.notice), &[]);
    vec![
        Case::page("/console/findings", ReadFinding, |_| get("/console/findings"))
            .through(&["finding/read::list"])
            .stranger(200),
        Case::page("/console/findings/{id}", ReadFinding, |s| get(format!("/console/findings/{}", s.finding)))
            .through(&["finding/read::by_uid"]),
        Case::form("/console/findings/{id}/close", CloseFinding, close).through(&["finding/close::close"]),
        Case::page("/console/live/findings", ReadFinding, |_| get("/console/live/findings"))
            .through(&["finding/read::list"])
            .stranger(200),
        Case::page("/console/live/overview", ReadDevice, |_| get("/console/live/overview"))
            .through(&["tally/read::read", "tally/read::curves"])
            .stranger(200),
        Case::page("/console/notices", ReadNotice, |_| get("/console/notices"))
            .through(&["notice/read::list"])
            .stranger(200),
        Case::page("/console/export/{table}", ReadFinding, |_| get("/console/export/findings?as=json"))
            .through(&["finding/read::list"])
            .stranger(200),
        Case::form("/console/notices/{id}/receipt", ReceiveNotice, receive).through(&["notice/receipt::receive"]),
    ]
}

fn ledger() -> Vec<Case> {
    let check = |_: &Stock| form("/ledger/check", &[("proof", "c2sp.org/tlog-proof@v1\n")]);
    vec![
        Case::public("/ledger", |_| get("/ledger")),
        Case::public("/ledger/check", |_| get("/ledger/check")),
        Case { method: Method::Post, ..Case::public("/ledger/check", check) },
    ]
}
