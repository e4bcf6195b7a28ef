//! Words of what stands beside a device's acts.

use serde::Deserialize;

tables! {
    /// The catalogue.
    Handing { transfer: Transfer, dispose: Dispose, notice: Told, label: Label }
    /// Handing a device on.
    Transfer { head, open, again, lead, reason, reason_hint, to, to_hint, button, stands, cancel, code, note }
    /// The end of its secrets.
    Dispose { head, lead, button, sure_title, why, asked, unconfirmed, witnessed, signed }
    /// Notices about it.
    Told { head, none }
    /// Its label.
    Label { head, link, lead }
}

catalogue!(Handing, "handing");
