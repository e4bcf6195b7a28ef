//! Products: a model that a maker registers before the first unit is made.

use crate::id::{OrganisationRow, ProductRow, Uuid};
use crate::time::{Month, Timestamp};

/// What a product is for; decides words, criticality and what is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Sector {
    /// Network camera.
    Camera,
    /// Infusion pump.
    InfusionPump,
    /// Gateway in a vehicle.
    VehicleGateway,
    /// Siren of the public warning system.
    Siren,
    /// Smart meter.
    SmartMeter,
    /// Anything else.
    Other,
}

impl Sector {
    /// Every sector profile.
    pub const ALL: [Sector; 6] = [
        Sector::Camera,
        Sector::InfusionPump,
        Sector::VehicleGateway,
        Sector::Siren,
        Sector::SmartMeter,
        Sector::Other,
    ];
}

/// How the credential that a device has at birth is made (端末設備等規則34条の10).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum CredentialPolicy {
    /// A credential of its own for each unit, to be changed at installation.
    UniqueAndChanged,
    /// A credential of its own for each unit.
    Unique,
    /// No credential that a person types.
    None,
    /// The maker has not said.
    NotStated,
}

/// A product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Product {
    /// Row.
    pub row: ProductRow,
    /// Outward id.
    pub uid: Uuid,
    /// The maker.
    pub organisation: OrganisationRow,
    /// Name for people, 1–120 characters.
    pub name: String,
    /// Model designation, 1–60 characters; stands in certificates and on labels.
    pub model: String,
    /// GTIN of 14 digits (GS1 General Specifications §3.3.2), check digit correct.
    pub gtin: String,
    /// Sector profile.
    pub sector: Sector,
    /// The last month with security updates.
    pub support_end: Month,
    /// Why support is shorter than five years.
    pub support_reason: Option<String>,
    /// Where weaknesses are reported: URL or mail address.
    pub contact: Option<String>,
    /// Default-credential policy.
    pub credential: CredentialPolicy,
    /// Since when it is here.
    pub created_at: Timestamp,
}

/// What a maker says of a new product.
#[derive(Debug, Clone)]
pub struct NewProduct {
    /// Name for people.
    pub name: String,
    /// Model designation.
    pub model: String,
    /// GTIN of 8, 12, 13 or 14 digits.
    pub gtin: String,
    /// Sector profile.
    pub sector: Sector,
    /// `YYYY-MM`.
    pub support_end: String,
    /// Why support is shorter than five years.
    pub support_reason: Option<String>,
    /// Where weaknesses are reported.
    pub contact: Option<String>,
    /// Default-credential policy.
    pub credential: CredentialPolicy,
}

/// Why a product cannot be registered so.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProductError {
    /// A text is empty, too long or has control characters.
    #[error("{field} has 1 to {max} characters and no control characters")]
    Text {
        /// The field.
        field: &'static str,
        /// Its longest length.
        max: usize,
    },
    /// Not a GTIN.
    #[error("gtin has 8, 12, 13 or 14 digits and ends in its check digit; for these digits that would be {expected}")]
    Gtin {
        /// The check digit that would fit, or `?` for a text of another form.
        expected: char,
    },
    /// Not a month.
    #[error("support_end is a month, as 2032-03")]
    SupportEnd,
    /// The month has passed.
    #[error("support_end has passed: nothing is sold without support")]
    SupportEnded,
    /// Shorter than five years without a reason.
    #[error("support ends in less than five years; give support_reason, which the look-up page will show")]
    SupportShort,
    /// Neither URL nor mail address.
    #[error("contact is a mail address or an https address where weaknesses are reported")]
    Contact,
}

impl ProductError {
    /// Which it is, for catalogues of texts.
    pub fn case(&self) -> &'static str {
        match self {
            ProductError::Text { field: "name", .. } => "product.name",
            ProductError::Text { field: "model", .. } => "product.model",
            ProductError::Text { .. } => "product.reason",
            ProductError::Gtin { .. } => "product.gtin",
            ProductError::SupportEnd => "product.support",
            ProductError::SupportEnded => "product.support_over",
            ProductError::SupportShort => "product.support_short",
            ProductError::Contact => "product.contact",
        }
    }
}

