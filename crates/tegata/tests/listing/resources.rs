//! The routes of the JSON API.

use crate::case::Case;
use crate::stock::Stock;
use serde_json::json;
use tegata::wiring::Method::{Delete, Get, Post};
use tegata_domain::permit::Operation::{self, *};
use tegata_testkit::api::Message;
use tegata_testkit::factory;

fn get(path: impl Into<String>) -> Message {
    Message::new("GET", path)
}

fn post(path: impl Into<String>, body: &serde_json::Value) -> Message {
    Message::new("POST", path).json(body)
}

/// The lines.
pub fn all() -> Vec<Case> {
    let parts = [
        tenants(),
        products(),
        batches(),
        devices(),
        ACTS.into_iter().map(act).collect(),
        releases(),
        campaigns(),
        rest(),
    ];
    parts.into_iter().flatten().collect()
}

fn tenants() -> Vec<Case> {
    let organisation = |s: &Stock| post("/api/v1/organisations", &json!({ "name": s.fresh(), "kinds": ["operator"] }));
    let token = |s: &Stock| post("/api/v1/tokens", &json!({ "name": s.fresh(), "role": "auditor", "days": 1 }));
    vec![
        // a stranger is an administrator too, but not the platform's
        Case::token(Post, "/api/v1/organisations", CreateOrganisation, organisation)
            .through(&["organisation/create::create"])
            .answers(201)
            .stranger(403),
        Case::token(Get, "/api/v1/organisations", ReadOrganisation, |_| get("/api/v1/organisations"))
            .through(&["organisation/read::list", "organisation/read::own"])
            .stranger(200),
        Case::token(Post, "/api/v1/tokens", CreateToken, token)
            .through(&["token/create::create"])
            .answers(201)
            .stranger(201),
        Case::token(Get, "/api/v1/tokens", ReadToken, |_| get("/api/v1/tokens"))
            .through(&["token/read::list"])
            .stranger(200),
        Case::token(Delete, "/api/v1/tokens/{id}", EndToken, |s| {
            Message::new("DELETE", format!("/api/v1/tokens/{}", s.spare_token()))
        })
        .through(&["token/end::end"])
        .answers(204),
        Case::token(Post, "/api/v1/invitations", InviteAccount, |s| {
            post("/api/v1/invitations", &json!({ "note": s.fresh(), "role": "auditor" }))
        })
        .through(&["invitation/create::create"])
        .answers(201)
        .stranger(201),
        Case::token(Get, "/api/v1/invitations", ReadAccount, |_| get("/api/v1/invitations"))
            .through(&["invitation/read::list_after"])
            .stranger(200),
        Case::token(Delete, "/api/v1/invitations/{id}", InviteAccount, |s| {
            Message::new("DELETE", format!("/api/v1/invitations/{}", s.spare_invitation()))
        })
        .through(&["invitation/end::end"])
        .answers(204),
        // the platform itself cannot be erased
        Case::token(Post, "/api/v1/organisations/{id}/erase", EraseOrganisation, |s| {
            post(format!("/api/v1/organisations/{}/erase", s.world.first.organisation), &json!({ "confirm": "all" }))
        })
        .through(&["erasure/erase::erase"])
        .answers(409),
        Case::token(Get, "/api/v1/audit", ReadAudit, |_| get("/api/v1/audit"))
            .through(&["audit/read::list"])
            .stranger(200),
        Case::token(Get, "/api/v1/findings", ReadFinding, |_| get("/api/v1/findings"))
            .through(&["finding/read::list"])
            .stranger(200),
        Case::token(Get, "/api/v1/notices", ReadNotice, |_| get("/api/v1/notices"))
            .through(&["notice/read::list"])
            .stranger(200),
        Case::token(Post, "/api/v1/notices/{id}/receipt", ReceiveNotice, |s| {
            Message::new("POST", format!("/api/v1/notices/{}/receipt", s.notice))
        })
        .through(&["notice/receipt::receive"]),
        Case::token(Get, "/api/v1/contact", ReadOrganisation, |_| get("/api/v1/contact"))
            .through(&["notice/contact::contact"])
            .stranger(200),
        Case::token(Post, "/api/v1/contact", SetContact, |_| {
            post("/api/v1/contact", &json!({ "mail": "owner@example.com", "language": "en" }))
        })
        .through(&["notice/contact::set_contact"])
        .stranger(200),
        Case::token(Post, "/api/v1/findings/{id}/close", CloseFinding, |s| {
            post(format!("/api/v1/findings/{}/close", s.finding), &json!({ "reason": "looked at" }))
        })
        .through(&["finding/close::close"]),
    ]
}

