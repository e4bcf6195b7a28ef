//! A platform whose answers lack lines, although HTTP calls them whole.

use super::*;
use crate::chance::SystemChance;
use crate::line::Order;
use crate::platform::Platform;
use rustls::pki_types::PrivateKeyDer;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tegata_domain::time::Timestamp;
use tegata_keys::profile::{authority_name, root, server};
use tegata_keys::signer::Signer;
use tegata_keys::vault::{DeviceKey, KeyMaker, VaultError};

/// No key is made here.
struct Empty;

impl KeyMaker for Empty {
    fn create(&self, _: &str) -> Result<Box<dyn DeviceKey>, VaultError> {
        unreachable!()
    }

    fn open(&self, _: &str) -> Result<Option<Box<dyn DeviceKey>>, VaultError> {
        Ok(None)
    }
}

/// Answers each request with 200 and `bodies` in turn, the last of them for ever; counts the requests.
fn serve(bodies: &'static [&'static str]) -> (Platform, Arc<AtomicUsize>) {
    let span = [Timestamp::from_millis(0), Timestamp::NEVER];
    let authority = Signer::generate_p256().unwrap().0;
    let top = root(&authority, [1; 16], &authority_name("Works", "HTTPS"), span, None).unwrap();
    let (leaf, key) = server(&authority, &top, [2; 16], &["localhost".to_owned()], span).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(key.to_vec()).unwrap();
    let config = Arc::new(config.with_no_client_auth().with_single_cert(vec![leaf.into()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let tls = rustls::ServerConnection::new(config.clone()).unwrap();
            let mut stream = BufReader::new(rustls::StreamOwned::new(tls, stream.unwrap()));
            let (mut length, mut line) = (0, String::new());
            while stream.read_line(&mut line).unwrap() > 2 {
                let lower = line.to_lowercase();
                length = lower.strip_prefix("content-length:").map_or(length, |text| text.trim().parse().unwrap());
                line.clear();
            }
            stream.read_exact(&mut vec![0; length]).unwrap();
            let body = bodies[counted.fetch_add(1, SeqCst).min(bodies.len() - 1)];
            let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.get_mut().write_all((head + body).as_bytes()).unwrap();
            stream.get_mut().conn.send_close_notify();
            stream.get_mut().flush().unwrap();
        }
    });
    (Platform::new(&address, &[top], "t"), count)
}

fn ask(bodies: &'static [&'static str]) -> (Result<Vec<Answer>, String>, usize) {
    let (platform, count) = serve(bodies);
    let patience = Duration::from_millis(500);
    let order = Order { out: "out".into(), batch: "b".into(), together: 2, patience, root: None };
    let line = Line { order, platform: &platform, vault: &Empty, chance: &SystemChance };
    let answers = Asking::new(&line).lines("/", &["{\"n\":1}\n", "{\"n\":2}\n"]);
    (answers, count.load(SeqCst))
}

#[test]
fn missing_lines_are_waited_for() {
    let (answers, asked) = ask(&["{\"a\":1}\n", "", "{\"a\":2}\n"]);
    let answers: Vec<_> = answers.unwrap().into_iter().map(|answer| answer.unwrap()["a"].clone()).collect();
    assert_eq!((answers, asked), (vec![1.into(), 2.into()], 3));
}

#[test]
fn lines_that_never_come_end_the_patience() {
    let (answers, asked) = ask(&[""]);
    assert!(answers.unwrap_err().contains("answered 0 of 2 lines"));
    assert!(asked < 12, "{asked} requests: it must not ask without a pause");
}
