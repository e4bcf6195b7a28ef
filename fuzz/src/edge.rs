//! Targets of the edges: lines of a stream, what a page was asked with, configuration.

use arbitrary::{Result, Unstructured};
use tegata::config::{Config, Values};
use tegata_api::device::cutter::{Cutter, LINE_MAX, Line, TOGETHER};
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

/// The configuration file.
pub fn config(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(values) = Values::of(Some(("fuzz.toml", text)), &[], &[]) {
        let count = values.list().count();
        assert_eq!(count, tegata::config::keys().count(), "a file adds no key");
        let _refused = Config::from(&values);
    }
}
