//! The bodies that real clients send, and those that they must be able to read.

use super::answer::{self, *};
use super::request::*;
use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn value(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

#[test]
fn what_swupdate_puts_at_its_start() {
    let body = br#"{"id":"","time":"20261122T200818","status":{"result":{"finished":"success"},"execution":"closed",
        "details":[""]},"data":{"hw_revision":"1.0","version":"1.4.0"}}"#;
    let read = ConfigData::parse(body).unwrap();
    assert_eq!(read.mode, Mode::Merge);
    assert_eq!(read.data["version"], Some("1.4.0".to_owned()));
    assert_eq!(read.data.len(), 2);
}

#[test]
fn what_the_crate_hawkbit_puts() {
    let body = br#"{"status":{"execution":"closed","result":{"finished":"success"},"details":["some stuffs"]},
        "mode":null,"data":{"HwRevision":"2.0","gone":null,"n":3,"b":true}}"#;
    let read = ConfigData::parse(body).unwrap();
    assert_eq!(read.mode, Mode::Merge);
    assert_eq!(
        (&read.data["gone"], read.data["n"].as_deref(), read.data["b"].as_deref()),
        (&None, Some("3"), Some("true"))
    );
    let body = br#"{"mode":"replace","data":{}}"#;
    assert_eq!(ConfigData::parse(body).unwrap().mode, Mode::Replace);
    assert_eq!(ConfigData::parse(br#"{"mode":"remove","data":{"a":"b"}}"#).unwrap().mode, Mode::Remove);
}

#[test]
fn attributes_have_bounds() {
    let one = |key: &str, value: Value| ConfigData::parse(json!({ "data": { key: value } }).to_string().as_bytes());
    let long = "x".repeat(ATTRIBUTE_MAX);
    assert!(one(&long, long.clone().into()).is_ok());
    assert!(matches!(one(&format!("{long}x"), "v".into()), Err(RequestError::Invalid(_))));
    assert!(matches!(one("k", format!("{long}x").into()), Err(RequestError::Invalid(_))));
    assert!(matches!(one("", "v".into()), Err(RequestError::Invalid(_))));
    assert!(matches!(one("k", "a\nb".into()), Err(RequestError::Invalid(_))));
    assert!(matches!(one("k", json!({})), Err(RequestError::Invalid(_))));
    let many = |count: usize| {
        let data: serde_json::Map<_, _> = (0..count).map(|i| (i.to_string(), "v".into())).collect();
        ConfigData::parse(json!({ "data": data }).to_string().as_bytes())
    };
    assert!(many(ATTRIBUTES_MAX).is_ok());
    assert!(matches!(many(ATTRIBUTES_MAX + 1), Err(RequestError::TooMany(_))));
    for wrong in ["", "[]", "{", r#"{"mode":"other"}"#, r#"{"data":[]}"#] {
        assert!(ConfigData::parse(wrong.as_bytes()).is_err(), "{wrong}");
    }
}

#[test]
fn feedback_of_real_clients() {
    // SWUpdate: the id as a number, an empty text, progress
    let body = br#"{"id":8,"time":"20261122T200818","status":{"result":{"progress":{"cnt":0,"of":1},
        "finished":"none"},"execution":"proceeding","details":["Installing Update Chunk Artifacts.",""]}}"#;
    let read = Feedback::parse(body).unwrap();
    assert_eq!((read.execution, read.finished, read.progress), (Execution::Proceeding, Finished::None, Some((0, 1))));
    assert_eq!(read.details, ["Installing Update Chunk Artifacts."]);
    // RAUC: the id as a text
    let body =
        br#"{"id":"8","time":"x","status":{"execution":"closed","result":{"finished":"success"},"details":["ok"]}}"#;
    assert_eq!(Feedback::parse(body).unwrap().finished, Finished::Success);
    // the crate: progress as its caller likes, here no progress of ours
    let body = br#"{"id":"8","status":{"execution":"downloaded","details":[],"result":{"finished":"failure",
        "progress":{"pct":5}}}}"#;
    let read = Feedback::parse(body).unwrap();
    assert_eq!((read.execution, read.finished, read.progress), (Execution::Downloaded, Finished::Failure, None));
    // hawkBit's own example
    let body = br#"{"timestamp":1627997501890,"status":{"execution":"closed","result":{"finished":"success",
        "progress":{"cnt":2,"of":5}},"code":200,"details":["text"]}}"#;
    let read = Feedback::parse(body).unwrap();
    assert_eq!((read.code, read.progress), (Some(200), Some((2, 5))));
    let body = br#"{"status":{"execution":"canceled","result":{"finished":"none","progress":{"cnt":1}},"code":null,
        "details":null}}"#;
    assert_eq!(Feedback::parse(body).unwrap().progress, Some((1, 0)));
}

