//! From a device's token to the device.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use tegata_domain::device::Device;
use tegata_domain::id::DeviceRow;
use tegata_domain::number::Number;
use tegata_keys::{digest, secret};

/// The device under `number`, if `token` is its own. An unknown device, one without a token and a wrong token are
/// refused in the same words.
pub async fn authenticate(number: Option<Number>, token: &str, cx: &Inner) -> Result<Device> {
    let refused = || {
        let text = "this token is not that of the device in the address; its owner can ask for a new one";
        Error::new(Kind::NoCredential, "target_token", text)
    };
    let row = number.and_then(|number| cx.numbers.row(number)).map(DeviceRow).ok_or_else(refused)?;
    let known = cx.store.target_token().of(row).await?.ok_or_else(refused)?;
    let device = cx.store.device().by_row(row).await?.ok_or_else(refused)?;
    let shown = digest::sha256(token.as_bytes());
    match secret::same(&shown, &known.hash) && known.stands_for(&device) {
        true => Ok(device),
        false => Err(refused()),
    }
}
