//! What may be set about counting look-ups.

use std::sync::Arc;
use tegata_domain::scan::Limits;
use tegata_outside::country::Countries;

/// What may be set.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether look-ups are counted at all.
    pub count: bool,
    /// Countries of addresses; without any, a place is one of 256 groups of networks.
    pub countries: Arc<Countries>,
    /// When a code is in too many places.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { count: true, countries: Arc::default(), limits: Limits::default() }
    }
}