#[test]
fn feedback_that_is_none() {
    for wrong in [
        "",
        "{}",
        "null",
        r#"{"status":{}}"#,
        r#"{"status":{"execution":"closed"}}"#,
        r#"{"status":{"execution":"closed","result":{}}}"#,
        r#"{"status":{"execution":"Closed","result":{"finished":"success"}}}"#,
        r#"{"status":{"execution":"closed","result":{"finished":"maybe"}}}"#,
        r#"{"status":{"execution":"closed","result":{"finished":"none"},"details":"text"}}"#,
        r#"{"status":{"execution":"closed","result":{"finished":"none"},"code":"x"}}"#,
    ] {
        assert!(matches!(Feedback::parse(wrong.as_bytes()), Err(RequestError::Invalid(_))), "{wrong}");
    }
}

#[test]
fn messages_have_bounds() {
    let with = |details: Vec<String>| {
        let status = json!({ "execution": "proceeding", "result": { "finished": "none" }, "details": details });
        Feedback::parse(json!({ "status": status }).to_string().as_bytes())
    };
    assert_eq!(with(vec!["m".into(); MESSAGES_MAX]).unwrap().details.len(), MESSAGES_MAX);
    assert!(matches!(with(vec!["m".into(); MESSAGES_MAX + 1]), Err(RequestError::TooMany(_))));
    let cut = with(vec!["ä".repeat(MESSAGE_MAX + 1)]).unwrap().details;
    assert_eq!(cut.iter().map(|m| m.chars().count()).collect::<Vec<_>>(), [MESSAGE_MAX, 1]);
    assert_eq!(with(vec!["a\tb\u{1b}[31m\n".into()]).unwrap().details, ["a b [31m"]);
}

