//! Words of logging in.

use serde::Deserialize;

tables! {
    /// The catalogue.
    Login { form: Form, factor: Factor, invitation: Invitation, fault_passing, fault: std::collections::BTreeMap<String, String> }
    /// Where one logs in.
    Form {
        title, lead, again, name, password, button, without, passkey, passkey_script, passkey_none, passkey_failed, provider,
        forgotten, forgotten_text, front,
    }
    /// The second factor.
    Factor { title, lead, code, hint, button, recovery }
    /// Behind the link of an invitation.
    Invitation {
        title, title_again, lead, lead_again, name, name_hint, password, password_hint, button, join, join_lead, or,
        passkey_lead, passkey, first_passkey,
    }
}

catalogue!(Login, "login");
