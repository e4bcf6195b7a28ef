//! A clock that jumps a day while the program runs: nothing is dated, and what people look up goes on (ADR 8).

use crate::shim::Shim;
use crate::stand::Stand;
use serde_json::Value;
use std::time::Duration;
use tegata_domain::time::Timestamp;

const DAY: i64 = 24 * 3600;
const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_clock_that_jumps_stops_writes_and_no_look_up() {
    let _alone = crate::alone();
    let mut shim = None;
    let stand = Stand::new(|world| shim = Some(Shim::under(world, false, &[])));
    let shim = shim.unwrap();
    let newest = || {
        let path = format!("/api/v1/devices/{}/events?limit=1000", stand.unit.number);
        let events: Value = stand.api().get(&path).expect(200).json();
        events["items"].as_array().unwrap().last().unwrap()["at"].as_str().unwrap().to_owned()
    };
    for (by, model) in [(DAY, "AHEAD"), (-DAY, "BEHIND")] {
        let before = newest();
        shim.order(&format!("clock {by}"));
        stand.refuses_writes("clock_jumped");
        stand.reads();
        let ready = stand.world.plain().get("/readyz").expect(503).json();
        assert!(ready["problems"][0].as_str().unwrap().contains("NTP"), "{ready}");
        let metrics = stand.world.plain().get("/metrics").expect(200).text();
        assert!(metrics.contains("tegata_clock_trusted 0"), "{metrics}");
        shim.order("");
        stand.writes(model);
        stand.world.plain().get("/readyz").expect(200);
        let [before, after] = [before, newest()].map(|text| Timestamp::parse(&text).unwrap());
        assert!(before < after && after.since(before) < HOUR, "{before:?} {after:?}");
    }
}

#[test]
fn a_step_of_a_minute_is_followed() {
    let _alone = crate::alone();
    let mut shim = None;
    let stand = Stand::new(|world| shim = Some(Shim::under(world, false, &[])));
    shim.unwrap().order("clock 50");
    stand.writes("STEP");
}
