//! The token by which a device without a client certificate polls for updates (hawkBit's TargetToken).

use crate::device::{Device, DeviceError};
use crate::id::DeviceRow;
use crate::time::Timestamp;

/// A device's token; its secret is known to the device alone. It ends with the owner's period.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetToken {
    /// Whose it is. A device has one at most.
    pub device: DeviceRow,
    /// The owner period that it was issued in.
    pub period: u32,
    /// SHA-256 of the secret: 256 random bits need no slow hash.
    pub hash: [u8; 32],
    /// Since when it is here.
    pub created_at: Timestamp,
}

impl TargetToken {
    /// A new one for `device`, in the place of the one that it may have.
    pub fn issue(device: &Device, hash: [u8; 32], now: Timestamp) -> Result<Self, DeviceError> {
        device.alive()?;
        Ok(TargetToken { device: device.row, period: device.period, hash, created_at: now })
    }

    /// Whether it still stands for `device`: the owner who asked for it owns it still.
    pub fn stands_for(&self, device: &Device) -> bool {
        self.device == device.row && self.period == device.period
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::Stage;

    #[test]
    fn it_ends_with_the_period_and_is_not_given_to_the_retired() {
        let mut device = crate::device::tests::device();
        let now = Timestamp::from_millis(1);
        let token = TargetToken::issue(&device, [7; 32], now).unwrap();
        assert!(token.stands_for(&device));
        device.period += 1;
        assert!(!token.stands_for(&device));
        device.stage = Stage::Retired;
        assert_eq!(TargetToken::issue(&device, [7; 32], now), Err(DeviceError::Retired));
    }
}
