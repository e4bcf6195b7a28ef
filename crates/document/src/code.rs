//! A code that a phone reads from a screen (QR, ISO/IEC 18004), as one path to draw.
//!
//! Why beside the label's: a screen is not scratched, so less of it is spent on correction, and the drawing is smaller.

use crate::label::{QUIET, outline};
use qrcode::{EcLevel, QrCode};

/// A drawing: dark on light, or it is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawing {
    /// Length of a side in modules, with the light ones around it.
    pub side: usize,
    /// The dark modules, as the path of an SVG in a box of that length.
    pub path: String,
}

/// The code of a text; none where it is too long for any.
pub fn drawing(text: &str) -> Option<Drawing> {
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    Some(Drawing { side: code.width() + 2 * QUIET, path: outline(&code) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_drawn_within_its_box() {
        let drawn = drawing("otpauth://totp/Tegata%20localhost:admin?secret=GEZDGNBVGY3TQOJQ").unwrap();
        // the bar at the top of the first corner mark: seven dark modules (§6.3.3)
        assert!(drawn.path.starts_with("M4 4h7v1H4z"), "{}", drawn.path);
        assert_eq!((drawn.side - 2 * QUIET - 17) % 4, 0, "a version's width");
        assert_eq!(drawing(&"x".repeat(4000)), None);
    }
}
