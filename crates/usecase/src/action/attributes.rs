//! What a device says of itself: names and values.

use crate::cx::Inner;
use crate::error::Result;
use std::collections::BTreeMap;
use tegata_domain::device::Device;

/// How attributes are put together with those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Added; a value of none removes.
    Merge,
    /// In place of all others.
    Replace,
    /// Removed.
    Remove,
}

/// Takes attributes: names and values of at most 128 characters. Throttled `too_many` past 100. The one called `version`
/// is the version that the device runs.
pub async fn attributes(
    device: &Device,
    mode: Mode,
    values: BTreeMap<String, Option<String>>,
    cx: &Inner,
) -> Result<()> {
    let _ = (device, mode, values, cx);
    todo!("in work")
}

/// The attributes of a device.
pub async fn attributes_of(device: &Device, cx: &Inner) -> Result<BTreeMap<String, String>> {
    let _ = (device, cx);
    todo!("in work")
}
