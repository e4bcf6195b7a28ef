//! Names and labels hold the conventions, and each sample is there once.

use super::http;
use super::*;
use std::collections::BTreeSet;

fn families() -> Vec<Family> {
    http::refused(429, None);
    http::refused(503, Some("clock_jumped"));
    http::route(Some("/healthz")).answered(200, std::time::Duration::from_millis(3));
    http::route(Some("/of/a/stranger")).answered(418, std::time::Duration::from_secs(60));
    let mut all = http::families();
    all.extend(process::families());
    all
}

#[test]
fn names_follow_the_conventions() {
    let all = families();
    assert!(all.len() > 15);
    for family in &all {
        let name = family.name;
        assert!(name.starts_with("tegata_") || name.starts_with("process_"), "{name}");
        assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
        assert_eq!(family.kind == Kind::Counter, name.ends_with("_total"), "{name}");
        assert!(!family.help.is_empty() && !family.help.ends_with('.') && !family.help.contains('\n'), "{name}");
    }
    let names: BTreeSet<_> = all.iter().map(|family| family.name).collect();
    assert_eq!(names.len(), all.len(), "each once");
}

#[test]
fn a_request_adds_no_label() {
    let text = text::write(&families());
    assert!(text.contains("tegata_http_requests_total{route=\"none\",status=\"other\"}"), "{text}");
    assert!(!text.contains("stranger") && !text.contains("418"));
    assert!(text.contains("tegata_http_requests_total{route=\"/healthz\",status=\"200\"}"));
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
    let samples: BTreeSet<_> = lines.iter().map(|line| line.rsplit_once(' ').unwrap().0).collect();
    assert_eq!(samples.len(), lines.len(), "each sample once");
}

#[test]
fn a_histogram_adds_up() {
    let spread = tegata_domain::measure::Histogram::new(&[1_000_000, 2_500_000]);
    [500_000, 2_000_000, 2_000_000, 9_000_000].into_iter().for_each(|nanos| spread.note(nanos));
    let text = text::write(&[Family::times("t_seconds", "Time", spread.read())]);
    let expected = "# HELP t_seconds Time\n# TYPE t_seconds histogram\nt_seconds_bucket{le=\"0.001\"} 1\n\
        t_seconds_bucket{le=\"0.0025\"} 3\nt_seconds_bucket{le=\"+Inf\"} 4\nt_seconds_sum 0.0135\nt_seconds_count 4\n";
    assert_eq!(text, expected);
}

#[test]
fn every_refusal_has_a_reason() {
    let reason = |status, code| http::Refusal::of(status, code);
    use super::http::Refusal::*;
    for (status, code, expected) in [
        (200, None, None),
        (308, None, None),
        (400, None, Some(Malformed)),
        (401, None, Some(Authentication)),
        (403, Some("role"), Some(Permission)),
        (404, None, Some(Missing)),
        (413, None, Some(TooLarge)),
        (429, None, Some(Throttled)),
        (503, None, Some(Overload)),
        (503, Some("overloaded"), Some(Overload)),
        (503, Some("clock_jumped"), Some(Clock)),
        (503, Some("disk_full"), Some(Disk)),
        (503, Some("root_offline"), Some(Unavailable)),
        (500, Some("internal"), Some(Internal)),
    ] {
        assert_eq!(reason(status, code), expected, "{status} {code:?}");
    }
}
