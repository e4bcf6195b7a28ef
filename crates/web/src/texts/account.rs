//! Words of accounts: one's own, and those of an organisation.

use super::figure::Count;
use serde::Deserialize;

tables! {
    /// The catalogue.
    Account { own: Own, members: Members, tokens: Tokens, audit: Audit, organisation: Organisation, once: Once }
    /// One's own account.
    Own {
        title, what, password, password_lead, present, next, next_hint, change,
        language, language_lead, language_browser, logins, logins_lead, here, end, end_others,
        strength: [String; 3], houses, houses_lead, switch, acts_now,
    }
    /// The accounts of an organisation.
    Members {
        title: Count, what, members, secured, not_secured, change_role, end, end_why, link, link_why, end_logins,
        end_logins_why, oneself, invite, invite_lead, note, note_hint, invitations, open, used, ended, expired, until,
        take_back, no_invitation,
    }
    /// API tokens.
    Tokens {
        title: Count, what, lead, new, name, name_hint, days, days_hint, make, until, ended, expired, holds, end, empty,
        empty_lead,
    }
    /// The audit.
    Audit { title, what, lead, empty, operation: std::collections::BTreeMap<String, String>, filter, all_acts, show }
    /// The organisation itself.
    Organisation {
        title, what, uid, uid_lead, contact, contact_lead, mail, factor, factor_lead, factor_on, factor_off, demand,
        demand_not, places,
    }
    /// What is shown once.
    Once { title, lead, copy, token, link, link_lead, back }
}

catalogue!(Account, "account");
