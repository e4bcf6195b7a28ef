//! What a use case hands to the store: one change, all of it or nothing.

use crate::action::ActionStep;
use crate::authority::Authority;
use crate::batch::Batch;
use crate::bulk::BulkWrite;
use crate::campaign::{Campaign, CampaignStep, Fill, Group};
use crate::certificate::Certificate;
use crate::challenge::{Answered, Challenge};
use crate::credential::Credential;
use crate::device::Device;
use crate::disposal::Erasure;
use crate::event::Event;
use crate::fact::Fact;
use crate::finding::{Finding, FindingKind};
use crate::id::{AuthorityRow, CertificateRow, DeviceRow, NoticeRow, OrganisationRow, ReleaseKeyRow, TokenRow, Uuid};
use crate::notice::{Contact, Notice};
use crate::organisation::Organisation;
use crate::person::PersonWrite;
use crate::product::Product;
use crate::release::{AttributeSet, Consent, Publication, ReleaseKey, Running};
use crate::report::Report;
use crate::revocation::Reason;
use crate::session::Session;
use crate::target_token::TargetToken;
use crate::time::Timestamp;
use crate::token::Token;
use crate::transfer::{Claim, Offer};

/// Writes that are committed together, with the events and leaves that tell of them.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// In order.
    pub writes: Vec<Write>,
    /// What it touches, for the audit: an outward id or a masked number.
    pub subject: String,
}

/// One write. Each has a guard in the store; where the guard does not hold, the whole change is refused.
#[derive(Debug, Clone)]
pub enum Write {
    /// A new organisation.
    Organisation(Organisation),
    /// Something about a person: accounts, memberships, passkeys, logins, invitations.
    Person(PersonWrite),
    /// A new token.
    Token(Token),
    /// The end of a token; it had none.
    TokenEnd(TokenRow, Timestamp),
    /// A new authority; the only one of its kind for its organisation.
    Authority(Authority),
    /// A new product; its model is new to the maker.
    Product(Product),
    /// A new batch.
    Batch(Batch),
    /// A made device; the batch has room, serial and key are new.
    Made(Box<Made>),
    /// The next state of a device that is still at the sequence number the decision was made on.
    Device {
        /// That sequence number.
        decided_on: u32,
        /// The new state.
        device: Box<Device>,
        /// The events between.
        events: Vec<Event>,
    },
    /// A new certificate of a device.
    Certificate(Certificate),
    /// A certificate ends; it had not ended.
    Revocation(Revocation),
    /// The initial password of a device; it had none.
    Credential(Credential),
    /// A finding.
    Finding(Finding),
    /// A finding that stands open once for its organisation, device and kind; while it does, nothing changes.
    FindingOpen(Finding),
    /// Closes what stands open of this kind for a device; nothing changes where nothing does.
    FindingClose(DeviceRow, FindingKind, Timestamp, String),
    /// Closes one finding, by its outward id; it was open.
    FindingEnd(Uuid, Timestamp, String),
    /// The next state of a session that is still at the version the decision was made on.
    Session(Box<Session>),
    /// A new session epoch: tokens that were given before are not known any more. Nothing where none were given.
    SessionEpoch(DeviceRow),
    /// Whether the initial password of a device was changed; it stood otherwise.
    InitialPassword {
        /// The device.
        device: DeviceRow,
        /// Changed, or that of the label again.
        changed: bool,
        /// When.
        at: Timestamp,
    },
    /// A public fact.
    Fact(Fact),
    /// A new release; its version is new to the product, and what it was decided on holds still.
    Release(Box<Publication>),
    /// A new release key; it signs for this product not yet.
    ReleaseKey(ReleaseKey),
    /// The end of a release key; it had none.
    ReleaseKeyEnd(ReleaseKeyRow, Timestamp),
    /// What a device runs.
    Running(Running),
    /// What a device says of itself.
    Attributes(DeviceRow, AttributeSet),
    /// A standing consent of a device, or its end.
    Consent(DeviceRow, Option<Consent>),
    /// The next state of an action that is still at the move the decision was made on.
    Action(Box<ActionStep>),
    /// A new campaign with its groups.
    Campaign(Box<(Campaign, Vec<Group>)>),
    /// The next state of a campaign that is still at the move the decision was made on.
    CampaignStep(Box<CampaignStep>),
    /// Devices that a group takes in; its cursor stands where the decision was made.
    Fill(Box<Fill>),
    /// A device's token for DDI, in the place of the one before; the device is still in that owner period, and alive.
    TargetToken(TargetToken),
    /// A notice, which waits to be sent.
    Notice(Notice),
    /// A notice went out; it had not.
    NoticeSent(NoticeRow, Timestamp),
    /// A notice could not be sent; when it is tried again. It had not gone out.
    NoticeTried(NoticeRow, Timestamp),
    /// A notice was read; nobody had said so.
    NoticeReceipt(NoticeRow, Timestamp),
    /// Where the notices of an organisation go; what waits for an address is due from then on.
    Contact(OrganisationRow, Option<Contact>, Timestamp),
    /// A code that hands a device on; the giver still owns it. It replaces an older one.
    Offer(Offer),
    /// The end of the offer of a device, if one stands.
    OfferEnd(DeviceRow),
    /// A device is taken over; the offer stands.
    Claim(Claim),
    /// A device is asked to erase itself; it is still in that owner period.
    DisposalAsk(DeviceRow, u32, Timestamp),
    /// How a device's secrets ended with it.
    DisposalEnd(Box<DisposalEnd>),
    /// What an organisation left behind goes. Its owner periods were erased and it owns no living device, unless the
    /// erasure is replayed.
    Erasure {
        /// Which.
        organisation: OrganisationRow,
        /// It was erased before, in a store that was restored since.
        replayed: bool,
    },
    /// Since when the code of a device is in too many places, or that it is not any more; it stood otherwise.
    Alarm(DeviceRow, Option<Timestamp>),
    /// Until when the code of a device is on show, which ends an alarm; the device is still in that owner period.
    Exempt(DeviceRow, u32, Option<Timestamp>),
    /// A report about a device; not more than so many a day.
    Report(Report),
    /// A question to a device, in the place of an older one; it was not asked just now.
    Challenge(Challenge),
    /// A bulk, or what became of a device in it.
    Bulk(BulkWrite),
    /// A device's answer to the question that waits.
    ChallengeAnswer(Box<(Challenge, Answered)>),
}

