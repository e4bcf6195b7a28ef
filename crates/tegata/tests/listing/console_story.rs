//! Pages of the console beyond their routes: what was typed stays, what moved is noticed, what is whose.

use serde_json::json;
use tegata_domain::permit::Role;
use tegata_testkit::console::{self, Console};
use tegata_testkit::{World, factory, tenant};

fn world() -> (World, Console) {
    let world = World::new(env!("CARGO_BIN_EXE_tegata"));
    let (name, password) = &world.first.login;
    let person = Console::logged_in(&world.public(), name, password);
    (world, person)
}

#[test]
fn a_refused_form_comes_back_as_it_was_filled_in() {
    let (_world, person) = world();
    // longer than any of these may be
    let long = "x".repeat(300);
    let mail = format!("nobody at {long}");
    for (path, with) in [
        ("/console/tokens", vec![("name", &*long), ("role", "auditor"), ("days", "77")]),
        ("/console/invitations", vec![("note", &*long), ("role", "auditor")]),
        ("/console/organisation/contact", vec![("mail", &*mail)]),
    ] {
        let page = person.act(path, &with).expect(400).text();
        assert_eq!(page.matches("role=\"alert\"").count(), 1, "{path}: why stands there once");
        for (name, value) in with {
            let chosen = format!("name=\"{name}\" value=\"{value}\" checked");
            let typed = page.split("<input ").any(|input| {
                let input = input.split('>').next().unwrap_or_default();
                input.contains(&format!(" name=\"{name}\"")) && input.contains(&format!(" value=\"{value}\""))
            });
            assert!(typed || page.contains(&chosen), "{path}: {name} is as it was typed");
        }
    }
}

#[test]
fn the_mark_of_the_overview_moves_with_what_it_shows() {
    let (world, person) = world();
    let mark = || person.get("/console/live/overview").expect(200).text();
    let maker = world.api();
    let batch = factory::batch(&maker, &factory::product(&maker, "PUMP"), 10);
    let mut last = mark();
    assert_eq!(last, mark(), "nothing moved");
    let unit = factory::device(&maker, &batch, "ONE");
    for act in ["ship", "quarantine", "release"] {
        let now = mark();
        assert_ne!(now, last, "before {act}");
        last = now;
        match act {
            "ship" => drop(factory::act(&maker, &unit.number, act)),
            _ => {
                let path = format!("/api/v1/devices/{}/{act}", unit.number);
                drop(maker.post(&path, &json!({ "reason": "a look" })).expect(200));
            }
        }
    }
    assert_ne!(mark(), last);
    // programs are told what the page of the batch tells
    let stations = maker.get(&format!("/api/v1/batches/{batch}")).expect(200).json()["stations"].take();
    assert_eq!((&stations[0]["made"], &stations[0]["refused"]), (&1.into(), &0.into()), "{stations}");
    assert_eq!(stations.as_array().map(Vec::len), Some(1));
}

#[test]
fn the_ledger_keeps_the_head_of_who_is_logged_in() {
    let (world, person) = world();
    for path in ["/ledger", "/ledger/check"] {
        let shown = |browser: &Console| browser.get(path).expect(200).text().contains("action=\"/logout\"");
        assert!(shown(&person), "{path}");
        assert!(!shown(&Console::new(&world.public())), "{path}");
    }
}

#[test]
fn a_household_sees_what_a_household_has_and_tells_its_own_part() {
    let (world, person) = world();
    let maker = world.api();
    let batch = factory::batch(&maker, &factory::product(&maker, "PUMP"), 10);
    let unit = factory::device(&maker, &batch, "ONE");
    factory::act(&maker, &unit.number, "ship");
    let home = tenant::organisation(&maker, "Home", &["household"]);
    let home = world.public().bearer(&home.secret);
    let owner = console::person(&home, &world.public(), "owner", Role::Administrator);

    let offered = maker.post(&format!("/api/v1/devices/{}/transfer", unit.number), &json!({})).expect(200).json();
    home.post("/api/v1/claims", &json!({ "code": factory::text(&offered, "code") })).expect(200);
    for what in ["quarantine", "release"] {
        let path = format!("/api/v1/devices/{}/{what}", unit.number);
        home.post(&path, &json!({ "reason": "a look" })).expect(200);
    }

    let areas = ["/console/products", "/console/batches", "/console/releases", "/console/campaigns"];
    let area = |page: &str, path: &str| page.contains(&format!("<a href=\"{path}\""));
    let (theirs, ours) = (owner.get("/console").expect(200).text(), person.get("/console").expect(200).text());
    assert!(area(&theirs, "/console/devices"));
    assert!(areas.iter().all(|path| area(&ours, path) && !area(&theirs, path)));

    let device = |browser: &Console| browser.get(&format!("/console/devices/{}", unit.number)).expect(200).text();
    assert!(device(&person).contains("2 later events are its owner’s to tell."), "{}", device(&person));
    assert!(!device(&owner).contains("later event"));
}
