//! Labels: the code, the number and the few words that go onto a device, as a drawing to print (SVG, 60 × 30 mm).
//!
//! Pure black on white, so that thermal and laser printers keep every edge; no colour, no font of our own.

use askama::Template;
use qrcode::{Color, EcLevel, QrCode, Version};
use std::fmt::Write;
use tegata_domain::number::Number;

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
const QUIET: usize = 4;
/// The largest code that keeps its modules at 0.33 mm and more, which a phone reads and a label printer of 203 dpi draws.
const LARGEST: i16 = 15;
/// Width of the column of words, in mm.
const COLUMN: f32 = 28.5;

/// What stands on a label.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// GS1 Digital Link: `{public-url}/01/{gtin14}/21/{serial}?n={number}`.
    pub url: &'a str,
    /// Management number.
    pub number: Number,
    /// Model designation.
    pub model: &'a str,
    /// The maker's name.
    pub maker: &'a str,
    /// The maker's serial number.
    pub serial: &'a str,
    /// GTIN of 14 digits.
    pub gtin: &'a str,
}

/// The address is too long for a code that can be read at this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UrlTooLong;

impl std::fmt::Display for UrlTooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the address is too long for a label of 60 mm; shorten the serial number or the public address")
    }
}

impl std::error::Error for UrlTooLong {}

#[derive(Template)]
#[template(path = "label.svg")]
struct Drawing<'a> {
    label: &'a Label<'a>,
    /// Side of the code in modules, quiet zone included.
    side: usize,
    code: String,
    maker: Line,
    model: Line,
    serial: Line,
    first: String,
    last: String,
    host: Line,
}

/// A line of words at a size (mm) at which it fits.
struct Line {
    text: String,
    size: f32,
}

/// The label as SVG. The code has error correction Q: a quarter of it may be scratched.
pub fn svg(label: &Label<'_>) -> Result<String, UrlTooLong> {
    let code = QrCode::with_error_correction_level(label.url, EcLevel::Q).map_err(|_| UrlTooLong)?;
    if !matches!(code.version(), Version::Normal(1..=LARGEST)) {
        return Err(UrlTooLong);
    }
    let (first, last) = halves(label.number);
    let drawing = Drawing {
        label,
        side: code.width() + 2 * QUIET,
        code: outline(&code),
        maker: fit(label.maker, 2.2, 1.5),
        model: fit(label.model, 3.2, 1.6),
        serial: fit(&format!("S/N {}", label.serial), 2.2, 1.4),
        first,
        last,
        host: fit(host(label.url), 1.9, 1.3),
    };
    Ok(drawing.render().expect("a template of ours writes into memory, which cannot fail"))
}

/// The dark modules as one path of horizontal bars; one path, so that no seams show between modules.
fn outline(code: &QrCode) -> String {
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(code.width()).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|a, b| a == b) {
            if run[0] == Color::Dark {
                let _ = write!(path, "M{} {}h{}v1H{}z", x + QUIET, y + QUIET, run.len(), x + QUIET);
            }
            x += run.len();
        }
    }
    path
}

/// The number in two lines of two groups.
fn halves(number: Number) -> (String, String) {
    let number = number.to_string();
    let groups: Vec<&str> = number.split('-').collect();
    let (first, last) = groups.split_at(2);
    (first.join("-"), last.join("-"))
}

/// Where the number can be typed in by hand.
fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default()
}

/// The words at the greatest size from `largest` down to `least` mm at which they fit the column; cut at the least size.
fn fit(text: &str, largest: f32, least: f32) -> Line {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let size = (COLUMN / width(&text).max(0.1)).clamp(least, largest);
    let mut cut = text.clone();
    while width(&cut) * size > COLUMN + 0.01 && cut.pop().is_some() {}
    if cut.len() < text.len() {
        cut.pop();
        cut.push('…');
    }
    Line { text: cut, size }
}

/// About how many ems wide a text is in a common sans-serif: wide letters count more, so that it never comes out wider.
fn width(text: &str) -> f32 {
    let of = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'I' | ' ' | '.' | ',' | ':' | '-' | '/' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.98,
        'A'..='Z' => 0.76,
        c if c.is_ascii() => 0.64,
        c if (c as u32) < 0x1100 => 0.7,
        _ => 1.05,
    };
    text.chars().map(of).sum()
}

#[cfg(test)]
#[path = "label_tests.rs"]
mod tests;
