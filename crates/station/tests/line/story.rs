//! A line at work: what it leaves on disk and on the platform, and what it says when something is wrong.

use crate::factory::{Factory, answer, findings, object, station};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tegata_testkit::factory as maker;

/// Runs `make`; whether it succeeded, its object, and stderr.
fn run(mut command: Command) -> (bool, Value, String) {
    let output = command.output().unwrap();
    let (held, said) = answer(&output);
    (held, said, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// What zbarimg reads.
fn scan(png: &Path) -> String {
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "--set", "disable", "--set", "qrcode.enable"])
        .arg(png)
        .output()
        .expect("zbarimg is needed to read labels (apt-get install zbar-tools)");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn units_are_made_confirmed_labelled_and_read_back() {
    let factory = Factory::new();
    let batch = factory.batch(12);
    let (held, said, _) = run(factory.make(&batch, &["--prefix", "EW-C210-", "--count", "12", "--together", "5"]));
    assert!(held, "{said}");
    for (name, count) in [("made", 12), ("confirmed", 12), ("resumed", 0), ("there", 0)] {
        assert_eq!(said[name], count, "{name} of {said}");
    }
    assert!(said["refused"] == serde_json::json!([]) && said["yield"] == 100.0, "{said}");
    assert!(said["rate"].as_f64().unwrap() > 0.0 && said["p99_ms"].as_f64().unwrap() > 0.0, "{said}");
    let devices = factory.devices();
    assert_eq!(devices.len(), 12);
    for (serial, device) in &devices {
        let folder = factory.out.join(serial);
        assert_eq!((&device["confirmed"], &device["number"]), (&true.into(), &factory.device(serial)["number"]));
        let number = maker::text(device, "number");
        let link = format!("https://localhost:8443/01/{}/21/{serial}?n={number}", maker::GTIN);
        assert_eq!(scan(&folder.join("label.png")), link);
        let password = maker::text(&object(&folder.join("credential.json")), "password");
        assert!(std::fs::read_to_string(folder.join("label.svg")).unwrap().contains(&password));
        for entry in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap()) {
            assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o077, 0, "{:?}", entry.path());
        }
    }
    assert_eq!((factory.check(), findings(&factory.world.api())), (12, vec![]));
    let (held, again, _) = run(factory.make(&batch, &["--prefix", "EW-C210-", "--count", "12"]));
    assert!(held && again["there"] == 12 && again["confirmed"] == 12, "{again}");
    reprint(&factory);
    damage(&factory);
    // the platform knows a digest of the password, never the password
    let store = std::fs::read(factory.world.data().join("tegata.db-wal")).unwrap();
    for serial in devices.keys() {
        let password = maker::text(&object(&factory.out.join(serial).join("credential.json")), "password");
        assert!(!store.windows(password.len()).any(|window| window == password.as_bytes()));
    }
}

fn reprint(factory: &Factory) {
    let folder = factory.out.join("EW-C210-000003");
    let before = std::fs::read(folder.join("label.svg")).unwrap();
    std::fs::remove_file(folder.join("label.svg")).unwrap();
    let output = station(&["label", "--json", "--out"]).arg(&folder).output().unwrap();
    assert!(answer(&output).0);
    assert_eq!(std::fs::read(folder.join("label.svg")).unwrap(), before);
}

