//! `kill -9` while an act on many devices runs: who starts again finds it going on by itself, nothing done twice, nothing
//! left out.

use crate::{BINARY, alone, say};
use tegata_domain::permit::Role;
use tegata_testkit::console::{self, Console, PASSWORD};
use tegata_testkit::{World, factory, wait};

/// Devices: more than are done between two looks.
const DEVICES: usize = 1500;

/// How many are done, and whether it is over.
fn mark(person: &Console, path: &str) -> (u64, bool) {
    let answer = person.get(&path.replace("/console/", "/console/live/")).expect(200).text();
    let mark = answer.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let parts: Vec<u64> = mark.split('.').map(|part| part.parse().unwrap()).collect();
    (parts[2], parts[4] == 1)
}

#[test]
fn an_act_on_many_devices_survives_kills() {
    let _alone = alone();
    let mut world = World::new(BINARY);
    let maker = world.api();
    let product = factory::product(&maker, "PUMP");
    let batch = factory::batch(&maker, &product, DEVICES);
    let units = factory::devices(&maker, &batch, "PUMP", DEVICES);
    let mut person = console::person(&maker, &world.public(), "operator", Role::Operator);
    let asked = [("act", "quarantine"), ("reason", "leaking valve"), ("query", "")];
    let path = person.act("/console/bulks", &asked).expect(303).header("location").to_owned();
    let count = DEVICES.to_string();
    // it looks at them page by page
    wait::until("all are looked at", || {
        let page = person.get(&path).expect(200).text();
        page.contains(&format!("{path}/start")).then_some(())
    });
    person.act(&format!("{path}/start"), &[("count", &count)]).expect(303);
    let (mut kills, mut last) = (0, 0);
    loop {
        let (done, over) = wait::until("it goes on", || {
            let now = mark(&person, &path);
            (now.0 > last || now.1).then_some(now)
        });
        if over {
            break;
        }
        (kills, last) = (kills + 1, done);
        world.kill();
        world.start();
        person = Console::logged_in(&world.public(), "operator", PASSWORD);
    }
    assert!(kills > 0, "it was over before the first kill");
    let file = format!("/console/export/bulk-devices?bulk={}&as=csv", path.trim_start_matches("/console/bulks/"));
    let file = person.get(&file).expect(200).text();
    assert_eq!(file.lines().skip(1).filter(|line| line.ends_with(",quarantined,done")).count(), DEVICES);
    assert_eq!(file.lines().count(), DEVICES + 1, "each once");
    let maker = world.api();
    for unit in &units {
        let life = maker.all(&format!("/api/v1/devices/{}/events", unit.number));
        assert_eq!(life.iter().filter(|event| event["kind"] == "quarantined").count(), 1, "{}", unit.number);
    }
    say(&format!("bulk: {DEVICES} devices, {kills} kills"));
}