fn products() -> Vec<Case> {
    vec![
        Case::token(Post, "/api/v1/products", CreateProduct, |s| {
            post("/api/v1/products", &factory::new_product(&s.fresh()))
        })
        .through(&["product/register::register"])
        .answers(201)
        .stranger(201),
        Case::token(Get, "/api/v1/products", ReadProduct, |_| get("/api/v1/products"))
            .through(&["product/read::list"])
            .stranger(200),
        Case::token(Get, "/api/v1/products/{id}", ReadProduct, |s| get(format!("/api/v1/products/{}", s.product)))
            .through(&["product/read::by_uid"]),
    ]
}

fn batches() -> Vec<Case> {
    vec![
        Case::token(Post, "/api/v1/batches", CreateBatch, |s| {
            post("/api/v1/batches", &json!({ "product": s.product, "quantity": 10 }))
        })
        .through(&["batch/open::open"])
        .answers(201),
        Case::token(Get, "/api/v1/batches", ReadBatch, |_| get("/api/v1/batches"))
            .through(&["batch/read::list"])
            .stranger(200),
        Case::token(Get, "/api/v1/batches/{id}", ReadBatch, |s| get(format!("/api/v1/batches/{}", s.batch)))
            .through(&["batch/read::by_uid"]),
        Case::token(Post, "/api/v1/batches/{id}/devices", MakeDevice, |s| {
            factory::lines(&s.batch, factory::line(&s.fresh(), &factory::csr(&factory::key())))
        })
        .through(&["device/make::ticket", "device/make::make"]),
        Case::token(Post, "/api/v1/batches/{id}/confirmations", ConfirmDevice, |s| {
            let line = json!({ "number": s.unit.number }).to_string();
            Message::new("POST", format!("/api/v1/batches/{}/confirmations", s.batch))
                .body("application/x-ndjson", line)
        })
        .through(&["device/confirm::readback", "device/confirm::confirm"]),
    ]
}

fn devices() -> Vec<Case> {
    let of = |s: &Stock, rest: &str| get(format!("/api/v1/devices/{}{rest}", s.unit.number));
    vec![
        Case::token(Get, "/api/v1/devices", ReadDevice, |_| get("/api/v1/devices"))
            .through(&["device/read::list"])
            .stranger(200),
        Case::token(Get, "/api/v1/devices", ReadDevice, |s| {
            get(format!("/api/v1/devices?product={}&serial={}", s.product, s.unit.serial))
        })
        .through(&["device/read::by_serial"])
        .stranger(200),
        Case::token(Get, "/api/v1/devices/{number}", ReadDevice, move |s| of(s, "")).through(&[
            "device/read::by_number",
            "device/read::certificates",
            "disposal/read::of",
        ]),
        Case::token(Get, "/api/v1/devices/{number}/events", ReadDevice, move |s| of(s, "/events"))
            .through(&["device/read::events"]),
        Case::token(Get, "/api/v1/devices/{number}/events/{sequence}/proof", ReadDevice, move |s| {
            of(s, "/events/1/proof")
        })
        .through(&["ledger/prove::prove"]),
        Case::token(Get, "/api/v1/devices/{number}/label.svg", ReadDevice, move |s| of(s, "/label.svg"))
            .through(&["device/label::label"]),
        Case::token(Post, "/api/v1/devices/{number}/token", IssueTargetToken, |s| {
            post(format!("/api/v1/devices/{}/token", s.unit.number), &json!({}))
        })
        .through(&["target_token/issue::issue"]),
    ]
}

/// Every act, the right that it takes, and what a device fresh from the line answers.
const ACTS: [(&str, Operation, u16); 9] = [
    ("confirm", ConfirmDevice, 200),
    ("ship", ShipDevice, 200),
    ("receive", ReceiveDevice, 200),
    ("install", InstallDevice, 200),
    ("quarantine", QuarantineDevice, 200),
    // nothing holds it: permitted, but its life forbids
    ("release", ReleaseDevice, 409),
    ("repair", RepairDevice, 200),
    ("recall", RecallDevice, 200),
    ("retire", RetireDevice, 200),
];

