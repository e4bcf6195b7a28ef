//! From the poll to the version that runs, and every way in which it goes otherwise.

use crate::field::{Field, feedback, firmware, refused};
use hawkbit::ddi::{ClientAuthorization, Execution, Finished, Type};
use serde_json::json;
use std::time::Duration;
use tegata_testkit::factory;

#[tokio::test]
async fn an_update_is_done_when_the_version_runs() {
    let field = Field::new();
    let device = field.device("A");
    let first = device.client.poll().await.unwrap();
    assert_eq!(first.polling_sleep().unwrap(), Duration::from_secs(77), "as it was set");
    assert!(first.update().is_none() && first.cancel_action().is_none() && first.confirmation_base().is_none());
    device.tell("1.0").await;
    assert!(device.client.poll().await.unwrap().config_data_request().is_none(), "asked once");

    let release = field.release("2.0", false);
    let campaign = field.campaign(&release, &[&device], &json!({}));
    let update = device.update().await;
    assert_eq!(field.state(&campaign, &device), "retrieved");
    assert_eq!((update.download_type(), update.update_type()), (Type::Forced, Type::Forced));
    assert!(update.maintenance_window().is_none());
    let chunk = update.chunks().next().unwrap();
    assert_eq!((chunk.part(), chunk.version()), ("os", "2.0"));
    let metadata: Vec<_> = chunk.metadata().collect();
    let manifest = metadata.iter().find(|(key, _)| *key == "tegata.manifest").unwrap().1;
    let manifest = tegata_wire::release::Manifest::parse(manifest).unwrap();
    assert_eq!((manifest.product, manifest.size), (field.product.clone(), firmware().len() as u64));

    let folder = tempfile::tempdir().unwrap();
    let files = update.download(folder.path()).await.unwrap();
    assert_eq!(std::fs::read(files[0].file()).unwrap(), firmware());
    files[0].check_md5().await.unwrap();
    files[0].check_sha1().await.unwrap();
    files[0].check_sha256().await.unwrap();

    let say = |execution, finished| update.send_feedback(execution, finished, vec!["said"]);
    say(Execution::Downloaded, Finished::None).await.unwrap();
    assert_eq!(field.state(&campaign, &device), "downloaded");
    let progress = json!({ "cnt": 2, "of": 5 });
    update.send_feedback_with_progress(Execution::Proceeding, Finished::None, progress, vec![]).await.unwrap();
    assert_eq!(field.state(&campaign, &device), "installing");
    assert!(device.client.poll().await.unwrap().update().is_some(), "the link stays until it is closed");
    say(Execution::Closed, Finished::Success).await.unwrap();
    assert_eq!(field.state(&campaign, &device), "installed", "what a device says is not what it runs");
    assert!(device.client.poll().await.unwrap().update().is_none());
    field.campaign_is(&campaign, "running");

    device.tell("2.0").await;
    assert_eq!(field.state(&campaign, &device), "done");
    field.campaign_is(&campaign, "finished");
    let seen = field.maker.get(&format!("/api/v1/devices/{}", device.unit.number)).expect(200).json();
    assert_eq!(seen["release"]["version"], "2.0");
    assert!(say(Execution::Closed, Finished::Success).await.is_err(), "it is closed");
}

#[tokio::test]
async fn a_download_goes_on_where_it_was_cut() {
    let field = Field::new();
    let device = field.device("A");
    let campaign = field.campaign(&field.release("2.0", false), &[&device], &json!({}));
    let update = device.update().await;
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join(update.chunks().next().unwrap().name());
    std::fs::create_dir(&into).unwrap();
    std::fs::write(into.join("pump.swu.part"), &firmware()[..123_456]).unwrap();
    let files = update.download(folder.path()).await.unwrap();
    assert_eq!(std::fs::read(files[0].file()).unwrap(), firmware());
    files[0].check_sha256().await.unwrap();
    assert_eq!(field.state(&campaign, &device), "retrieved", "downloads write nothing");
}

