//! Polls that are answered from memory, at the door: the same answer, until something changes.

use crate::field::{Field, refused};
use serde_json::json;
use tegata_testkit::Answer;
use tegata_testkit::api::Message;

fn hits(field: &Field) -> u64 {
    let text = field.world.public().get("/metrics").expect(200).text();
    let line = text.lines().find_map(|line| line.strip_prefix("tegata_poll_memory_hits_total "));
    line.unwrap_or_else(|| panic!("no count in {text}")).parse().unwrap()
}

fn facts(answer: &Answer) -> (Vec<String>, Vec<u8>) {
    let names = ["content-type", "etag", "cache-control", "x-content-type-options", "content-length"];
    (names.iter().map(|name| answer.header(name).to_owned()).collect(), answer.body.clone())
}

#[test]
fn the_same_answer_until_something_changes() {
    let field = Field::new();
    let device = field.device("A");
    let hand = field.by_hand(&device);
    let act = |name: &str| {
        field.maker.post(&format!("/api/v1/devices/{}/{name}", device.unit.number), &json!({})).expect(200);
    };
    let first = hand.get("").expect(200);
    assert_eq!(hits(&field), 0);
    hand.get("").expect(200);
    let third = hand.get("").expect(200);
    assert_eq!(hits(&field), 1);
    assert_eq!(facts(&first), facts(&third));
    assert!(!third.header("x-request-id").is_empty());

    let with = |name: &'static str, value: &str| {
        hand.call(Message::new("GET", hand.path.clone()).header(name, value.to_owned()))
    };
    assert!(with("if-none-match", third.header("etag")).expect(304).body.is_empty());
    assert_eq!(with("accept", "application/json").expect(200).header("content-type"), "application/json");
    assert_eq!(hits(&field), 3);
    refused(with("accept", "application/cbor"), 406);
    let head = hand.call(Message::new("HEAD", hand.path.clone())).expect(200);
    assert!(head.body.is_empty() && head.header("etag") == third.header("etag"));
    field.world.public().get(&hand.path).expect(401);

    for _ in 0..3 {
        hand.get("").expect(200);
        act("quarantine");
        refused(hand.get(""), 403);
        act("release");
        hand.get("").expect(200);
        hand.get("").expect(200);
    }
    let before = hits(&field);
    hand.get("").expect(200);
    assert_eq!(hits(&field), before + 1);
    field.campaign(&field.release("2.0", false), &[&device], &json!({}));
    assert!(hand.get("").expect(200).json()["_links"]["deploymentBase"].is_object());
    field.token(&device.unit.number);
    refused(hand.get(""), 401);
    assert_eq!(hits(&field), before + 1);
}
