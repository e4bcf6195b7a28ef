//! The console's overview and devices, as who is logged in reaches them.

use crate::case::Case;
use crate::console::{form, get};
use crate::stock::Stock;
use tegata_domain::permit::Operation::*;

/// The lines.
pub fn all() -> Vec<Case> {
    let path = |s: &Stock, rest: &str| format!("/console/devices/{}{rest}", s.unit.number);
    let act = |s: &Stock| {
        form(format!("/console/devices/{}/act", s.spare_unit().number), &[("act", "quarantine"), ("reason", "listed")])
    };
    // none of anybody: one that is kept ends in a story
    let end = |s: &Stock| form(format!("/console/filters/{}/end", s.world.first.organisation), &[]);
    vec![
        Case::page("/console", ReadDevice, |_| get("/console"))
            .through(&["tally/read::read", "tally/read::curves"])
            .stranger(200),
        Case::page("/console/devices", ReadDevice, |_| get("/console/devices?stage=made&silent="))
            .through(&["device/find::find", "device/count::count", "tally/read::products"])
            .stranger(200),
        Case::page("/console/devices", ReadDevice, |_| get("/console/devices?q=nothing"))
            .through(&["device/find::search"])
            .stranger(200),
        Case::page("/console/devices/{number}", ReadDevice, move |s| get(path(s, ""))).through(&[
            "release/standing::standing",
            "finding/read::of_device",
            "notice/read::of_device",
            "transfer/read::standing",
            "disposal/read::of",
        ]),
        Case::form("/console/devices/{number}/act", QuarantineDevice, act).through(&["device/act::act"]),
        Case::page("/console/devices/{number}/proof/{sequence}", ReadDevice, move |s| get(path(s, "/proof/99")))
            .answers(404),
        Case::page("/console/devices/{number}/certificates/{serial}", ReadDevice, move |s| {
            get(path(s, "/certificates/0"))
        })
        .answers(404),
        Case::form("/console/devices/{number}/transfer", TransferDevice, move |s| {
            form(format!("/console/devices/{}/transfer", s.spare_unit().number), &[("reason", ""), ("to", "")])
        })
        .through(&["transfer/offer::offer"])
        .answers(200),
        Case::form("/console/devices/{number}/transfer/cancel", TransferDevice, move |s| {
            form(path(s, "/transfer/cancel"), &[])
        })
        .through(&["transfer/cancel::cancel"]),
        Case::form("/console/devices/{number}/dispose", DisposeDevice, move |s| {
            form(format!("/console/devices/{}/dispose", s.spare_unit().number), &[("sure", "1")])
        })
        .through(&["disposal/ask::ask"]),
        Case::page("/console/devices/{number}/label", ReadDevice, move |s| get(path(s, "/label")))
            .through(&["device/label::label"]),
        Case::form("/console/filters", KeepFilter, |_| {
            form("/console/filters", &[("name", "listed"), ("query", "stage=in_use&silent=7")])
        })
        .through(&["filter/keep::keep", "filter/read::list"])
        .stranger(303),
        Case::form("/console/filters/{id}/end", KeepFilter, end).through(&["filter/end::end"]).answers(404),
    ]
}

/// Acts on many devices.
pub fn bulks() -> Vec<Case> {
    let one = |s: &Stock, rest: &str| format!("/console/bulks/{}{rest}", s.bulk);
    let new = [("act", "ship"), ("reason", "listed"), ("query", "stage=retired")];
    vec![
        Case::page("/console/bulks", ReadDevice, |_| get("/console/bulks")).through(&["bulk/read::list"]).stranger(200),
        Case::form("/console/bulks", PrepareBulk, move |_| form("/console/bulks", &new))
            .through(&["bulk/create::create"])
            .stranger(303),
        Case::page("/console/bulks/{id}", ReadDevice, move |s| get(one(s, "")))
            .through(&["bulk/read::by_uid", "bulk/read::devices"]),
        // a number that is not the one that is shown
        Case::form("/console/bulks/{id}/start", StartBulk, move |s| form(one(s, "/start"), &[("count", "99")]))
            .through(&["bulk/act::start"])
            .answers(409),
        // one that was never started
        Case::form("/console/bulks/{id}/resume", StartBulk, move |s| form(one(s, "/resume"), &[]))
            .through(&["bulk/act::resume"])
            .answers(409),
        Case::form("/console/bulks/{id}/stop", StopBulk, |s| {
            form(format!("/console/bulks/{}/stop", s.stopped_bulk), &[])
        })
        .through(&["bulk/act::stop"]),
        Case::page("/console/live/bulks/{id}", ReadDevice, move |s| get(format!("/console/live/bulks/{}", s.bulk)))
            .through(&["bulk/read::by_uid"]),
    ]
}