#[tokio::test]
async fn what_fails_and_what_falls_back() {
    let field = Field::new();
    let (failing, falling) = (field.device("A"), field.device("B"));
    let release = field.release("2.0", false);
    let campaign = field.campaign(&release, &[&failing, &falling], &json!({}));
    falling.tell("1.0").await;
    failing.update().await.send_feedback(Execution::Closed, Finished::Failure, vec!["broken"]).await.unwrap();
    assert_eq!(field.state(&campaign, &failing), "failed");
    falling.update().await.send_feedback(Execution::Closed, Finished::Success, vec![]).await.unwrap();
    assert_eq!(field.state(&campaign, &falling), "installed");
    falling.tell("1.0").await;
    let action = field.action(&campaign, &falling);
    assert_eq!(action["state"], "failed");
    assert!(action["reason"].as_str().unwrap().contains("fell back"), "{action}");
}

#[tokio::test]
async fn a_device_is_asked_to_stop() {
    let field = Field::new();
    let (willing, busy) = (field.device("A"), field.device("B"));
    let campaign = field.campaign(&field.release("2.0", false), &[&willing, &busy], &json!({}));
    let update = willing.update().await;
    let going_on = busy.update().await;
    field.maker.post(&format!("/api/v1/campaigns/{campaign}/cancel"), &json!({})).expect(200);
    tegata_testkit::wait::until("both are asked", || {
        [&willing, &busy].iter().all(|device| field.state(&campaign, device) == "cancelling").then_some(())
    });
    let reply = willing.client.poll().await.unwrap();
    assert!(reply.update().is_none());
    let cancel = reply.cancel_action().unwrap();
    assert_eq!(cancel.id().await.unwrap(), update.action_id());
    cancel.send_feedback(Execution::Proceeding, Finished::None, vec![]).await.unwrap();
    assert_eq!(field.state(&campaign, &willing), "cancelling");
    cancel.send_feedback(Execution::Closed, Finished::Success, vec!["stopped"]).await.unwrap();
    assert_eq!(field.state(&campaign, &willing), "cancelled");
    assert!(willing.client.poll().await.unwrap().cancel_action().is_none());
    let cancel = busy.client.poll().await.unwrap().cancel_action().unwrap();
    cancel.send_feedback(Execution::Rejected, Finished::Success, vec!["too late"]).await.unwrap();
    assert_eq!(field.state(&campaign, &busy), "installing");
    going_on.send_feedback(Execution::Closed, Finished::Success, vec![]).await.unwrap();
    busy.tell("2.0").await;
    assert_eq!(field.state(&campaign, &busy), "done");
}

#[tokio::test]
async fn phases_that_do_not_fit() {
    let field = Field::new();
    let (device, other) = (field.device("A"), field.device("B"));
    let campaign = field.campaign(&field.release("2.0", false), &[&device], &json!({}));
    let id = device.update().await.action_id().to_owned();
    let (hand, stranger) = (field.by_hand(&device), field.by_hand(&other));
    refused(hand.get("/deploymentBase/999999"), 404);
    refused(hand.get("/deploymentBase/x"), 404);
    refused(stranger.get(&format!("/deploymentBase/{id}")), 404);
    refused(stranger.post(&format!("/deploymentBase/{id}/feedback"), &feedback("closed", "success")), 404);
    refused(hand.get(&format!("/cancelAction/{id}")), 404);
    refused(hand.get(&format!("/installedBase/{id}")), 404);
    refused(hand.get(&format!("/confirmationBase/{id}")), 404);
    refused(hand.post(&format!("/cancelAction/{id}/feedback"), &feedback("closed", "success")), 405);
    refused(hand.post(&format!("/deploymentBase/{id}/feedback"), &json!({ "status": {} })), 400);
    assert_eq!(field.state(&campaign, &device), "retrieved");
    hand.post(&format!("/deploymentBase/{id}/feedback"), &feedback("closed", "success")).expect(200);
    refused(hand.post(&format!("/deploymentBase/{id}/feedback"), &feedback("proceeding", "none")), 410);
    let installed = hand.get(&format!("/installedBase/{id}?actionHistory=5")).expect(200).json();
    assert_eq!(installed["actionHistory"]["messages"], json!(["by hand"]));
    let poll = hand.get("").expect(200).json();
    assert!(poll["_links"]["installedBase"]["href"].as_str().unwrap().ends_with(&format!("/installedBase/{id}")));
}

