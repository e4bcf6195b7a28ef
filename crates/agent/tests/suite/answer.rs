//! Somebody asks the device to sign now.

use crate::platform::{NUMBER, Platform};
use crate::server::Reply;
use crate::unit::Unit;
use tegata_agent::run::Runner;
use tegata_wire::challenge::Statement;

const NONCE: &str = "3q2-7wAAAAAAAAAAAAAAAA";

fn statement() -> String {
    Statement { number: NUMBER.into(), nonce: NONCE.into() }.to_string()
}

#[test]
fn it_signs_within_one_beat() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    unit.round();
    assert!(platform.desk().answers.is_empty(), "nobody asked");
    platform.desk().challenge = Some(NONCE.into());
    let round = unit.round();
    assert!(round.problems.is_empty(), "{:?}", round.problems);
    assert_eq!(platform.desk().answers, [statement()]);
    unit.round();
    assert_eq!(platform.desk().answers.len(), 1, "once");
}

#[test]
fn a_button_beats_at_once_and_does_nothing_else() {
    let platform = Platform::new();
    let unit = Unit::new(&platform);
    let mut runner = Runner::new(unit.cx.clone());
    assert!(!runner.beat_now().unwrap(), "nobody asked");
    platform.desk().challenge = Some(NONCE.into());
    assert!(runner.beat_now().unwrap());
    assert_eq!(platform.desk().answers, [statement()]);
    let asked: Vec<String> = platform.desk().requests.iter().map(|request| request.path.clone()).collect();
    assert!(!asked.iter().any(|path| path.contains("/controller/")), "{asked:?}");
}

#[test]
fn an_answer_that_does_not_arrive_is_given_again_and_holds_nothing_up() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    platform.desk().challenge = Some(NONCE.into());
    platform.desk().update = true;
    platform.desk().instead = vec![("/agent/v1/answer", Reply::new(503, "{}"), 1)];
    let round = unit.round();
    assert_eq!(round.problems.len(), 1, "{:?}", round.problems);
    let polled = platform.desk().requests.iter().any(|request| request.path.contains("/controller/"));
    assert!(polled, "the update is looked for all the same");
    assert!(unit.round().problems.is_empty());
    assert_eq!(platform.desk().answers, [statement()]);
}

#[test]
fn a_question_that_is_over_is_no_trouble() {
    let platform = Platform::new();
    let mut unit = Unit::new(&platform);
    platform.desk().challenge = Some(NONCE.into());
    let over = r#"{"type":"urn:tegata:problem:challenge","detail":"the time for it is over"}"#;
    platform.desk().instead = vec![("/agent/v1/answer", Reply::new(409, over), 1)];
    let round = unit.round();
    assert!(round.problems.is_empty(), "{:?}", round.problems);
    assert!(platform.desk().answers.is_empty());
}