/// The check digit of a GTIN without it (GS1 General Specifications §7.9).
fn check_digit(body: &[u8]) -> u8 {
    let sum: u32 =
        body.iter().rev().enumerate().map(|(i, d)| u32::from(d - b'0') * if i % 2 == 0 { 3 } else { 1 }).sum();
    b'0' + ((10 - sum % 10) % 10) as u8
}

/// Reads a GTIN of 8, 12, 13 or 14 digits; answers it with 14.
pub fn gtin14(text: &str) -> Result<String, ProductError> {
    let digits = text.as_bytes();
    if !matches!(digits.len(), 8 | 12 | 13 | 14) || !digits.iter().all(u8::is_ascii_digit) {
        return Err(ProductError::Gtin { expected: '?' });
    }
    let (body, last) = digits.split_at(digits.len() - 1);
    let expected = check_digit(body);
    if last[0] == expected { Ok(format!("{text:0>14}")) } else { Err(ProductError::Gtin { expected: expected.into() }) }
}

/// Checks a text of a certificate or a label: 1 to `max` characters, no control characters, no blank edges.
fn text(value: &str, field: &'static str, max: usize) -> Result<String, ProductError> {
    let value = value.trim();
    let fits = !value.is_empty() && value.chars().count() <= max && !value.chars().any(char::is_control);
    if fits { Ok(value.to_owned()) } else { Err(ProductError::Text { field, max }) }
}

impl NewProduct {
    /// The product, checked on the day `now`.
    pub fn register(
        self,
        row: ProductRow,
        uid: Uuid,
        organisation: OrganisationRow,
        now: Timestamp,
    ) -> Result<Product, ProductError> {
        let support_end = Month::parse(&self.support_end).ok_or(ProductError::SupportEnd)?;
        let reason = self.support_reason.map(|r| text(&r, "support_reason", 500)).transpose()?;
        let left = support_end.index() - now.month().index();
        if left < 0 {
            return Err(ProductError::SupportEnded);
        }
        if left < 60 && reason.is_none() {
            return Err(ProductError::SupportShort);
        }
        if let Some(contact) = &self.contact {
            let known = contact.starts_with("https://") || contact.contains('@');
            if !known || contact.len() > 200 || contact.chars().any(|c| c.is_control() || c.is_whitespace()) {
                return Err(ProductError::Contact);
            }
        }
        Ok(Product {
            row,
            uid,
            organisation,
            name: text(&self.name, "name", 120)?,
            model: text(&self.model, "model", 60)?,
            gtin: gtin14(&self.gtin)?,
            sector: self.sector,
            support_end,
            support_reason: reason,
            contact: self.contact,
            credential: self.credential,
            created_at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(change: impl FnOnce(&mut NewProduct)) -> Result<Product, ProductError> {
        let mut new = NewProduct {
            name: "Network camera".into(),
            model: "EW-C210".into(),
            gtin: "4512345678906".into(),
            sector: Sector::Camera,
            support_end: "2032-03".into(),
            support_reason: None,
            contact: Some("security@example.com".into()),
            credential: CredentialPolicy::UniqueAndChanged,
        };
        change(&mut new);
        let now = Timestamp::parse("2026-11-22T00:00:00Z").unwrap();
        new.register(ProductRow(1), Uuid::nil(), OrganisationRow(1), now)
    }

    #[test]
    fn registers() {
        assert_eq!(new(|_| {}).unwrap().gtin, "04512345678906");
    }

    #[test]
    fn refuses() {
        assert_eq!(new(|p| p.gtin = "4512345678907".into()), Err(ProductError::Gtin { expected: '6' }));
        assert_eq!(new(|p| p.gtin = "45123456789o6".into()), Err(ProductError::Gtin { expected: '?' }));
        assert_eq!(new(|p| p.support_end = "2026-10".into()), Err(ProductError::SupportEnded));
        assert_eq!(new(|p| p.support_end = "2031-10".into()), Err(ProductError::SupportShort));
        assert!(
            new(|p| {
                p.support_end = "2031-10".into();
                p.support_reason = Some("leased".into())
            })
            .is_ok()
        );
        assert_eq!(new(|p| p.support_end = "soon".into()), Err(ProductError::SupportEnd));
        assert!(matches!(new(|p| p.model = "a\nb".into()), Err(ProductError::Text { field: "model", .. })));
        assert_eq!(new(|p| p.contact = Some("call us".into())), Err(ProductError::Contact));
    }
}
