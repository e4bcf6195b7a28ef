//! Section `trace`: traces for OpenTelemetry.

use super::{ConfigError, Key, Values, refuse};

/// Keys of this section.
pub const KEYS: &[Key] = &[
    Key {
        name: "trace.endpoint",
        default: "",
        manual: "Where traces go: OTLP over HTTP with protobuf, as https://collector.example.com:4318/v1/traces; http:// \
                 to loopback only. When absent, nothing is traced.",
    },
    Key { name: "trace.share", default: "0.01", manual: "Share of requests that are traced, 0 to 1." },
    Key { name: "trace.service", default: "tegata", manual: "Name of this platform in traces." },
    Key {
        name: "trace.trust",
        default: "",
        manual: "PEM file of the authorities that the collector's certificate is checked against; https:// needs it.",
    },
];

/// Section `trace`.
#[derive(Debug, Clone, PartialEq)]
pub struct Trace {
    /// Where traces go.
    pub endpoint: String,
    /// Share of requests that are traced.
    pub share: f64,
    /// Name of the platform in them.
    pub service: String,
    /// Authorities of the collector, PEM.
    pub trust: Option<Vec<u8>>,
}

/// Whether a URL over plain HTTP leads to this machine.
fn near(rest: &str) -> bool {
    let host = rest.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

impl Trace {
    /// `None` where nothing is traced.
    pub(super) fn from(values: &Values) -> Result<Option<Self>, ConfigError> {
        let share: f64 = values.get("trace.share", "a number from 0 to 1")?;
        if !(0.0..=1.0).contains(&share) {
            return Err(refuse(format!("trace.share = {share} is not 0 to 1")));
        }
        let Some(endpoint) = values.text("trace.endpoint") else { return Ok(None) };
        let read = |path: String| std::fs::read(&path).map_err(|e| refuse(format!("trace.trust: {path}: {e}")));
        let trust = values.text("trace.trust").map(read).transpose()?;
        match endpoint.split_once("://") {
            Some(("https", _)) if trust.is_none() => {
                return Err(refuse("trace.endpoint over https:// needs trace.trust, a PEM file of authorities".into()));
            }
            Some(("https", _)) => {}
            Some(("http", rest)) if near(rest) => {}
            Some(("http", _)) => {
                let text = format!("trace.endpoint = \"{endpoint}\": http:// goes to loopback only; use https://");
                return Err(refuse(text));
            }
            _ => return Err(refuse(format!("trace.endpoint = \"{endpoint}\" is neither https:// nor http://"))),
        }
        let service = values.text("trace.service").unwrap_or_else(|| "tegata".into());
        Ok(Some(Trace { endpoint, share, service, trust }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(endpoint: &str, share: &str) -> Result<Option<Trace>, String> {
        let set = |key: &str, value: &str| (format!("TEGATA_TRACE_{key}"), value.to_owned());
        let values = Values::gather(None, &[set("ENDPOINT", endpoint), set("SHARE", share)], &[]).unwrap();
        Trace::from(&values).map_err(|e| e.to_string())
    }

    #[test]
    fn plain_http_stays_on_this_machine() {
        assert_eq!(of("", "1").unwrap(), None);
        for near in
            ["http://127.0.0.1:4318/v1/traces", "http://localhost:4318/v1/traces", "http://[::1]:4318/v1/traces"]
        {
            assert_eq!(of(near, "1").unwrap().unwrap().endpoint, near);
        }
        for (endpoint, says) in [
            ("http://collector.example.com:4318/v1/traces", "loopback only"),
            ("http://127.0.0.1.example.com/v1/traces", "loopback only"),
            ("https://collector.example.com/v1/traces", "needs trace.trust"),
            ("grpc://127.0.0.1:4317", "neither https:// nor http://"),
            ("127.0.0.1:4318", "neither https:// nor http://"),
        ] {
            let error = of(endpoint, "1").unwrap_err();
            assert!(error.contains(says), "{endpoint}: {error}");
        }
        for share in ["1.5", "-0.1", "NaN", "all"] {
            assert!(of("", share).is_err(), "{share}");
        }
    }
}