#[tokio::test]
async fn a_held_device_gets_a_remedy_and_nothing_else() {
    let field = Field::new();
    let device = field.device("A");
    let plain = field.campaign(&field.release("2.0", false), &[&device], &json!({}));
    factory::act(&field.maker, &device.unit.number, "quarantine");
    let hand = field.by_hand(&device);
    let why = refused(hand.get(""), 403);
    assert!(why.contains("quarantined"), "{why}");
    refused(hand.get("/deploymentBase/1"), 403);
    refused(hand.put("/configData", &json!({ "data": { "version": "1" } })), 403);
    assert_eq!(field.state(&plain, &device), "offered");
    let remedy = field.campaign(&field.release("2.1", true), &[&device], &json!({}));
    let update = device.update().await;
    assert_eq!(update.chunks().next().unwrap().version(), "2.1");
    update.send_feedback(Execution::Closed, Finished::Success, vec![]).await.unwrap();
    device.tell("2.1").await;
    assert_eq!(field.state(&remedy, &device), "done");
    refused(hand.get(""), 403);
    factory::act(&field.maker, &device.unit.number, "retire");
    let why = refused(hand.get(""), 403);
    assert!(why.contains("retired"), "{why}");
}

#[tokio::test]
async fn who_asks() {
    let field = Field::new();
    let (device, other) = (field.device("A"), field.device("B"));
    let pem = |unit: &factory::Unit| {
        let body = |der: &[u8]| tegata_wire::est::encode(der);
        let certificate =
            format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", body(&unit.identity.chain[0]));
        let path = field.world.folder().join(format!("{}.pem", unit.serial));
        std::fs::write(&path, format!("{}{certificate}", *unit.identity.pem())).unwrap();
        path.display().to_string()
    };
    let (own, foreign) = (pem(&device.unit), pem(&other.unit));
    let number = &device.unit.number;
    let by = |authorization, pem: Option<&str>| field.client(number, authorization, pem);
    let token = || ClientAuthorization::TargetToken(device.token.clone());
    assert!(by(ClientAuthorization::None, Some(&own)).poll().await.is_ok(), "the IDevID");
    for (client, status) in [
        (by(ClientAuthorization::None, None), 401),
        (by(ClientAuthorization::TargetToken("wrong".into()), None), 401),
        (by(ClientAuthorization::TargetToken(other.token.clone()), None), 401),
        (by(ClientAuthorization::GatewayToken(device.token.clone()), None), 401),
        (by(ClientAuthorization::None, Some(&foreign)), 404),
        (by(token(), Some(&own)), 400),
        (field.client("0000-0000-0000-0000", token(), None), 401),
    ] {
        let refused = client.poll().await.unwrap_err();
        let hawkbit::ddi::Error::ReqwestError(error) = refused else { panic!("{refused}") };
        assert_eq!(error.status().map(|s| s.as_u16()), Some(status));
    }
    let renewed = field.token(number);
    assert!(device.client.poll().await.is_err(), "a new token ends the old one");
    assert!(by(ClientAuthorization::TargetToken(renewed), None).poll().await.is_ok());
}

#[tokio::test]
async fn a_token_ends_with_the_owner() {
    let field = Field::new();
    let device = field.device("A");
    let buyer = tegata_testkit::tenant::organisation(&field.maker, "Buyer", &["operator"]);
    let buyer = field.world.public().bearer(&buyer.secret);
    let number = &device.unit.number;
    assert!(device.client.poll().await.is_ok());
    let offer = field.maker.post(&format!("/api/v1/devices/{number}/transfer"), &json!({})).expect(200).json();
    assert!(device.client.poll().await.is_ok(), "an offer changes nothing");
    buyer.post("/api/v1/claims", &json!({ "code": offer["code"] })).expect(200);
    refused(field.by_hand(&device).get(""), 401);
    field.maker.post(&format!("/api/v1/devices/{number}/token"), &json!({})).expect(403);
    let token = buyer.post(&format!("/api/v1/devices/{number}/token"), &json!({})).expect(200).json();
    let token = ClientAuthorization::TargetToken(factory::text(&token, "token"));
    assert!(field.client(number, token, None).poll().await.is_ok());
}
