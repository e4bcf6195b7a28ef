//! hawkBit's DDI: bodies of devices are held to the limits, and what we answer is JSON and headers whatever is in it.

use arbitrary::{Result, Unstructured};
use serde_json::Value;
use std::time::Duration;
use tegata_wire::ddi::answer::{Artifact, Chunk, Consent, Deployment, Handling, Poll, Task};
use tegata_wire::ddi::answer::{artifacts, cancel, confirmation_base, md5sum, refusal};
use tegata_wire::ddi::request::{AutoConfirm, ConfigData, Confirmation, Feedback, InstalledBase};
use tegata_wire::ddi::{ATTRIBUTE_MAX, ATTRIBUTES_MAX, Base, MESSAGE_MAX, disposition, sleep};

fn plain(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(char::is_control)
}

/// Bodies that devices send, each as every one of them.
pub fn requests(data: &[u8]) {
    if let Ok(said) = Feedback::parse(data) {
        assert!(said.details.iter().all(|text| plain(text, MESSAGE_MAX) && !text.is_empty()));
        assert!(said.details.iter().map(String::len).sum::<usize>() <= data.len());
    }
    if let Ok(said) = ConfigData::parse(data) {
        let fits = |text: &str| plain(text, ATTRIBUTE_MAX);
        assert!(said.data.len() <= ATTRIBUTES_MAX);
        assert!(said.data.iter().all(|(key, value)| fits(key) && value.as_deref().is_none_or(fits)));
    }
    if let Ok(said) = Confirmation::parse(data) {
        assert!(said.details.iter().all(|text| plain(text, MESSAGE_MAX)));
    }
    if let Ok(said) = AutoConfirm::parse(data) {
        assert!([said.initiator, said.remark].iter().flatten().all(|text| plain(text, MESSAGE_MAX)));
    }
    if let Ok(said) = InstalledBase::parse(data) {
        let fits = |text: &str| (1..=ATTRIBUTE_MAX).contains(&text.chars().count());
        assert!(fits(&said.name) && fits(&said.version));
    }
}

/// Addresses and headers with any name of a file.
pub fn addresses(data: &[u8]) {
    let Ok(name) = std::str::from_utf8(data) else { return };
    let base = Base::new("https://localhost", "DEFAULT", "7K3M-Q9TX-2HVD-R5WE");
    let address = base.artifact(7, name);
    let (_, last) = address.rsplit_once('/').expect("an address");
    assert!(last.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~%".contains(&b)), "{last}");
    assert_eq!(unescaped(last), data, "what stands in the address is the name");
    let field = disposition(name);
    assert!(field.bytes().all(|b| (b' '..=b'~').contains(&b)), "a header of visible ASCII: {field}");
    let kept: String = name.chars().filter(|c| !c.is_control()).take(78).collect();
    // a name of visible ASCII may look like the field, inside of the quotes
    if kept.bytes().any(|b| !(b' '..=b'~').contains(&b)) {
        let (_, extended) = field.rsplit_once("filename*=UTF-8''").expect("the name in UTF-8");
        assert_eq!(unescaped(extended), kept.as_bytes());
    }
    if let Some(eight) = data.first_chunk() {
        assert_eq!(sleep(Duration::from_secs(u64::from_be_bytes(*eight))).len(), 8);
    }
}

/// Percent-decoding (RFC 3986 §2.1).
fn unescaped(text: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'%' {
            out.push(*first);
            continue;
        }
        let (two, more) = rest.split_first_chunk::<2>().expect("two digits");
        out.extend(data_encoding::HEXUPPER.decode(two).expect("digits"));
        rest = more;
    }
    out
}

fn json(body: &[u8]) -> Value {
    serde_json::from_slice(body).expect("JSON")
}

/// Bodies that we answer.
pub fn answers(data: &[u8]) {
    let _short = any_answer(&mut Unstructured::new(data));
}

fn any_answer(input: &mut Unstructured<'_>) -> Result<()> {
    let (filename, href, part): (String, String, String) = input.arbitrary()?;
    let (size, action): (u64, i64) = input.arbitrary()?;
    let artifact = Artifact { filename: filename.clone(), sha1: [1; 20], md5: [2; 16], sha256: [3; 32], size, href };
    assert_eq!(json(&artifacts(std::slice::from_ref(&artifact)))[0]["filename"], filename);
    assert!(md5sum(&artifact).ends_with(&filename));
    let metadata = vec![(part.clone(), filename.clone())];
    let chunk =
        Chunk { part: part.clone(), name: part.clone(), version: part.clone(), artifacts: vec![artifact], metadata };
    let history = input.arbitrary::<bool>()?.then(|| (part.clone(), vec![filename.clone()]));
    let (download, update) = (Handling::Attempt, Handling::Forced);
    let deployment = Deployment { action, download, update, window: input.arbitrary()?, chunks: vec![chunk], history };
    let body = json(&deployment.body());
    assert_eq!(body["deployment"]["chunks"][0]["artifacts"][0]["size"], size);
    assert_eq!(json(&deployment.confirmation())["id"], action.to_string());
    let (sleep, config_data) = (Duration::from_secs(size), Some(part.clone()));
    let poll = Poll { sleep, config_data, task: Some(Task::Deploy(filename.clone())), installed_base: None };
    assert_eq!(json(&poll.body())["_links"]["deploymentBase"]["href"], filename);
    assert_eq!(json(&cancel(action))["cancelAction"]["stopId"], action.to_string());
    let consent = Consent { initiator: Some(part.clone()), remark: None, activated_at: action };
    let base = Base::new("https://localhost", "DEFAULT", "N");
    assert_eq!(json(&confirmation_base(&base, Some(&consent), None))["autoConfirm"]["initiator"], part);
    assert_eq!(json(&refusal("Class", "code", &part))["message"], part);
    Ok(())
}