#[test]
fn consent() {
    let body = br#"{"confirmation":"confirmed","code":1,"details":[]}"#;
    assert_eq!(Confirmation::parse(body), Ok(Confirmation { confirmed: true, code: Some(1), details: vec![] }));
    assert!(!Confirmation::parse(br#"{"confirmation":"denied","code":-1,"details":["no"]}"#).unwrap().confirmed);
    assert!(Confirmation::parse(br#"{"confirmation":"yes"}"#).is_err());
    assert_eq!(AutoConfirm::parse(b""), Ok(AutoConfirm::default()));
    let said = AutoConfirm::parse(br#"{"initiator":"u","remark":null,"other":1}"#).unwrap();
    assert_eq!((said.initiator.as_deref(), said.remark), (Some("u"), None));
    let long = json!({ "remark": "x".repeat(MESSAGE_MAX + 1) }).to_string();
    assert!(AutoConfirm::parse(long.as_bytes()).is_err());
    assert!(InstalledBase::parse(br#"{"name":"linux","version":"1.2.3"}"#).is_ok());
    assert!(InstalledBase::parse(br#"{"name":"linux","version":""}"#).is_err());
}

fn base() -> Base {
    Base::new("https://host:8443", "DEFAULT", "7K3M-Q9TX-2HVD-R5WE")
}

#[test]
fn a_poll_as_hawkbit_answers_it() {
    let poll = Poll {
        sleep: Duration::from_secs(300),
        config_data: Some(base().config_data()),
        task: Some(Task::Deploy(base().deployment(5, 17))),
        installed_base: Some(base().installed(4)),
    };
    let at = "https://host:8443/DEFAULT/controller/v1/7K3M-Q9TX-2HVD-R5WE";
    let expect = json!({
        "config": { "polling": { "sleep": "00:05:00" } },
        "_links": {
            "configData": { "href": format!("{at}/configData") },
            "deploymentBase": { "href": format!("{at}/deploymentBase/5?c=17") },
            "installedBase": { "href": format!("{at}/installedBase/4") },
        },
    });
    assert_eq!(value(&poll.body()), expect);
    let idle = value(&Poll { sleep: Duration::from_secs(90_000), ..Poll::default() }.body());
    assert_eq!(idle, json!({ "config": { "polling": { "sleep": "23:59:59" } }, "_links": {} }));
    let cancel = Poll { task: Some(Task::Cancel(base().cancel(5))), ..Poll::default() };
    assert_eq!(value(&cancel.body())["_links"], json!({ "cancelAction": { "href": format!("{at}/cancelAction/5") } }));
    assert_eq!(value(&answer::cancel(11)), json!({ "id": "11", "cancelAction": { "stopId": "11" } }));
}

fn deployment() -> Deployment {
    let href = base().artifact(3, "a b.swu");
    let artifact = Artifact {
        filename: "a b.swu".into(),
        sha1: [1; 20],
        md5: [2; 16],
        sha256: [3; 32],
        size: 5_000_000_000,
        href,
    };
    let metadata = vec![("security_version".into(), "7".into())];
    let chunk =
        Chunk { part: "os".into(), name: "Pump".into(), version: "2.0".into(), artifacts: vec![artifact], metadata };
    Deployment {
        action: 8,
        download: Handling::Forced,
        update: Handling::Attempt,
        window: None,
        chunks: vec![chunk],
        history: None,
    }
}

#[test]
fn a_deployment_as_hawkbit_answers_it() {
    let href = "https://host:8443/DEFAULT/controller/v1/7K3M-Q9TX-2HVD-R5WE/softwaremodules/3/artifacts/a%20b.swu";
    let expect = json!({
        "id": "8",
        "deployment": {
            "download": "forced", "update": "attempt",
            "chunks": [{
                "part": "os", "version": "2.0", "name": "Pump",
                "artifacts": [{
                    "filename": "a b.swu",
                    "hashes": { "sha1": "01".repeat(20), "md5": "02".repeat(16), "sha256": "03".repeat(32) },
                    "size": 5_000_000_000u64,
                    "_links": { "download": { "href": href }, "md5sum": { "href": format!("{href}.MD5SUM") } },
                }],
                "metadata": [{ "key": "security_version", "value": "7" }],
            }],
        },
    });
    assert_eq!(value(&deployment().body()), expect);
    let mut asked = deployment();
    asked.window = Some(true);
    asked.history = Some(("RUNNING".into(), vec!["Reboot".into()]));
    let body = value(&asked.confirmation());
    assert_eq!(body["confirmation"]["maintenanceWindow"], "available");
    assert_eq!(body["actionHistory"], json!({ "status": "RUNNING", "messages": ["Reboot"] }));
    assert!(body.get("deployment").is_none());
    let artifacts = &asked.chunks[0].artifacts;
    assert_eq!(value(&answer::artifacts(artifacts))[0]["size"], 5_000_000_000u64);
    assert_eq!(md5sum(&artifacts[0]), format!("{}  a b.swu", "02".repeat(16)));
}

#[test]
fn consent_as_hawkbit_answers_it() {
    let consent = Consent { initiator: Some("u".into()), remark: None, activated_at: 1_691_065_895_439 };
    let at = "https://host:8443/DEFAULT/controller/v1/7K3M-Q9TX-2HVD-R5WE/confirmationBase";
    let expect = json!({
        "autoConfirm": { "active": true, "initiator": "u", "activatedAt": 1_691_065_895_439i64 },
        "_links": { "deactivateAutoConfirm": { "href": format!("{at}/deactivateAutoConfirm") } },
    });
    assert_eq!(value(&confirmation_base(&base(), Some(&consent), None)), expect);
    let expect = json!({
        "autoConfirm": { "active": false },
        "_links": {
            "activateAutoConfirm": { "href": format!("{at}/activateAutoConfirm") },
            "confirmationBase": { "href": format!("{at}/10?c=3") },
        },
    });
    assert_eq!(value(&confirmation_base(&base(), None, Some((10, 3)))), expect);
}

#[test]
fn names_of_downloads() {
    assert_eq!(disposition("fw.swu"), r#"attachment;filename="fw.swu""#);
    assert_eq!(disposition("a\"b\\c\r\n.swu"), r#"attachment;filename="a\"b\\c.swu""#);
    assert_eq!(disposition("更.swu"), "attachment;filename=\"_.swu\";filename*=UTF-8''%E6%9B%B4.swu");
    assert!(disposition(&"x".repeat(500)).len() < 120);
}

proptest! {
    #[test]
    fn refusing_never_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _refused_or_read = (Feedback::parse(&body), ConfigData::parse(&body), Confirmation::parse(&body));
        let _refused_or_read = (AutoConfirm::parse(&body), InstalledBase::parse(&body));
    }

    #[test]
    fn ranges_lie_inside(field in "bytes=[0-9,\\- ]{0,40}", size in 0u64..1000) {
        if let crate::http::Range::Parts(parts) = crate::http::range(&field, size) {
            prop_assert!(!parts.is_empty());
            prop_assert!(parts.iter().all(|(first, length)| *length > 0 && first + length <= size));
        }
    }
}
