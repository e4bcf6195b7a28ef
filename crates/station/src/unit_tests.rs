//! Folders of units: names, what is read back, what is set aside.

use super::*;
use crate::chance::SystemChance;

fn device(serial: &str) -> Device {
    Device {
        serial: serial.into(),
        number: "7K3M-Q9TX-2HVD-R5WE".into(),
        device: "01a205bc-8a83-7ab8-a993-2573208c93e4".into(),
        batch: "01a205bc-89fa-7006-a626-2f38cc2ef759".into(),
        maker: "Works".into(),
        model: "EW-C210".into(),
        gtin: "04512345678906".into(),
        public_url: "https://id.example.com".into(),
    }
}

#[test]
fn names_of_folders_stay_inside_and_differ() {
    let serials =
        ["A-1", "a/1", "a%2F1", ".", "..", "refused", "%72efused", "A:1", "A 1", "../../etc", "a.b", "R(1)'?"];
    let names: std::collections::BTreeSet<String> = serials.iter().map(|serial| folder_name(serial)).collect();
    assert_eq!(names.len(), serials.len(), "{names:?}");
    for name in &names {
        assert!(!name.contains('/') && !name.starts_with('.') && name != REFUSED, "{name}");
    }
    assert_eq!((folder_name("A-1").as_str(), folder_name("a.b").as_str()), ("A-1", "a.b"));
}

#[test]
fn a_folder_says_how_far_its_unit_is() {
    let out = tempfile::tempdir().unwrap();
    let unit = Unit::of(out.path(), "A/1");
    assert!(!unit.is_begun() && unit.credential().unwrap().is_none());
    file::folder(&unit.folder).unwrap();
    unit.make_credential(&SystemChance).unwrap();
    let first = unit.credential().unwrap().unwrap();
    unit.make_credential(&SystemChance).unwrap();
    assert_eq!(unit.credential().unwrap().unwrap().told(), first.told(), "a unit keeps its password");
    assert!(unit.is_begun() && !unit.is_issued());
    unit.keep(&device("A/1"), b"leaf", &[b"issuer".to_vec()]).unwrap();
    assert!(unit.is_issued() && !unit.is_done());
    assert_eq!(unit.device().unwrap(), device("A/1"));
    assert_eq!((unit.certificate().unwrap(), unit.chain().unwrap()), (b"leaf".to_vec(), vec![b"issuer".to_vec()]));
    let [svg, png] = unit.print().unwrap();
    let drawn = std::fs::read_to_string(svg).unwrap();
    assert!(drawn.contains(first.password.as_str()) && drawn.contains("7K3M-Q9TX"), "{drawn}");
    assert!(std::fs::read(png).unwrap().starts_with(b"\x89PNG"));
    unit.finish().unwrap();
    assert!(unit.is_done());
    assert_eq!(Unit::at(&unit.folder).unwrap(), unit);
}

#[test]
fn half_an_answer_is_none() {
    let out = tempfile::tempdir().unwrap();
    let unit = Unit::of(out.path(), "A");
    file::folder(&unit.folder).unwrap();
    unit.keep(&device("A"), b"leaf", &[b"issuer".to_vec()]).unwrap();
    for name in [DEVICE, CHAIN, CERTIFICATE] {
        let path = unit.folder.join(name);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(!unit.is_issued(), "half of {name}");
        std::fs::write(&path, whole).unwrap();
        assert!(unit.is_issued());
    }
}

#[test]
fn what_is_set_aside_comes_back_as_it_was() {
    let out = tempfile::tempdir().unwrap();
    let unit = Unit::of(out.path(), "A");
    file::folder(&unit.folder).unwrap();
    unit.make_credential(&SystemChance).unwrap();
    let told = unit.credential().unwrap().unwrap().told();
    let problem = json!({ "type": "urn:tegata:problem:over_quantity" });
    assert_eq!(unit.aside(out.path()).unwrap(), None);
    unit.set_aside(out.path(), &problem).unwrap();
    assert!(!unit.is_begun());
    assert_eq!(unit.aside(out.path()).unwrap(), Some(problem));
    unit.take_back(out.path()).unwrap();
    assert_eq!((unit.aside(out.path()).unwrap(), unit.credential().unwrap().unwrap().told()), (None, told));
}

#[test]
fn pem_and_back() {
    let long: Vec<u8> = (0..200).map(|i| i as u8).collect();
    let text = pem(&long) + &pem(b"two");
    assert!(text.lines().all(|line| line.len() <= 64));
    assert_eq!(certificates(&text), Some(vec![long, b"two".to_vec()]));
    assert_eq!(certificates("nothing"), None);
    assert_eq!(certificates("-----BEGIN CERTIFICATE-----\nAAAA"), None);
}
