//! `tegata-agent status`: how the device is, from its folder alone; nobody is asked.

use super::{Show, show};
use crate::cx::Cx;
use crate::error::Result;
use crate::{credential, enrol, erase, head, heartbeat, release, status, update};
use serde_json::{Value, json};
use tegata_domain::time::Timestamp;
use tegata_wire::devid;

pub(super) fn run(command: &Show) -> Result<u8> {
    let cx = command.place.open()?;
    show(&gather(&cx), command.json);
    Ok(0)
}

fn gather(cx: &Cx) -> Value {
    let kept = status::read(cx);
    let running = release::running(cx).unwrap_or_else(|why| Some(format!("not known: {why}")));
    let under_way = update::read(cx).map(|update| format!("{} ({:?})", update.version, update.phase).to_lowercase());
    json!({
        "number": heartbeat::number(cx).ok().flatten(),
        "life": life(cx),
        "version": running,
        "security_version": release::floor(cx),
        "certificate": certificate(cx),
        "credential": credential::read(cx).ok().flatten().map(credential::Credential::name),
        "last_heard": kept.heard_at.map(|at| Timestamp::from_millis(at).rfc3339()),
        "events_seen": head::read(cx).map(|head| head.sequence),
        "update": under_way,
        "last_update": kept.update,
        "waits_for_consent": update::asked(cx),
        "held_back": kept.held,
        "fork": kept.fork,
        "problem": kept.problem,
    })
}

fn life(cx: &Cx) -> &'static str {
    match erase::state(cx) {
        Ok(erase::State::Done) => "erased; the receipt is in erasure.json",
        Ok(erase::State::UnderWay) => "erasure under way",
        Ok(erase::State::None) => "in use",
        Err(_) => "not known: erasure.json is unreadable",
    }
}

fn certificate(cx: &Cx) -> String {
    let (identity, operational) = match enrol::operational(cx) {
        Ok(Some((identity, _))) => (identity, true),
        _ => match enrol::idevid(cx) {
            Ok(identity) => (identity, false),
            Err(why) => return why.to_string(),
        },
    };
    if !operational {
        return "identity from manufacture; not enrolled".into();
    }
    let end = identity.chain.first().and_then(|leaf| devid::validity(leaf).ok());
    end.map_or_else(|| "operational".into(), |[_, [y, m, d, ..]]| format!("operational until {y:04}-{m:02}-{d:02}"))
}
