//! The platform as the line reaches it: one kept-alive connection, requests of many lines, answers line by line.
//!
//! Invariant: what may pass by waiting is [`Fault::Passing`], and the line asks again; all else needs a person.

use rustls::crypto::aws_lc_rs;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::Response;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};
use zeroize::Zeroizing;

/// The longest line of an answer.
const LINE_MAX: u64 = 256 * 1024;
/// The longest answer that is no stream.
const ANSWER_MAX: u64 = 1 << 20;
/// The longest that one request may take.
const REQUEST: Duration = Duration::from_secs(120);

/// Why a request was not answered whole.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not at present: why, and how long the platform asks to wait.
    Passing(String, Option<Duration>),
    /// Not without a person: what is wrong and what to do.
    Fatal(String),
}

/// A connection to a platform.
pub struct Platform {
    agent: Agent,
    base: String,
    bearer: Zeroizing<String>,
}

/// Whether a refusal with this status may pass by waiting.
pub fn is_passing(status: u64) -> bool {
    matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
}

impl Platform {
    /// At `url`, trusting the HTTPS authorities `trust` (DER), as the holder of `token`.
    pub fn new(url: &str, trust: &[Vec<u8>], token: &str) -> Self {
        let roots: Vec<_> = trust.iter().map(|der| Certificate::from_der(der).to_owned()).collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(roots)))
            .unversioned_rustls_crypto_provider(Arc::new(aws_lc_rs::default_provider()))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(REQUEST))
            .build();
        let base = url.trim_end_matches('/').to_owned();
        Platform { agent: config.new_agent(), base, bearer: Zeroizing::new(format!("Bearer {token}")) }
    }

    /// An object.
    pub fn get(&self, path: &str) -> Result<Value, Fault> {
        let asked = self.agent.get(format!("{}{path}", self.base)).header("authorization", self.bearer.as_str()).call();
        let mut answer = self.judge(asked)?;
        let bytes = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_vec().map_err(|e| self.broken(&e))?;
        serde_json::from_slice(&bytes).map_err(|e| self.foreign(&e.to_string()))
    }

    /// Sends lines; gives each line of the answer to `take` as it comes, with its place.
    pub fn lines(
        &self,
        path: &str,
        body: &str,
        mut take: impl FnMut(usize, Value) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let request = self.agent.post(format!("{}{path}", self.base)).header("authorization", self.bearer.as_str());
        let mut answer = self.judge(request.content_type("application/x-ndjson").send(body))?;
        let mut reader = BufReader::new(answer.body_mut().as_reader());
        let mut line = Vec::new();
        for place in 0.. {
            line.clear();
            let read = (&mut reader).take(LINE_MAX).read_until(b'\n', &mut line);
            let read = read.map_err(|e| Fault::Passing(format!("the connection broke: {e}"), None))?;
            if read == 0 {
                break;
            }
            if line.last() != Some(&b'\n') {
                return Err(Fault::Passing("the connection broke inside of a line".into(), None));
            }
            take(place, serde_json::from_slice(&line).map_err(|e| self.foreign(&e.to_string()))?)?;
        }
        Ok(())
    }

    fn foreign(&self, why: &str) -> Fault {
        Fault::Fatal(format!("{} does not answer as a platform of ours ({why}); check --url", self.base))
    }

    fn broken(&self, error: &ureq::Error) -> Fault {
        let base = &self.base;
        if let Some(rustls::Error::InvalidCertificate(why)) = tls_fault(error) {
            return Fault::Fatal(format!(
                "{base} shows a certificate that --trust does not lead to ({why}); give the platform's HTTPS authority, \
                 and the name that it was set up with"
            ));
        }
        match error {
            ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_) | ureq::Error::Http(_) => {
                Fault::Fatal(format!("--url {base}: {error}; give it as https://HOST:PORT"))
            }
            _ => Fault::Passing(format!("cannot reach {base}: {error}"), None),
        }
    }

    /// Only what was answered with 200 goes on.
    fn judge(&self, answer: Result<Response<Body>, ureq::Error>) -> Result<Response<Body>, Fault> {
        let mut answer = answer.map_err(|e| self.broken(&e))?;
        let status = answer.status().as_u16();
        if status == 200 {
            return Ok(answer);
        }
        let after = answer.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let text = answer.body_mut().with_config().limit(ANSWER_MAX).read_to_string().unwrap_or_default();
        Err(refusal(status, after, &text))
    }
}

