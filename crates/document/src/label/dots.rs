//! The label as dots: a PNG of one bit a dot, twelve dots a millimetre (305 dpi).

use super::{COLUMN, LEFT, Label, QUIET, UrlTooLong, Words, code, words};
use crate::font::{self, COLUMNS, ROWS};
use qrcode::{Color, QrCode};

/// Dots a millimetre.
const DOTS: usize = 12;
const WIDTH: usize = 60 * DOTS;
const HEIGHT: usize = 30 * DOTS;
/// Height of a capital in shares of the size of its font.
const CAPITAL: f32 = 0.72;

/// Dots, white at first.
struct Sheet(Vec<u8>);

impl Sheet {
    const STRIDE: usize = WIDTH.div_ceil(8);

    /// A black square; what lies outside is left out.
    fn square(&mut self, (x, y): (usize, usize), side: usize) {
        for y in y..(y + side).min(HEIGHT) {
            for x in x..(x + side).min(WIDTH) {
                self.0[y * Self::STRIDE + x / 8] &= !(0x80 >> (x % 8));
            }
        }
    }

    fn draw_code(&mut self, code: &QrCode) {
        let side = code.width() + 2 * QUIET;
        let module = 29 * DOTS / side;
        // what whole dots leave over goes around it
        let margin = (30 * DOTS - module * side) / 2 + QUIET * module;
        for (at, _) in code.to_colors().iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            self.square((margin + at % code.width() * module, margin + at / code.width() * module), module);
        }
    }

    /// Letters at the largest whole scale that fits size and column. Words with a letter that the font has not are left
    /// out: a broken name says less than none, and the drawing has it.
    fn draw_words(&mut self, words: &Words) {
        let letters: Option<Vec<[u8; COLUMNS]>> = words.text.chars().map(font::letter).collect();
        let Some(letters) = letters else { return };
        let wanted = (words.size * CAPITAL * DOTS as f32 / ROWS as f32).round() as usize;
        let room = (COLUMN * DOTS as f32) as usize;
        let scale = wanted.min(room / ((COLUMNS + 1) * letters.len()).max(1)).max(1);
        let (left, baseline) = ((LEFT * DOTS as f32) as usize, (words.y * DOTS as f32) as usize);
        let top = baseline.saturating_sub(ROWS * scale);
        for (place, letter) in letters.iter().enumerate() {
            for (column, bits) in letter.iter().enumerate() {
                for row in (0..ROWS).filter(|row| bits >> row & 1 == 1) {
                    let x = left + (place * (COLUMNS + 1) + column) * scale;
                    self.square((x, top + row * scale), scale);
                }
            }
        }
    }
}

/// The label as PNG, with the resolution at which it has its size.
pub fn png(label: &Label<'_>) -> Result<Vec<u8>, UrlTooLong> {
    let code = code(label.url)?;
    let mut sheet = Sheet(vec![0xff; Sheet::STRIDE * HEIGHT]);
    sheet.draw_code(&code);
    words(label).iter().for_each(|words| sheet.draw_words(words));
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let per_metre = DOTS as u32 * 1000;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(&sheet.0));
    written.expect("a sheet of the right size is written into memory, which cannot fail");
    Ok(out)
}