/// How a device's secrets ended with it.
#[derive(Debug, Clone)]
pub struct DisposalEnd {
    /// The device.
    pub device: DeviceRow,
    /// Who confirmed it.
    pub erasure: Erasure,
    /// What the device stated, and its signature.
    pub receipt: Option<(String, Vec<u8>)>,
    /// When.
    pub at: Timestamp,
}

/// A made device with all that is committed beside it.
#[derive(Debug, Clone)]
pub struct Made {
    /// The device, its first event already counted.
    pub device: Device,
    /// Its IDevID.
    pub certificate: Certificate,
    /// The epoch key of the factory period.
    pub epoch_key: [u8; 32],
    /// The event *made*.
    pub event: Event,
}

/// The end of a certificate.
#[derive(Debug, Clone, Copy)]
pub struct Revocation {
    /// Which.
    pub certificate: CertificateRow,
    /// Its issuer.
    pub authority: AuthorityRow,
    /// Its CRL shard.
    pub shard: u16,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// Which guard did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Somebody else changed it meanwhile: decide again.
    #[error("changed by another request meanwhile")]
    Stale,
    /// One with this id, name, serial or key is there already.
    #[error("exists already")]
    Exists,
    /// The token or login that the change rests on ended or expired after its request was judged.
    #[error("the token or login ended meanwhile")]
    Ended,
    /// It would leave an organisation without anybody who administers it, or the membership is not there any more.
    #[error("the last administrator stays")]
    Last,
    /// The batch has no room.
    #[error("the batch is full")]
    Full,
}

impl Change {
    /// A change of these writes.
    pub fn of(subject: impl Into<String>, writes: Vec<Write>) -> Self {
        Change { writes, subject: subject.into() }
    }
}
