//! What a device says of itself: names and values.

use crate::cx::Inner;
use crate::error::{Error, Kind, Result};
use std::collections::BTreeMap;
use tegata_domain::change::{Change, Write};
use tegata_domain::device::Device;
use tegata_domain::permit::{Actor, Operation};
use tegata_domain::release::{AttributeSet, is_reported};

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

/// The most attributes of a device.
const ATTRIBUTES_MAX: usize = 100;
/// The longest name and value.
const TEXT_MAX: usize = 128;
/// The attribute that is the version which the device runs.
const VERSION: &str = "version";

fn check(values: &BTreeMap<String, Option<String>>) -> Result<()> {
    let fits = |text: &str| text.chars().count() <= TEXT_MAX && !text.chars().any(char::is_control);
    let good =
        |(name, value): (&String, &Option<String>)| !name.is_empty() && fits(name) && value.as_deref().is_none_or(fits);
    if values.iter().all(good) {
        return Ok(());
    }
    let text = format!("names and values have at most {TEXT_MAX} characters, without control characters");
    Err(Error::invalid("attributes", text))
}

/// Takes attributes: names and values of at most 128 characters. Throttled `too_many` past 100. The one called `version`
/// is the version that the device runs.
pub async fn attributes(
    device: &Device,
    mode: Mode,
    values: BTreeMap<String, Option<String>>,
    cx: &Inner,
) -> Result<()> {
    check(&values)?;
    let permit = Actor::Device(device.row).permit(Operation::UpdateDevice, device)?;
    let version = values.get(VERSION).cloned().flatten().filter(|_| mode != Mode::Remove);
    if version.as_deref().is_some_and(|version| !is_reported(version)) {
        return Err(crate::release::running::wrong_version());
    }
    let known = cx.store.release().attributes(device.row).await?;
    let value = |(name, value): (String, Option<String>)| (name, value.filter(|_| mode != Mode::Remove));
    let mut values: BTreeMap<_, _> = values.into_iter().map(value).collect();
    let replace = mode == Mode::Replace;
    let kept = known.keys().filter(|name| !replace && !values.contains_key(*name)).count();
    if kept + values.values().flatten().count() > ATTRIBUTES_MAX {
        let text = format!("a device has at most {ATTRIBUTES_MAX} attributes; remove some");
        return Err(Error::new(Kind::Throttled, "too_many", text));
    }
    // what is so already needs no write
    values.retain(|name, value| replace || known.get(name) != value.as_ref());
    let now = cx.now()?;
    let wanted = cx.store.release().updating(device.row).await?.is_none_or(|updating| updating.wanted);
    if wanted || replace || !values.is_empty() {
        let write = Write::Attributes(device.row, AttributeSet { replace, values });
        cx.store.save(Change::of("", vec![write]), &permit, now).await?;
    }
    match version {
        Some(version) => crate::release::running::report(device, &version, cx).await,
        None => Ok(()),
    }
}

/// The attributes of a device.
pub async fn attributes_of(device: &Device, cx: &Inner) -> Result<BTreeMap<String, String>> {
    Ok(cx.store.release().attributes(device.row).await?)
}
