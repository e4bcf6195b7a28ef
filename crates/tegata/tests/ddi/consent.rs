//! Consent of the device: asked, given, refused, taken back, and given once for all.

use crate::field::{Field, refused};
use serde_json::json;

#[tokio::test]
async fn an_update_waits_for_consent() {
    let field = Field::new();
    let device = field.device("A");
    let campaign = field.campaign(&field.release("2.0", false), &[&device], &json!({ "confirmation": true }));
    assert_eq!(field.state(&campaign, &device), "confirming");
    let hand = field.by_hand(&device);
    let reply = device.client.poll().await.unwrap();
    assert!(reply.update().is_none());
    let asked = reply.confirmation_base().unwrap();
    let id = asked.update_info().await.unwrap().action_id().to_owned();
    assert!(asked.metadata().await.unwrap()[0].1.contains("security_version 1"));
    refused(hand.get(&format!("/deploymentBase/{id}")), 404);
    let base = hand.get("/confirmationBase").expect(200).json();
    assert_eq!(base["autoConfirm"], json!({ "active": false }));
    assert!(base["_links"]["confirmationBase"]["href"].as_str().unwrap().contains(&id));

    asked.decline().await.unwrap();
    assert_eq!(field.state(&campaign, &device), "confirming", "it may still say yes");
    let asked = device.client.poll().await.unwrap().confirmation_base().unwrap();
    asked.confirm().await.unwrap();
    assert_eq!(device.update().await.action_id(), id);
    assert_eq!(field.state(&campaign, &device), "retrieved");
    let no = json!({ "confirmation": "denied", "code": 1, "details": ["not now"] });
    hand.post(&format!("/confirmationBase/{id}/feedback"), &no).expect(200);
    assert_eq!(field.state(&campaign, &device), "confirming", "and take it back");
    refused(hand.post(&format!("/confirmationBase/{id}/feedback"), &json!({ "confirmation": "perhaps" })), 400);
}

#[tokio::test]
async fn consent_given_once_for_all() {
    let field = Field::new();
    let device = field.device("A");
    let hand = field.by_hand(&device);
    let campaign = field.campaign(&field.release("2.0", false), &[&device], &json!({ "confirmation": true }));
    assert_eq!(field.state(&campaign, &device), "confirming");
    let who = json!({ "initiator": "owner", "remark": "always" });
    hand.post("/confirmationBase/activateAutoConfirm", &who).expect(200);
    refused(hand.post("/confirmationBase/activateAutoConfirm", &who), 409);
    let base = hand.get("/confirmationBase").expect(200).json();
    let given = &base["autoConfirm"];
    assert_eq!(
        (&given["active"], &given["initiator"], &given["remark"]),
        (&true.into(), &"owner".into(), &"always".into())
    );
    assert!(given["activatedAt"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(device.update().await.chunks().next().unwrap().version(), "2.0", "what waited is confirmed");
    let empty =
        tegata_testkit::api::Message::new("POST", format!("{}/confirmationBase/deactivateAutoConfirm", hand.path));
    hand.call(empty).expect(200);
    assert_eq!(hand.get("/confirmationBase").expect(200).json()["autoConfirm"], json!({ "active": false }));
}
