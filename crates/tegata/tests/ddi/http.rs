//! What HTTP has to offer: tags, ranges, media types, limits.

use crate::field::{Field, Hand, firmware, refused};
use serde_json::json;
use tegata_testkit::api::Message;

fn with(hand: &Hand, method: &str, path: &str, fields: &[(&'static str, &str)]) -> tegata_testkit::Answer {
    let message = Message::new(method, path);
    hand.call(fields.iter().fold(message, |m, (name, value)| m.header(name, *value)))
}

#[test]
fn tags_types_and_limits() {
    let field = Field::new();
    let device = field.device("A");
    let hand = field.by_hand(&device);
    let base = hand.path.clone();
    let poll = hand.get("").expect(200);
    assert_eq!(poll.header("content-type"), "application/hal+json");
    let tag = poll.header("etag").to_owned();
    let again = with(&hand, "GET", &base, &[("if-none-match", &tag)]).expect(304);
    assert!(again.body.is_empty() && again.header("etag") == tag);
    with(&hand, "GET", &base, &[("if-none-match", "\"other\"")]).expect(200);
    let plain = with(&hand, "GET", &base, &[("accept", "application/json;charset=UTF-8")]).expect(200);
    assert_eq!(plain.header("content-type"), "application/json");
    refused(with(&hand, "GET", &base, &[("accept", "application/cbor")]), 406);
    let head = with(&hand, "HEAD", &base, &[]).expect(200);
    assert!(head.body.is_empty() && head.header("content-length") == poll.body.len().to_string());
    // the tenant decides nothing, case and hyphens of the number neither
    let bare = device.unit.number.replace('-', "").to_lowercase();
    let other = with(&hand, "GET", &format!("/some-tenant/controller/v1/{bare}"), &[]).expect(200).json();
    let link = other["_links"]["configData"]["href"].as_str().unwrap().to_owned();
    let port = field.world.server().https.port();
    assert_eq!(link, format!("https://localhost:{port}/some-tenant/controller/v1/{}/configData", device.unit.number));

    let put = |kind: &str, body: Vec<u8>| hand.call(Message::new("PUT", format!("{base}/configData")).body(kind, body));
    refused(put("application/cbor", vec![0xa0]), 415);
    refused(put("application/json", b"[]".to_vec()), 400);
    refused(put("application/json", vec![b' '; 64 * 1024 + 1]), 413);
    let many: serde_json::Map<_, _> = (0..101).map(|i| (format!("k{i}"), "v".into())).collect();
    refused(hand.put("/configData", &json!({ "data": many })), 429);
    let some: serde_json::Map<_, _> = (0..60).map(|i| (format!("k{i}"), "v".into())).collect();
    hand.put("/configData", &json!({ "data": some })).expect(200);
    let more: serde_json::Map<_, _> = (60..101).map(|i| (format!("k{i}"), "v".into())).collect();
    refused(hand.put("/configData", &json!({ "mode": "merge", "data": more })), 429);
    hand.put("/installedBase", &json!({ "name": "linux", "version": "1.2.3" })).expect(201);
    hand.put("/installedBase", &json!({ "name": "linux", "version": "1.2.3" })).expect(200);
}

#[test]
fn downloads() {
    let field = Field::new();
    let (device, other) = (field.device("A"), field.device("B"));
    let campaign = field.campaign(&field.release("2.0", false), &[&device], &json!({}));
    let hand = field.by_hand(&device);
    let link = hand.get("").expect(200).json()["_links"]["deploymentBase"]["href"].as_str().unwrap().to_owned();
    let path_of = |url: &str| url[url.find("/DEFAULT").unwrap()..].to_owned();
    let body = with(&hand, "GET", &path_of(&link), &[]).expect(200).json();
    let artifact = &body["deployment"]["chunks"][0]["artifacts"][0];
    let path = path_of(artifact["_links"]["download"]["href"].as_str().unwrap());
    let sha256 = artifact["hashes"]["sha256"].as_str().unwrap();

    let whole = with(&hand, "GET", &path, &[]).expect(200);
    assert_eq!(whole.body, firmware());
    assert_eq!(whole.header("etag"), format!("\"{sha256}\""));
    assert_eq!(whole.header("content-disposition"), "attachment;filename=\"pump.swu\"");
    let head = with(&hand, "HEAD", &path, &[]).expect(200);
    assert_eq!((head.header("content-length"), head.header("accept-ranges")), ("200000", "bytes"));
    let part = with(&hand, "GET", &path, &[("range", "bytes=150000-")]).expect(206);
    assert_eq!((part.header("content-range"), &part.body[..]), ("bytes 150000-199999/200000", &firmware()[150_000..]));
    let parts = with(&hand, "GET", &path, &[("range", "bytes=0-1,5-6")]).expect(206);
    assert!(parts.header("content-type").starts_with("multipart/byteranges"));
    refused(with(&hand, "GET", &path, &[("range", "bytes=200000-")]), 416);
    refused(with(&hand, "GET", &path, &[("if-match", "\"other\"")]), 412);
    let sum = with(&hand, "GET", &format!("{path}.MD5SUM"), &[]).expect(200);
    assert_eq!(sum.text(), format!("{}  pump.swu", artifact["hashes"]["md5"].as_str().unwrap()));
    let listed = with(&hand, "GET", path.strip_suffix("/pump.swu").unwrap(), &[]).expect(200).json();
    assert_eq!(&listed[0], artifact);
    refused(with(&hand, "GET", &path.replace("pump.swu", "other.swu"), &[]), 404);
    let stranger = field.by_hand(&other);
    refused(with(&stranger, "GET", &path.replace(&device.unit.number, &other.unit.number), &[]), 404);
    refused(with(&stranger, "GET", &path, &[]), 401);
    for _ in 0..50 {
        with(&hand, "GET", &path, &[("range", "bytes=0-99")]).expect(206);
    }
    assert_eq!(field.state(&campaign, &device), "retrieved");
    let again = with(&hand, "GET", &format!("{}?actionHistory=-1", path_of(&link).split('?').next().unwrap()), &[]);
    assert!(again.expect(200).json().get("actionHistory").is_none(), "downloads leave no entries");
}
