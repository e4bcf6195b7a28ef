//! Words of one's own ways in: second factor, passkeys, a provider.

use super::figure::Count;
use serde::Deserialize;

tables! {
    /// The catalogue.
    Ways { list: List, factor: Factor, passkeys: Passkeys, provider: Provider }
    /// The ways in one's account, each with a page.
    List { title, lead, factor, factor_on, factor_off, passkeys, count: Count, passkeys_none, provider_on, provider_off }
    /// The second factor.
    Factor {
        what, title, title_there, demanded, demanded_passkey, steps: [String; 3], drawing, seed_hint, code,
        code_hint, confirm, left: Count, codes, codes_note, new_codes, new_codes_lead, new_phone, new_phone_lead, end, end_lead, ends,
    }
    /// Passkeys.
    Passkeys {
        what, title, lead, none, since, used, unused, name, rename, end, add, add_lead, name_hint, button, host,
    }
    /// A provider of identity.
    Provider { what, title, lead, leave, connected, connected_lead, end }
}

catalogue!(Ways, "ways");
