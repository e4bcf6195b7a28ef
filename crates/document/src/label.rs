//! Labels: the code, the number and the few words that go onto a device, 60 × 30 mm, as a drawing to print (SVG) and as
//! dots for label printers (PNG).
//!
//! Pure black on white, so that thermal and laser printers keep every edge; no colour. The SVG takes the fonts of who
//! prints it; the PNG has letters of its own, so that a line without any font prints the same label.

mod dots;

use qrcode::{Color, EcLevel, QrCode, Version};
use std::fmt::Write;

pub use dots::png;

/// Light modules around the code (ISO/IEC 18004 §6.3.8).
pub(crate) const QUIET: usize = 4;
/// The largest code that keeps its modules at 0.33 mm and more, which a phone reads and a label printer of 203 dpi draws.
const LARGEST: i16 = 15;
/// Width of the column of words, in mm.
const COLUMN: f32 = 28.5;
/// Where the column begins, in mm.
const LEFT: f32 = 30.0;

/// What stands on a label.
#[derive(Debug, Clone, Copy)]
pub struct Label<'a> {
    /// GS1 Digital Link: [`digital_link`].
    pub url: &'a str,
    /// Management number, four groups of four.
    pub number: &'a str,
    /// Model designation.
    pub model: &'a str,
    /// The maker's name.
    pub maker: &'a str,
    /// The maker's serial number.
    pub serial: &'a str,
    /// GTIN of 14 digits.
    pub gtin: &'a str,
    /// The initial password, where the label carries it.
    pub password: Option<&'a str>,
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

/// The address in a label's code (GS1 Digital Link): model and unit, with the management number that proves itself.
pub fn digital_link(public_url: &str, gtin: &str, serial: &str, number: &str) -> String {
    // RFC 3986 §2.1
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let escape = |b: u8| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") };
    let serial: String = serial.bytes().map(escape).collect();
    format!("{public_url}/01/{gtin}/21/{serial}?n={number}")
}

/// How a line of words looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    Plain,
    Bold,
    /// Bold, all letters of one width.
    Mono,
}

/// A line of words at its baseline and at a size (mm) at which it fits.
#[derive(Debug)]
struct Words {
    y: f32,
    size: f32,
    face: Face,
    text: String,
}

/// The code: error correction Q, a quarter of it may be scratched.
fn code(url: &str) -> Result<QrCode, UrlTooLong> {
    let code = QrCode::with_error_correction_level(url, EcLevel::Q).map_err(|_| UrlTooLong)?;
    let readable = matches!(code.version(), Version::Normal(1..=LARGEST));
    readable.then_some(code).ok_or(UrlTooLong)
}

/// The words beside the code, from top to bottom.
fn words(label: &Label<'_>) -> Vec<Words> {
    let (first, last) = halves(label.number);
    let (serial, gtin) = (format!("S/N {}", label.serial), format!("GTIN {}", label.gtin));
    let host = host(label.url);
    let fit = |y: f32, text: &str, (largest, least): (f32, f32), face: Face| {
        let (text, size) = fit(text, largest, least, face);
        Words { y, size, face, text }
    };
    let (plain, bold, mono) = (Face::Plain, Face::Bold, Face::Mono);
    match label.password {
        None => vec![
            fit(4.5, label.maker, (2.2, 1.5), plain),
            fit(8.3, label.model, (3.2, 1.6), bold),
            fit(13.7, &first, (4.8, 2.0), mono),
            fit(19.0, &last, (4.8, 2.0), mono),
            fit(23.1, &serial, (2.2, 1.4), plain),
            fit(25.7, &gtin, (1.9, 1.3), plain),
            fit(28.2, host, (1.9, 1.3), plain),
        ],
        Some(password) => vec![
            fit(3.6, label.maker, (2.0, 1.5), plain),
            fit(7.0, label.model, (3.0, 1.6), bold),
            fit(11.8, &first, (4.8, 2.0), mono),
            fit(16.5, &last, (4.8, 2.0), mono),
            fit(20.4, &format!("PW {password}"), (2.7, 1.5), mono),
            fit(23.4, &serial, (2.1, 1.4), plain),
            fit(25.9, &gtin, (1.9, 1.3), plain),
            fit(28.4, host, (1.9, 1.3), plain),
        ],
    }
}

/// The label as SVG.
pub fn svg(label: &Label<'_>) -> Result<String, UrlTooLong> {
    let code = code(label.url)?;
    let (side, path) = (code.width() + 2 * QUIET, outline(&code));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"60mm\" height=\"30mm\" viewBox=\"0 0 60 30\">\n\
         <rect width=\"60\" height=\"30\" fill=\"#fff\"/>\n\
         <svg x=\"0.5\" y=\"0.5\" width=\"29\" height=\"29\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><path d=\"{path}\" fill=\"#000\"/></svg>\n"
    );
    for Words { y, size, face, text } in words(label) {
        let font = match face {
            Face::Plain => SANS.to_owned(),
            Face::Bold => format!("{SANS} font-weight=\"700\""),
            Face::Mono => format!("{MONO} font-weight=\"700\""),
        };
        let text = escape(&text);
        out += &format!("<text x=\"{LEFT}\" y=\"{y}\" fill=\"#000\" {font} font-size=\"{size}\">{text}</text>\n");
    }
    Ok(out + "</svg>\n")
}

const SANS: &str =
    "font-family=\"Helvetica, Arial, 'Liberation Sans', 'Noto Sans JP', 'Noto Sans CJK JP', sans-serif\"";
const MONO: &str = "font-family=\"'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace\"";

/// Text inside an element (XML 1.0 §2.4).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The dark modules as one path of horizontal bars; one path, so that no seams show between modules.
pub(crate) fn outline(code: &QrCode) -> String {
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
fn halves(number: &str) -> (String, String) {
    let groups: Vec<&str> = number.split('-').collect();
    let (first, last) = groups.split_at(groups.len() / 2);
    (first.join("-"), last.join("-"))
}

/// Where the number can be typed in by hand.
fn host(url: &str) -> &str {
    url.split_once("://").map_or(url, |(_, rest)| rest).split(['/', '?']).next().unwrap_or_default()
}

/// The words at the greatest size from `largest` down to `least` mm at which they fit the column; cut at the least size.
fn fit(text: &str, largest: f32, least: f32, face: Face) -> (String, f32) {
    let width = |text: &str| if face == Face::Mono { 0.61 * text.chars().count() as f32 } else { width(text) };
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    let size = (COLUMN / width(&text).max(0.1)).clamp(least, largest);
    let mut cut = text.clone();
    while width(&cut) * size > COLUMN + 0.01 && cut.pop().is_some() {}
    if cut.len() < text.len() {
        cut.pop();
        cut.push('…');
    }
    (cut, size)
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
