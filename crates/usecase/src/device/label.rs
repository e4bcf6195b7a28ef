//! What stands on a device's label.

use crate::cx::Inner;
use crate::error::Result;
use tegata_document::label::digital_link;
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
    let (gtin, number) = (&seen.product.gtin, number.to_string());
    Ok(LabelText {
        url: digital_link(&cx.names.public_url, gtin, &seen.device.serial, &number),
        number,
        model: seen.product.model.clone(),
        maker,
        serial: seen.device.serial,
        gtin: gtin.clone(),
    })
}
