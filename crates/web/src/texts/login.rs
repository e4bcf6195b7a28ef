//! Words of logging in.

use serde::Deserialize;

tables! {
    /// The catalogue.
    Login { form: Form, factor: Factor, invitation: Invitation, fault: Faults }
    /// Where one logs in.
    Form { title, lead, again, name, password, button, forgotten, forgotten_text, front }
    /// The second factor.
    Factor { title, lead, code, hint, button, recovery }
    /// Behind the link of an invitation.
    Invitation { title, title_again, lead, lead_again, name, name_hint, password, password_hint, button, join, join_lead }
    /// What did not work.
    Faults { credentials, too_many, ticket, code, used, other }
}

catalogue!(Login, "login");