/// Each fault alone is noticed, and named.
fn damage(factory: &Factory) {
    let (one, two) = (factory.out.join("EW-C210-000001"), factory.out.join("EW-C210-000002"));
    for (file, named) in [
        ("certificate.pem", "certificate is that of EW-C210-000002"),
        ("key.pem", "another key"),
        ("device.json", "holds the device EW-C210-000002"),
        ("chain.pem", "not issued"),
    ] {
        let path = one.join(file);
        let before = std::fs::read(&path).unwrap();
        let other = match file {
            "chain.pem" => std::fs::read(two.join("certificate.pem")).unwrap(),
            _ => std::fs::read(two.join(file)).unwrap(),
        };
        std::fs::write(&path, other).unwrap();
        let (held, said) = answer(&station(&["check", "--json"]).arg(&factory.out).output().unwrap());
        assert!(!held && said["verified"] == 11, "{file}: {said}");
        assert!(maker::text(&said["problems"][0], "problem").contains(named), "{file}: {said}");
        std::fs::write(&path, before).unwrap();
    }
    std::fs::set_permissions(one.join("key.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let (held, said) = answer(&station(&["check", "--json"]).arg(&one).output().unwrap());
    assert!(!held && maker::text(&said["problems"][0], "problem").contains("others may read"), "{said}");
    std::fs::set_permissions(one.join("key.pem"), std::fs::Permissions::from_mode(0o600)).unwrap();
    assert_eq!(factory.check(), 12);
}

#[test]
fn a_refused_unit_is_set_aside_and_the_line_goes_on() {
    let factory = Factory::new();
    let (other, batch) = (factory.batch(1), factory.batch(100));
    // somebody has this serial already
    let theirs = maker::line("S-000002", &maker::csr(&maker::key()));
    assert!(factory.world.api().call(maker::lines(&other, theirs)).lines()[0]["number"].is_string());
    let (held, said, told) = run(factory.make(&batch, &["--prefix", "S-", "--count", "4", "--together", "2"]));
    assert!(!held && said["confirmed"] == 3, "{said}");
    assert_eq!(said["refused"][0]["serial"], "S-000002");
    assert!(maker::text(&said["refused"][0]["problem"], "type").ends_with(":serial_with_another_key"), "{said}");
    assert!(told.contains("3 of 4 units are finished") && told.contains("refused"), "{told}");
    let aside = factory.out.join("refused/S-000002");
    assert_eq!(object(&aside.join("problem.json")), said["refused"][0]["problem"]);
    // it stays aside, and is not asked for again
    let (held, again, _) = run(factory.make(&batch, &["--prefix", "S-", "--count", "4"]));
    assert!(!held && again["refused"] == said["refused"] && again["there"] == 3, "{again}");
    assert_eq!(findings(&factory.world.api()), ["serial_with_another_key"]);
    assert_eq!(factory.check(), 3);
}

#[test]
fn a_full_batch_stops_the_line_and_the_next_batch_goes_on() {
    let factory = Factory::new();
    let serials = factory.world.folder().join("serials.txt");
    std::fs::write(&serials, "A/1\nA:2\n..\nrefused\nB-5\nB-6\n").unwrap();
    let listed = ["--serials", serials.to_str().unwrap(), "--together", "4"];
    let (held, said, told) = run(factory.make(&factory.batch(3), &listed));
    assert!(!held && said["confirmed"] == 3, "{said}");
    assert!(told.contains("2 are left") && told.contains("open a new batch"), "{told}");
    assert_eq!((said["refused"].as_array().unwrap().len(), factory.devices().len()), (1, 3));
    let next = factory.batch(3);
    let (held, said, told) = run(factory.make(&next, &listed));
    assert!(held && said["there"] == 3 && said["confirmed"] == 6, "{said} {told}");
    assert_eq!((factory.devices().len(), factory.check()), (6, 6));
    let issued = factory.world.api().get(&format!("/api/v1/batches/{next}")).json()["issued"].clone();
    assert_eq!(issued, 3);
}

#[test]
fn what_is_wrong_is_said_with_the_next_step() {
    let mut factory = Factory::new();
    let batch = factory.batch(5);
    let with = |factory: &Factory, more: &[&str]| {
        let (held, _, told) = run(factory.make(&batch, &[&["--count", "2", "--patience", "1"], more].concat()));
        assert!(!held);
        told
    };
    let missing = run(factory.make("00000000-0000-0000-0000-000000000000", &["--count", "1"])).2;
    assert!(missing.contains("check --batch"), "{missing}");
    let token = factory.world.folder().join("token");
    let real = std::fs::read(&token).unwrap();
    std::fs::write(&token, "tegata_nonsense").unwrap();
    let told = with(&factory, &[]);
    assert!(told.contains("--token-file"), "{told}");
    std::fs::write(&token, real).unwrap();
    let command = |trust: &Path| {
        let mut command = station(&["make", "--json", "--batch", &batch, "--count", "2", "--patience", "1"]);
        command.arg("--url").arg(format!("https://localhost:{}", factory.world.server().https.port()));
        command.arg("--trust").arg(trust).arg("--token-file").arg(&token).arg("--out").arg(&factory.out);
        command
    };
    let told = run(command(&factory.world.first.root)).2;
    assert!(told.contains("--trust does not lead to"), "{told}");
    let output = command(&token).output().unwrap();
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("no certificate in PEM"));
    factory.world.kill();
    let told = with(&factory, &[]);
    assert!(told.contains("cannot reach") && told.contains("run the same command again"), "{told}");
    factory.world.start();
    assert!(run(factory.make(&batch, &["--count", "2"])).0, "nothing was spoilt");
}

#[test]
fn one_line_a_folder() {
    let factory = Factory::new();
    let batch = factory.batch(5);
    std::fs::create_dir(&factory.out).unwrap();
    let lock = std::fs::File::create(factory.out.join(".lock")).unwrap();
    lock.lock().unwrap();
    let output = factory.make(&batch, &["--count", "1"]).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && told.contains("another line works in"), "{told}");
    drop(lock);
    assert!(run(factory.make(&batch, &["--count", "1"])).0);
}
