//! Targets of the edges: lines of a stream, what a page was asked with, configuration.

use arbitrary::{Result, Unstructured};
use std::path::Path;
use tegata::config::{Config, Values};
use tegata_agent::config::is_segment;
use tegata_api::device::cutter::{Cutter, LINE_MAX, Line, TOGETHER};
use tegata_api::page::Asked;
use tegata_outside::country::Countries;
use tegata_web::page::Place;

/// A stream of lines: where its frames end changes nothing.
pub fn lines(data: &[u8]) {
    let _short = any_frames(Unstructured::new(data));
}

fn any_frames(mut input: Unstructured<'_>) -> Result<()> {
    // lines that are too long are made here, since inputs are short
    let (stretch, step): (bool, u8) = input.arbitrary()?;
    let bytes: Vec<u8> = match stretch {
        true => input
            .take_rest()
            .iter()
            .flat_map(|byte| vec![*byte; if *byte == b'L' { LINE_MAX / 2 } else { 1 }])
            .collect(),
        false => input.take_rest().to_vec(),
    };
    let wanted: Vec<Line> = bytes.split(|byte| *byte == b'\n').filter_map(line).collect();
    let all = |step: usize| {
        let (mut cutter, mut lines) = (Cutter::default(), Vec::new());
        for frame in bytes.chunks(step) {
            cutter.push(frame);
            drain(&mut cutter, &mut lines);
            assert!(cutter.held() <= LINE_MAX, "memory is bounded");
        }
        cutter.end();
        drain(&mut cutter, &mut lines);
        lines
    };
    assert_eq!(all(bytes.len().max(1)), wanted);
    assert_eq!(all(1 + usize::from(step)), wanted);
    Ok(())
}

fn drain(cutter: &mut Cutter, lines: &mut Vec<Line>) {
    loop {
        let some = cutter.cut();
        if some.is_empty() {
            return;
        }
        assert!(some.len() <= TOGETHER);
        lines.extend(some);
    }
}

/// What one line of the whole is to be read as.
fn line(bytes: &[u8]) -> Option<Line> {
    match bytes.len() {
        0..=LINE_MAX => (!bytes.trim_ascii().is_empty()).then(|| Line::Text(bytes.to_vec().into())),
        _ => Some(Line::TooLong),
    }
}

/// Query and language of a page.
pub fn place(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (query, language) = text.split_once('\n').unwrap_or((text, ""));
    let place = Place::of(Some(query), Some(language));
    let again = Place::of(Some(query), Some(language));
    assert_eq!(place.language().tag(), again.language().tag());
}

/// The query of a list.
pub fn list(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(uri) = format!("/api/v1/devices?{text}").parse() else { return };
    if let Ok(asked) = Asked::of(&uri) {
        assert!(asked.limit.is_none_or(|limit| (1..=1000).contains(&limit)));
        assert!(asked.cursor.is_none_or(|cursor| cursor.len() <= text.len()), "it grows by nothing");
    }
}

/// The agent's configuration file.
pub fn agent(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file = Path::new("/etc/fuzz/agent.toml");
    let Ok(config) = tegata_agent::config::Config::of(file, text) else { return };
    assert!(!config.device_url.starts_with("https:") || !config.trust.is_empty(), "TLS that trusts nobody");
    assert!(is_segment(&config.tenant) && config.number.as_deref().is_none_or(is_segment), "a path of two segments");
    let held = [0, 1, 300, u64::MAX].map(|seconds| config.heartbeat.hold(seconds).as_secs());
    assert!(held.iter().all(|seconds| (1..=config.heartbeat.most).contains(seconds)), "{held:?}");
    let own = config.trust.iter().chain(&config.release.keys).chain(&config.erasure.paths);
    assert!(own.into_iter().all(|path| path.is_absolute()), "relative to its folder");
}

/// The configuration file.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(values) = Values::of(Some(("fuzz.toml", text)), &[], &[]) {
        let count = values.list().count();
        assert_eq!(count, tegata::config::keys().count(), "a file adds no key");
        let _refused = Config::from(&values);
    }
}

/// A file of countries, and an address of each family in it.
pub fn countries(data: &[u8]) {
    let Some((address, text)) = data.split_first_chunk::<16>() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(countries) = Countries::parse(text) {
        let [a, b, c, d, ..] = *address;
        for address in [[a, b, c, d].into(), (*address).into()] {
            if let Some(letters) = countries.of(address) {
                assert!(letters.iter().all(u8::is_ascii_uppercase));
            }
        }
    }
}
