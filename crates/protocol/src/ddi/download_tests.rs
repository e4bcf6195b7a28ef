//! What a client asks of a file, and what it gets.

use super::*;
use http::HeaderValue;
use tegata_domain::id::{OrganisationRow, ProductRow, Uuid};
use tegata_domain::time::Timestamp;

/// Long, and no byte like its neighbours.
fn content() -> Vec<u8> {
    (0..300_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

fn release() -> Release {
    Release {
        row: ReleaseRow(3),
        uid: Uuid::nil(),
        product: ProductRow(1),
        organisation: OrganisationRow(1),
        version: "2.0".into(),
        security_version: 1,
        remedy: false,
        file_name: "fw.swu".into(),
        size: content().len() as u64,
        sha256: [0xab; 32],
        sha1: [1; 20],
        md5: [2; 16],
        signature: Vec::new(),
        key: None,
        created_at: Timestamp::from_millis(784_111_777_000),
    }
}

const TAG: &str = "\"abababababababababababababababababababababababababababababababab\"";
const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

async fn ask(method: Method, fields: &[(header::HeaderName, &'static str)]) -> (Response, Vec<u8>) {
    let file = release::Content::memory(content().into());
    let headers = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
    let (parts, body) = match serve(&release(), file, &method, &headers).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
    .into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("the file can be read").to_vec();
    (Response::from_parts(parts, Body::empty()), body)
}

async fn get(fields: &[(header::HeaderName, &'static str)]) -> (Response, Vec<u8>) {
    ask(Method::GET, fields).await
}

#[tokio::test]
async fn whole() {
    let (answer, body) = get(&[]).await;
    assert_eq!((answer.status(), body), (StatusCode::OK, content()));
    for (name, value) in [
        ("etag", TAG),
        ("last-modified", MODIFIED),
        ("accept-ranges", "bytes"),
        ("content-length", "300000"),
        ("content-type", OCTETS),
        ("content-disposition", "attachment;filename=\"fw.swu\""),
    ] {
        assert_eq!(answer.headers()[name], value, "{name}");
    }
}

#[tokio::test]
async fn one_part() {
    for (asked, first, last) in
        [("bytes=100000-", 100_000, 299_999), ("bytes=0-0", 0, 0), ("bytes=-1", 299_999, 299_999)]
    {
        let (answer, body) = get(&[(header::RANGE, asked)]).await;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{asked}");
        assert_eq!(answer.headers()["content-range"], format!("bytes {first}-{last}/300000"));
        assert_eq!(answer.headers()["content-length"], format!("{}", last - first + 1));
        assert_eq!(body, &content()[first..=last], "{asked}");
    }
}

#[tokio::test]
async fn several_parts() {
    let (answer, body) = get(&[(header::RANGE, "bytes=0-9,131000-131100, -5")]).await;
    assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(answer.headers()["content-length"], body.len().to_string());
    let kind = answer.headers()["content-type"].to_str().expect("text").to_owned();
    let boundary = kind.strip_prefix("multipart/byteranges; boundary=").expect("a boundary");
    let mut expect = Vec::new();
    for (first, last) in [(0, 9), (131_000, 131_100), (299_995, 299_999)] {
        let head = format!("content-type: {OCTETS}\r\ncontent-range: bytes {first}-{last}/300000");
        expect.extend_from_slice(format!("\r\n--{boundary}\r\n{head}\r\n\r\n").as_bytes());
        expect.extend_from_slice(&content()[first..=last]);
    }
    expect.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    assert_eq!(body, expect);
}

#[tokio::test]
async fn nothing_lies_there() {
    let (answer, body) = get(&[(header::RANGE, "bytes=300000-")]).await;
    assert_eq!(answer.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(answer.headers()["content-range"], "bytes */300000");
    assert!(String::from_utf8_lossy(&body).contains("300000"));
}

#[tokio::test]
async fn a_part_of_an_older_file_is_of_no_use() {
    let status = |held: &'static str| async move {
        get(&[(header::RANGE, "bytes=5-"), (header::IF_RANGE, held)]).await.0.status().as_u16()
    };
    assert_eq!((status(TAG).await, status(MODIFIED).await), (206, 206));
    assert_eq!((status("\"other\"").await, status("Sun, 06 Nov 1994 08:49:38 GMT").await), (200, 200));
}

#[tokio::test]
async fn conditions() {
    let status = |name, value| async move { get(&[(name, value)]).await.0.status().as_u16() };
    assert_eq!(status(header::IF_MATCH, TAG).await, 200);
    assert_eq!(status(header::IF_MATCH, "*").await, 200);
    assert_eq!(status(header::IF_MATCH, "\"other\"").await, 412);
    assert_eq!(status(header::IF_NONE_MATCH, TAG).await, 304);
    assert_eq!(status(header::IF_NONE_MATCH, "\"other\"").await, 200);
}

#[tokio::test]
async fn a_range_is_for_get_alone() {
    let (answer, _) = ask(Method::HEAD, &[(header::RANGE, "bytes=5-")]).await;
    assert_eq!(
        (answer.status(), &answer.headers()["content-length"]),
        (StatusCode::OK, &"300000".parse().expect("text"))
    );
}
