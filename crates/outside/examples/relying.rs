//! A relying party on its own, for the foreign test: begins log-ins at a real provider, and says who came back.
//!
//! ```text
//! relying ISSUER CLIENT SECRET REDIRECT TRUST      SECRET `-`: none; TRUST: a PEM file
//! ```
//!
//! Reads a command a line: `begin`, `begin anew`, `finish BEGUN ADDRESS [SECONDS]` (as if so much later). Answers a line
//! each: `BEGUN ADDRESS`, `is SUBJECT PROOF`, or `no WHY`.

use std::io::BufRead;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tegata_domain::chance::Chance;
use tegata_domain::time::Timestamp;
use tegata_outside::oidc::{Back, Begun, OidcError, Provider, Settings};

struct Random;

impl Chance for Random {
    #[expect(clippy::disallowed_methods, reason = "a program's own randomness")]
    fn fill(&self, out: &mut [u8]) {
        aws_lc_rs::rand::fill(out).expect("the system has randomness");
    }
}

#[expect(clippy::disallowed_methods, reason = "a program's own clock")]
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(since.as_millis() as i64)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [issuer, client_id, secret, redirect, trust] = args.try_into().expect("five arguments");
    let client_secret = (secret != "-").then_some(secret);
    let trust = Some(std::fs::read(trust).expect("the PEM file can be read"));
    let provider = Provider::new(Settings { issuer, client_id, client_secret, redirect, trust });
    let provider = provider.expect("the settings can be used");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("commands are text");
        match answer(&provider, &line.split(' ').collect::<Vec<_>>()) {
            Ok(told) => println!("{told}"),
            Err(why) => println!("no {why}"),
        }
    }
}

fn answer(provider: &Provider, command: &[&str]) -> Result<String, OidcError> {
    match command {
        ["begin", rest @ ..] => {
            let (address, begun) = provider.begin(*rest == ["anew"], now(), &Random)?;
            Ok(format!("{} {address}", begun.text()))
        }
        ["finish", begun, address, rest @ ..] => {
            let begun = Begun::parse(begun).ok_or(OidcError::Foreign)?;
            let later = rest.first().map_or(Ok(0), |text| text.parse()).expect("seconds are a number");
            let who = provider.finish(&begun, &back(address), now().plus(Duration::from_secs(later)))?;
            Ok(format!("is {} {}", who.subject, data_encoding::HEXLOWER.encode(&who.proof)))
        }
        _ => panic!("no such command: {command:?}"),
    }
}

/// The fields of the query that a browser brings back.
fn back(address: &str) -> Back {
    let address = url::Url::parse(address).expect("an address");
    let field = |name| address.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Back { state: field("state"), code: field("code"), iss: field("iss"), error: field("error") }
}