fn act((act, operation, done): (&'static str, Operation, u16)) -> Case {
    let call = move |s: &Stock| post(format!("/api/v1/devices/{}/{act}", s.spare_unit().number), &json!({}));
    Case::token(Post, "/api/v1/devices/{number}/{act}", operation, call).through(&["device/act::act"]).answers(done)
}

#[test]
fn every_act_is_listed() {
    let known: Vec<&str> = tegata_usecase::device::Act::all().map(|(name, _)| name).collect();
    assert_eq!(ACTS.map(|(name, ..)| name).to_vec(), known);
}

fn releases() -> Vec<Case> {
    let keys = |s: &Stock| format!("/api/v1/products/{}/keys", s.signed);
    vec![
        Case::token(Post, "/api/v1/products/{id}/keys", CreateReleaseKey, move |s| {
            let key = tegata_keys::signer::Signer::generate_p256().unwrap().0;
            post(keys(s), &json!({ "public_key": data_encoding::BASE64.encode(key.spki()) }))
        })
        .through(&["release/key::register"])
        .answers(201),
        Case::token(Get, "/api/v1/products/{id}/keys", ReadReleaseKey, move |s| get(keys(s)))
            .through(&["release/key::keys"]),
        Case::token(Delete, "/api/v1/products/{id}/keys/{key}", EndReleaseKey, move |s| {
            Message::new("DELETE", format!("{}/{}", keys(s), s.key))
        })
        .through(&["release/key::end"])
        .answers(204),
        Case::token(Post, "/api/v1/releases", PublishRelease, |s| factory::release(&s.product, &s.fresh(), &[]))
            .through(&["release/publish::upload", "release/publish::write", "release/publish::publish"])
            .answers(201),
        Case::token(Post, "/api/v1/releases", PublishOlderRelease, |s| {
            factory::release(&s.product, &s.fresh(), &[("allow_older", "true")])
        })
        .through(&["release/publish::publish"])
        .answers(201),
        Case::token(Get, "/api/v1/releases", ReadRelease, |_| get("/api/v1/releases"))
            .through(&["release/read::list"])
            .stranger(200),
        Case::token(Get, "/api/v1/releases/{id}", ReadRelease, |s| get(format!("/api/v1/releases/{}", s.release)))
            .through(&["release/read::by_uid"]),
    ]
}

fn campaigns() -> Vec<Case> {
    let act = |act: &'static str, campaign: fn(&Stock) -> &str| {
        Case::token(Post, "/api/v1/campaigns/{id}/{act}", ChangeCampaign, move |s| {
            post(format!("/api/v1/campaigns/{}/{act}", campaign(s)), &json!({}))
        })
        .through(&["campaign/act::act"])
    };
    vec![
        Case::token(Post, "/api/v1/campaigns", CreateCampaign, |s| {
            post("/api/v1/campaigns", &json!({ "release": s.release, "select": { "numbers": [s.unit.number] } }))
        })
        .through(&["campaign/create::create"])
        .answers(201),
        Case::token(Get, "/api/v1/campaigns", ReadCampaign, |_| get("/api/v1/campaigns"))
            .through(&["campaign/read::list"])
            .stranger(200),
        Case::token(Get, "/api/v1/campaigns/{id}", ReadCampaign, |s| get(format!("/api/v1/campaigns/{}", s.campaign)))
            .through(&["campaign/read::by_uid"]),
        Case::token(Get, "/api/v1/campaigns/{id}/actions", ReadCampaign, |s| {
            get(format!("/api/v1/campaigns/{}/actions", s.campaign))
        })
        .through(&["campaign/read::actions"]),
        act("pause", |s| &s.campaign),
        act("resume", |s| &s.campaign),
        // a second time changes nothing
        act("cancel", |s| &s.doomed),
    ]
}

fn rest() -> Vec<Case> {
    let of = |s: &Stock, act: &str| post(format!("/api/v1/devices/{}/{act}", s.spare_unit().number), &json!({}));
    vec![
        Case::token(Post, "/api/v1/devices/{number}/transfer", TransferDevice, move |s| of(s, "transfer"))
            .through(&["transfer/offer::offer"]),
        Case::token(Post, "/api/v1/devices/{number}/transfer/cancel", TransferDevice, move |s| {
            of(s, "transfer/cancel")
        })
        .through(&["transfer/cancel::cancel"])
        .answers(204),
        Case::token(Get, "/api/v1/devices/{number}/scans", ReadDevice, |s| {
            get(format!("/api/v1/devices/{}/scans", s.unit.number))
        })
        .through(&["scan/read::of"]),
        Case::token(Post, "/api/v1/devices/{number}/exempt", ExemptCode, |s| {
            post(format!("/api/v1/devices/{}/exempt", s.unit.number), &json!({ "until": null }))
        })
        .through(&["scan/exempt::exempt"]),
        Case::token(Get, "/api/v1/devices/{number}/reports", ReadFinding, |s| {
            get(format!("/api/v1/devices/{}/reports", s.unit.number))
        })
        .through(&["report/read::list"]),
        Case::token(Post, "/api/v1/devices/{number}/dispose", DisposeDevice, move |s| of(s, "dispose"))
            .through(&["disposal/ask::ask"]),
        // a code that opens nothing: whoever may claim is told so
        Case::token(Post, "/api/v1/claims", ClaimDevice, |_| {
            post("/api/v1/claims", &json!({ "code": "0000-0000-0000-0000" }))
        })
        .through(&["transfer/claim::claim"])
        .answers(404),
        Case::token(Post, "/api/v1/certificates/{serial}/revoke", RevokeCertificate, |s| {
            let serial = factory::serial(&s.spare_unit().identity.chain[0]);
            post(format!("/api/v1/certificates/{serial}/revoke"), &json!({}))
        })
        .through(&["revocation/revoke::revoke"]),
        Case::public("/api/openapi.json", |_| get("/api/openapi.json")),
    ]
}
