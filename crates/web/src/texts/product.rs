//! The words of products.

use super::figure::Count;
use serde::Deserialize;
use tegata_domain::product::{CredentialPolicy, Sector};

tables! {
    /// Products: the list, one of them, the form for a new one.
    Products {
        what, none, all: Count, empty, list, more, name, model, gtin, support, see_batches, see_releases,
        see_devices, next, facts, public, id, registered, keys, keys_why, keys_none, key, since, state, signs, ended,
        end, end_hint, end_why, key_form, key_field, key_hint, key_button,
        form, form_name, form_model, form_model_hint, form_gtin, form_gtin_hint, form_sector, form_support,
        form_support_hint, form_reason, form_reason_hint, form_contact, form_contact_hint, form_credential, form_why,
        form_button,
        sectors: Sectors,
        credentials: Credentials,
    }
    /// Sectors, as they are chosen.
    Sectors { camera, infusion_pump, vehicle_gateway, siren, smart_meter, other }
    /// Policies for the first password, as they are chosen.
    Credentials { unique_and_changed, unique, none, not_stated }
}

catalogue!(Products, "product");

impl Sectors {
    /// A sector's name.
    pub(crate) fn of(&self, sector: Sector) -> &str {
        match sector {
            Sector::Camera => &self.camera,
            Sector::InfusionPump => &self.infusion_pump,
            Sector::VehicleGateway => &self.vehicle_gateway,
            Sector::Siren => &self.siren,
            Sector::SmartMeter => &self.smart_meter,
            Sector::Other => &self.other,
        }
    }
}

impl Credentials {
    /// Each policy with its word in the API and its name here.
    pub(crate) fn all(&self) -> [(CredentialPolicy, &'static str, &str); 4] {
        [
            (CredentialPolicy::UniqueAndChanged, "unique_and_changed", &self.unique_and_changed),
            (CredentialPolicy::Unique, "unique", &self.unique),
            (CredentialPolicy::None, "none", &self.none),
            (CredentialPolicy::NotStated, "not_stated", &self.not_stated),
        ]
    }
}
