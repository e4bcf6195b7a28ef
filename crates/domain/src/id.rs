//! One id type a kind, so that a batch can never be taken for a device.
//!
//! Rows are ordered integers and stay behind the use cases; outward ids are UUIDs (RFC 9562).

/// Declares row-key types.
macro_rules! rows {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub i64);
    )+};
}

rows! {
    /// Row of an organisation.
    OrganisationRow,
    /// Row of an account.
    AccountRow,
    /// Row of an API token.
    TokenRow,
    /// Row of a login.
    LoginRow,
    /// Row of a passkey.
    PasskeyRow,
    /// Row of an invitation.
    InvitationRow,
    /// Row of a kept filter.
    FilterRow,
    /// Row of a bulk.
    BulkRow,
    /// Row of a product.
    ProductRow,
    /// Row of a batch.
    BatchRow,
    /// Row of a device; the management number is its permutation. At most 40 bits.
    DeviceRow,
    /// Row of a certificate; the certificate serial is its permutation. At most 40 bits.
    CertificateRow,
    /// Row of an authority.
    AuthorityRow,
    /// Row of a release; in decimal, DDI's software module.
    ReleaseRow,
    /// Row of a release key.
    ReleaseKeyRow,
    /// Row of a campaign.
    CampaignRow,
    /// Row of an action; in decimal, DDI's action id.
    ActionRow,
    /// Row of a notice.
    NoticeRow,
}

/// The largest row that a management number or a certificate serial can carry (40 bits).
pub const ROW_MAX: i64 = (1 << 40) - 1;

pub use uuid::Uuid;
