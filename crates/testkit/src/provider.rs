//! A provider of identity that says whatever a test wants: pages by path over plain HTTP on loopback, ID tokens signed with
//! Ed25519. What a real one says is tried by `tests/foreign/47-provider.sh`.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a path answers.
#[derive(Clone)]
pub struct Page {
    /// `200 OK`.
    pub status: &'static str,
    /// Header lines, each with its end.
    pub head: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Page {
    /// An answer.
    pub fn json(value: &Value) -> Self {
        Page { status: "200 OK", head: String::new(), body: value.to_string().into_bytes() }
    }
}

/// What was asked: path, head, form.
pub type Asked = (String, String, String);

/// A server of pages by path; asking for one that is not there ends the connection.
pub struct Server {
    /// Its address, without a slash at the end.
    pub base: String,
    /// What it answers.
    pub pages: Arc<Mutex<BTreeMap<&'static str, Page>>>,
    /// What it was asked.
    pub asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// A server without pages.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a test's own provider");
        let base = format!("http://{}", listener.local_addr().expect("a test's own provider"));
        let (pages, asked) = <(Arc<Mutex<BTreeMap<_, _>>>, Arc<Mutex<Vec<_>>>)>::default();
        let (known, told) = (pages.clone(), asked.clone());
        std::thread::spawn(move || {
            listener.incoming().for_each(|stream| serve(stream.expect("a test's own provider"), &known, &told))
        });
        Server { base, pages, asked }
    }

    /// From now on this path answers so.
    pub fn put(&self, path: &'static str, page: Page) {
        self.pages.lock().expect("a test's own provider").insert(path, page);
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.asked.lock().expect("a test's own provider").iter().filter(|(asked, ..)| asked == path).count()
    }
}

fn serve(stream: TcpStream, pages: &Mutex<BTreeMap<&'static str, Page>>, asked: &Mutex<Vec<Asked>>) {
    let mut reader = BufReader::new(&stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let before = head.len();
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
        let line = head[before..].trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().expect("a test's own provider");
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a test's own provider");
    let path = head.split(' ').nth(1).expect("a test's own provider").to_owned();
    let page = pages.lock().expect("a test's own provider").get(&*path).cloned();
    asked.lock().expect("a test's own provider").push((
        path,
        head,
        String::from_utf8(body).expect("a test's own provider"),
    ));
    let Some(Page { status, head, body }) = page else { return };
    let head = format!("HTTP/1.1 {status}\r\n{head}Content-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // who asked may have gone: that is one of the cases
    let _gone = (&stream).write_all(head.as_bytes()).and_then(|()| (&stream).write_all(&body));
}

/// A key; the same for the same seed.
pub fn signer(seed: u8) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a test's own provider")
}

/// A set of keys by their ids (RFC 7517 §5).
pub fn keys(of: &[(&str, &Ed25519KeyPair)]) -> Page {
    let key = |(id, key): &(&str, &Ed25519KeyPair)| {
        let x = BASE64URL_NOPAD.encode(key.public_key().as_ref());
        json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": x})
    };
    Page::json(&json!({"keys": of.iter().map(key).collect::<Vec<_>>()}))
}

/// An ID token.
pub fn signed(id: &str, key: &Ed25519KeyPair, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let message = format!("{}.{}", part(&json!({"alg": "EdDSA", "kid": id})), part(claims));
    let signature = BASE64URL_NOPAD.encode(key.sign(message.as_bytes()).as_ref());
    format!("{message}.{signature}")
}

/// Its document (Discovery §3).
pub fn document(base: &str) -> Value {
    json!({
        "issuer": base,
        "authorization_endpoint": format!("{base}/authorize"),
        "token_endpoint": format!("{base}/token"),
        "jwks_uri": format!("{base}/keys"),
        "authorization_response_iss_parameter_supported": true,
    })
}