/// What a status other than 200 asks of the line.
fn refusal(status: u16, after: Option<u64>, body: &str) -> Fault {
    let problem: Value = serde_json::from_str(body).unwrap_or_default();
    let detail = problem["detail"].as_str().unwrap_or("no reason is told");
    if is_passing(status.into()) {
        return Fault::Passing(format!("the platform answers {status}: {detail}"), after.map(Duration::from_secs));
    }
    Fault::Fatal(match status {
        401 => format!(
            "the platform does not know the token of --token-file ({detail}); ask your administrator for one of role \
             station"
        ),
        403 => format!("the token may not do this: {detail}; a line takes one of role station, of the maker"),
        404 => format!("the platform has no such batch for this token ({detail}); check --batch"),
        _ => format!("the platform refuses with {status}: {detail}"),
    })
}

/// The TLS error behind an error: it comes as it is, or wrapped by the connection.
fn tls_fault(error: &ureq::Error) -> Option<&rustls::Error> {
    match error {
        ureq::Error::Rustls(inner) => Some(inner),
        ureq::Error::Io(inner) => inner.get_ref()?.downcast_ref(),
        _ => None,
    }
}

/// Waits that grow: from a tenth of a second to five, each shortened by chance so that lines do not ask in step.
#[derive(Debug, Default)]
pub struct Backoff(u32);

impl Backoff {
    /// The next wait; never shorter than what the platform asked for. `chance` is a random byte.
    pub fn next(&mut self, asked: Option<Duration>, chance: u8) -> Duration {
        let whole = Duration::from_millis(100).saturating_mul(1 << self.0.min(6)).min(Duration::from_secs(5));
        self.0 += 1;
        let half = whole / 2;
        let wait = half + half.mul_f64(f64::from(chance) / 255.0);
        // a platform that asks for more than a minute is asked again after one
        let asked = asked.unwrap_or_default().min(Duration::from_secs(60));
        wait.max(asked + asked.mul_f64(f64::from(chance) / 1024.0))
    }

    /// An answer came: the next wait is short again.
    pub fn reset(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_bound_and_honour_what_is_asked() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..12).map(|_| backoff.next(None, 255).as_millis()).collect();
        assert_eq!(waits[..7], [100, 200, 400, 800, 1600, 3200, 5000]);
        assert!(waits[7..].iter().all(|wait| *wait == 5000));
        assert_eq!(backoff.next(None, 0).as_millis(), 2500, "chance shortens it by half at most");
        backoff.reset();
        assert_eq!(backoff.next(None, 255).as_millis(), 100);
        assert!(backoff.next(Some(Duration::from_secs(7)), 0) >= Duration::from_secs(7));
        assert!(backoff.next(Some(Duration::from_secs(100_000)), 255) < Duration::from_secs(76));
    }

    #[test]
    fn refusals_wait_or_say_what_to_do() {
        let busy = r#"{"detail":"the server is busy"}"#;
        let passing =
            Fault::Passing("the platform answers 429: the server is busy".into(), Some(Duration::from_secs(3)));
        assert_eq!(refusal(429, Some(3), busy), passing);
        assert!(matches!(refusal(503, None, "<html>"), Fault::Passing(_, None)));
        for (status, word) in [(401, "--token-file"), (403, "role station"), (404, "--batch"), (415, "415")] {
            assert!(matches!(refusal(status, None, "{}"), Fault::Fatal(why) if why.contains(word)), "{status}");
        }
    }

    #[test]
    fn nobody_at_home_is_passing_and_a_wrong_address_is_not() {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let platform = Platform::new(&format!("https://{closed}"), &[], "t");
        assert!(matches!(platform.get("/"), Err(Fault::Passing(why, None)) if why.contains("cannot reach")));
        for url in ["http://127.0.0.1:1", "nonsense"] {
            assert!(matches!(Platform::new(url, &[], "t").get("/"), Err(Fault::Fatal(_))), "{url}");
        }
    }
}
