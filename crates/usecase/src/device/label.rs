//! What stands on a device's label.

use crate::cx::Inner;
use crate::error::Result;
use tegata_domain::number::Number;
use tegata_domain::permit::Actor;

/// The texts of a label.
#[derive(Debug, Clone)]
pub struct LabelText {
    /// GS1 Digital Link with the number.
    pub url: String,
    /// The management number.
    pub number: String,
    /// Model designation.
    pub model: String,
    /// The maker's name.
    pub maker: String,
    /// The maker's serial number.
    pub serial: String,
    /// GTIN of 14 digits.
    pub gtin: String,
}

/// The label of a device, for who made or owns it.
pub async fn label(number: Number, actor: &Actor, cx: &Inner) -> Result<LabelText> {
    let seen = super::by_number(number, actor, cx).await?;
    let maker = crate::lookup::entry(seen.device.product, cx).await?.maker.to_string();
    let serial = escape(&seen.device.serial);
    let (gtin, public) = (&seen.product.gtin, &cx.names.public_url);
    Ok(LabelText {
        url: format!("{public}/01/{gtin}/21/{serial}?n={number}"),
        number: number.to_string(),
        model: seen.product.model.clone(),
        maker,
        serial: seen.device.serial,
        gtin: gtin.clone(),
    })
}

/// Percent-encodes a path segment (RFC 3986 §2.1).
fn escape(text: &str) -> String {
    let keep = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    text.bytes().map(|b| if keep(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
