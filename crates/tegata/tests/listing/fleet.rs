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
        Case::page("/console/devices/{number}", ReadDevice, move |s| get(path(s, "")))
            .through(&["release/standing::standing", "finding/read::of_device"]),
        Case::form("/console/devices/{number}/act", QuarantineDevice, act).through(&["device/act::act"]),
        Case::page("/console/devices/{number}/proof/{sequence}", ReadDevice, move |s| get(path(s, "/proof/99")))
            .answers(404),
        Case::page("/console/devices/{number}/certificates/{serial}", ReadDevice, move |s| {
            get(path(s, "/certificates/0"))
        })
        .answers(404),
        Case::form("/console/filters", KeepFilter, |_| {
            form("/console/filters", &[("name", "listed"), ("query", "stage=in_use&silent=7")])
        })
        .through(&["filter/keep::keep", "filter/read::list"])
        .stranger(303),
        Case::form("/console/filters/{id}/end", KeepFilter, end).through(&["filter/end::end"]).answers(404),
    ]
}
